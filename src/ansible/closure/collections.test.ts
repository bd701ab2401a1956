import { expect, test } from "vitest";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { createCatalogueCache } from "../catalogue/read.ts";
import { createClosures } from "./closures.ts";
import { findListedCollections } from "./collections.ts";

test.each([
  ["a list in brackets", "- hosts: all\n  collections: [home.lab, 'home.other']\n  tasks: [{a.b.c: }]\n"],
  ["one over several lines", "- hosts: all\n  collections: [home.lab,\n    home.other]\n  roles: [q.r]\n"],
  [
    "a list of lines with comments",
    "- hosts: all\n  collections:\n    # first\n    - home.lab # mine\n    # - not.this\n\n    - home.other\n  roles:\n    - e.f.g\n",
  ],
  ["a role's meta", "collections:\n- home.lab\n- ansible.builtin\n- home.other\ndependencies: [x.y]\n"],
  [
    "a play and a block",
    "- collections: home.lab\n  hosts: all\n  tasks:\n    - collections: [home.other]\n      block: []\n",
  ],
])("collections for short names are found in %s", (_, text) => {
  expect(findListedCollections(text)).toEqual(["home.lab", "home.other"]);
});

test.each([
  "# collections: [home.lab]\n",
  "- hosts: all\n  tasks:\n    - debug: {msg: 'collections'}\n",
  "collections: '{{ mine }}'\n",
  "my_collections: [home.lab]\n",
])("nothing else is taken for one: %s", (text) => {
  expect(findListedCollections(text)).toEqual([]);
});

test("a closure has the collections that its playbook, roles and included files list, and the modules of its tasks", async () => {
  await using copy = await copyRepository("empty");
  const files = {
    "hosts.ini": "localhost ansible_connection=local\n",
    "site.yml":
      "- hosts: all\n  collections: [home.play]\n  roles: [web]\n  tasks:\n    - greet:\n    - include_tasks: more.yml\n",
    "more.yml":
      "- home.full.thing:\n- block:\n    - copy: {content: a, dest: b}\n  collections: [home.block]\n",
    "roles/web/meta/main.yml": "collections: [home.role]\n",
    "roles/web/tasks/main.yml": "- hail:\n",
    "other.yml": "- hosts: all\n  collections: [home.not]\n  tasks: [{wave: }]\n",
  };
  for (const [path, text] of Object.entries(files)) await copy.write(path, text);
  const { find } = createClosures({ cache: createCatalogueCache(), repository: "home", root: copy.root });
  const closure = await find({ project: ".", playbook: "site.yml", inventory: "hosts.ini" });
  expect(closure.collections).toEqual(["home.block", "home.full", "home.play", "home.role"]);
  expect(closure.modules.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: "block", source: "more.yml:2" },
    { name: "copy", source: "more.yml:3" },
    { name: "greet", source: "site.yml:5" },
    { name: "hail", source: "roles/web/tasks/main.yml:1" },
    { name: "home.full.thing", source: "more.yml:1" },
    { name: "include_tasks", source: "site.yml:6" },
  ]);
});
