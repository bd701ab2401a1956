import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import type { RepositoryCopy } from "../../../test/fixtures/repositories/copy.ts";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { createCatalogueCache, readCatalogue } from "../catalogue/read.ts";
import { createSnapshotStore } from "../snapshot/store.ts";
import { removeTree } from "../snapshot/tree.ts";
import { createClosures } from "./closures.ts";

const run = promisify(execFile);
const question = { project: ".", playbook: "site.yml", inventory: "hosts.ini" };

function closuresOf(copy: RepositoryCopy) {
  const cache = createCatalogueCache();
  const place = { cache, repository: "home", root: copy.root };
  return { find: createClosures(place).find, read: () => readCatalogue(place) };
}

async function repository(
  files: Readonly<Record<string, string>>,
): Promise<RepositoryCopy & AsyncDisposable> {
  const copy = await copyRepository("empty");
  await copy.write("hosts.ini", "localhost ansible_connection=local\n");
  for (const [path, text] of Object.entries(files)) await copy.write(path, text);
  return copy;
}

const play = (body: string): string => `- hosts: all\n  gather_facts: false\n${body}`;
const task = "- debug:\n";

test("what the playbook cannot read stays out", async () => {
  await using copy = await repository({
    "site.yml": play("  roles: [web]\n"),
    "other.yml": play("  roles: [mail]\n"),
    "roles/web/tasks/main.yml": task,
    "roles/web/files/page.html": "",
    "roles/mail/tasks/main.yml": task,
    "group_vars/all.yml": "a: 1\n",
    "README.md": "site.yml uses roles/mail",
    "media/film.mkv": "",
  });
  expect(await closuresOf(copy).find(question)).toMatchObject({
    paths: ["group_vars", "hosts.ini", "roles/web", "site.yml"],
    unknown: [],
  });
});

test.each([
  ["a role that another one depends on", "  roles: [app]\n", ["roles/app", "roles/base"]],
  ["a role in a block", "  tasks:\n    - block:\n        - include_role: {name: base}\n", ["roles/base"]],
  ["a task file", "  tasks:\n    - import_tasks: parts/one.yml\n", ["parts/one.yml", "roles/base"]],
  [
    "task files by a loop",
    "  tasks:\n    - include_tasks: 'parts/{{ item }}.yml'\n      loop: '{{ wanted }}'\n",
    ["parts/one.yml", "parts/two.yml", "roles/base"],
  ],
  ["variables", "  vars_files: ['settings/{{ env }}.yml']\n", ["settings/prod.yml", "settings/test.yml"]],
  ["a folder that is copied", "  tasks:\n    - copy: {src: site/, dest: /srv}\n", ["site"]],
  ["a folder without a sign", "  tasks:\n    - copy:\n        src: site\n        dest: /srv\n", ["site"]],
  [
    "a file by a lookup",
    "  vars:\n    key: \"{{ lookup('file', 'site/' + inventory_hostname) }}\"\n",
    ["site"],
  ],
  [
    "a file from the playbook's folder",
    "  tasks:\n    - script: '{{ playbook_dir }}/tools/do it.sh'\n",
    ["tools/do it.sh"],
  ],
  [
    "a path in a variable",
    "  tasks:\n    - copy: {src: '{{ page }}', dest: /srv}\n  vars:\n    page: site/index.html\n",
    ["site/index.html"],
  ],
  [
    "what a comment of Chiffon's names",
    "# chiffon:files=tools\n# chiffon:files=site/index.html\n  tasks: []\n",
    ["site/index.html", "tools"],
  ],
])("%s comes along", async (_, body, expected) => {
  await using copy = await repository({
    "site.yml": play(body),
    "roles/app/tasks/main.yml": task,
    "roles/app/meta/main.yml": "dependencies:\n  - role: base\n",
    "roles/base/tasks/main.yml": task,
    "parts/one.yml": "- include_role: {name: base}\n",
    "parts/two.yml": task,
    "settings/prod.yml": "a: 1\n",
    "settings/test.yml": "a: 2\n",
    "site/index.html": "",
    "tools/do it.sh": "",
    "unrelated.yml": play("  tasks: []\n"),
  });
  const { paths, unknown } = await closuresOf(copy).find(question);
  expect(unknown).toEqual([]);
  expect(paths).toEqual(["hosts.ini", "site.yml", ...expected].toSorted());
});

test.each([
  ["  roles: ['{{ role }}']\n", "a role whose name only the run knows"],
  ["  tasks:\n    - include_role: {name: '{{ role }}'}\n", "a role whose name only the run knows"],
  ["  tasks:\n    - include_tasks: '{{ file }}'\n", 'includes "{{ file }}"'],
  ["  tasks:\n    - command: make\n      args: {chdir: '{{ playbook_dir }}'}\n", "as a whole"],
])(
  "where the name is known only at run time the project is taken whole, with the reason: %s",
  async (body, reason) => {
    await using copy = await repository({
      "site.yml": play(body),
      "roles/web/tasks/main.yml": task,
      notes: "",
    });
    const { paths, unknown } = await closuresOf(copy).find(question);
    expect(paths).toEqual([""]);
    expect(unknown).toEqual([expect.stringContaining(reason)]);
  },
);

test("a sub-project brings what its playbook needs from elsewhere in the repository, and nothing else", async () => {
  await using copy = await repository({
    "app/ansible.cfg": "[defaults]\nroles_path = ../shared/roles\n",
    "app/site.yml":
      "- import_playbook: ../common/first.yml\n- hosts: all\n  roles: [base]\n  tasks:\n    - import_tasks: ../tasks/more.yml\n",
    "common/first.yml": "- hosts: all\n  vars_files: [vars/first.yml]\n  tasks: []\n",
    "common/vars/first.yml": "a: 1\n",
    "common/callback_plugins/x.py": "",
    "shared/roles/base/tasks/main.yml": task,
    "tasks/more.yml": task,
    "inventories/prod/hosts": "web1\n",
    "inventories/prod/group_vars/all.yml": "b: 1\n",
    "other/private.yml": play("  tasks: []\n"),
  });
  const { paths } = await closuresOf(copy).find({
    project: "app",
    playbook: "app/site.yml",
    inventory: "inventories/prod/hosts",
  });
  expect(paths).toEqual([
    "app/ansible.cfg",
    "app/site.yml",
    "common/callback_plugins",
    "common/first.yml",
    "common/vars",
    "inventories/prod/group_vars",
    "inventories/prod/hosts",
    "shared/roles/base",
    "tasks/more.yml",
  ]);
});

test("one of Chiffon's own playbooks needs the inventory, its variables and the files that these name", async () => {
  await using copy = await repository({
    "site.yml": play("  tasks: []\n"),
    "hosts.ini": "web1 ansible_ssh_private_key_file=keys/web1\n",
    "keys/web1": "",
    "host_vars/web1.yml": "a: 1\n",
  });
  const { paths } = await closuresOf(copy).find({ ...question, playbook: null });
  expect(paths).toEqual(["host_vars", "hosts.ini", "keys/web1"]);
});

test("cycles end, and links out of the repository bring nothing", async () => {
  await using copy = await repository({
    "site.yml":
      "- import_playbook: site.yml\n- hosts: all\n  roles: [a]\n  tasks:\n    - include_tasks: parts/loop.yml\n",
    "parts/loop.yml": "- include_tasks: parts/loop.yml\n- include_tasks: ../parts/loop.yml\n",
    "roles/a/tasks/main.yml": "- include_role: {name: b}\n",
    "roles/b/meta/main.yml": "dependencies: [a]\n",
  });
  await copy.link("files", copy.outside);
  await copy.link("roles/a/files", "..");
  const { paths, unknown } = await closuresOf(copy).find(question);
  expect({ paths, unknown }).toEqual({
    paths: ["hosts.ini", "parts/loop.yml", "roles/a", "roles/b", "site.yml"],
    unknown: [],
  });
});

test.each([{ playbook: "none.yml" }, { playbook: "../x.yml" }, { inventory: "none" }, { project: ".." }])(
  "%j is refused",
  async (wrong) => {
    await using copy = await repository({ "site.yml": play("  tasks: []\n") });
    await expect(closuresOf(copy).find({ ...question, ...wrong })).rejects.toMatchObject({
      code: "not-found",
    });
  },
);

test("it is found again when a file or the names in a folder change", async () => {
  await using copy = await repository({
    "site.yml": play("  tasks:\n    - copy: {src: 'site/{{ name }}', dest: /srv}\n"),
    "site/a.html": "",
  });
  const { find, read } = closuresOf(copy);
  await read();
  const first = await find(question);
  expect(first.paths).toEqual(["hosts.ini", "site.yml", "site/a.html"]);
  expect(await find(question)).toBe(first);
  await copy.write("site/b.html", "");
  expect((await find(question)).paths).toContain("site/b.html");
  await copy.write("site.yml", play("  roles: [web]\n"));
  await copy.write("roles/web/tasks/main.yml", task);
  await read();
  expect((await find(question)).paths).toEqual(["hosts.ini", "roles/web", "site.yml"]);
});

/** Every way to name a file that Ansible knows of, in one playbook that fails when one of them is not there. */
const everyWay = {
  "hosts.ini": "localhost ansible_connection=local\n",
  "group_vars/all.yml": "greeting: hello\npage: pages/index.html\n",
  "play/site.yml": `- import_playbook: ../first/first.yml
- hosts: all
  gather_facts: false
  vars_files: ["vars/{{ kind }}.yml"]
  vars: {kind: prod, parts: [one, two], out: "{{ lookup('env', 'HOME') }}"}
  roles: [web]
  tasks:
    - include_tasks: "parts/{{ item }}.yml"
      loop: "{{ parts }}"
    - include_vars: ../settings/more.yml
    - copy: {src: notes.txt, dest: "{{ out }}/notes"}
    - copy: {src: "{{ page }}", dest: "{{ out }}/page"}
    - copy: {src: tree, dest: "{{ out }}/"}
    - template: {src: site.conf.j2, dest: "{{ out }}/site.conf"}
    - script: "{{ playbook_dir }}/../tools/hello.sh"
    - debug: {msg: "{{ lookup('file', 'keys/' + kind + '.pub') }}"}
    - assert: {that: "more == 1 and prod == 1 and greeting == 'hello'"}
    - answer:
    - debug: {msg: "{{ 'x' | shout }}"}
`,
  "play/vars/prod.yml": "prod: 1\n",
  "play/parts/one.yml": "- debug:\n",
  "play/parts/two.yml": "- include_role: {name: base, tasks_from: extra}\n",
  "play/notes.txt": "notes",
  "play/files/pages/index.html": "page",
  "play/files/tree/leaf": "leaf",
  "play/files/keys/prod.pub": "key",
  "play/templates/site.conf.j2": "{% include 'part.j2' %}",
  "play/templates/part.j2": "{{ greeting }}",
  "play/library/answer.py":
    "from ansible.module_utils.basic import AnsibleModule\nAnsibleModule({}).exit_json(changed=False)\n",
  "play/filter_plugins/shout.py":
    "class FilterModule:\n    def filters(self):\n        return {'shout': str.upper}\n",
  "settings/more.yml": "more: 1\n",
  "tools/hello.sh": "#!/bin/sh\necho hello\n",
  "first/first.yml": "- hosts: all\n  gather_facts: false\n  tasks:\n    - import_tasks: deep/first.yml\n",
  "first/deep/first.yml": "- debug: {msg: first}\n",
  "play/roles/web/tasks/main.yml": "- copy: {src: web.txt, dest: \"{{ lookup('env', 'HOME') }}/web\"}\n",
  "play/roles/web/files/web.txt": "web",
  "play/roles/web/meta/main.yml": "dependencies: [base]\n",
  "play/roles/base/tasks/main.yml": "- debug:\n",
  "play/roles/base/tasks/extra.yml": "- debug:\n",
  "play/roles/unused/tasks/main.yml": "- debug:\n",
  "play/unused.yml": "- hosts: all\n  tasks: []\n",
  "unused/notes.txt": "",
};

test(
  "real Ansible finds all that it needs in the frozen files, and nothing else lies there",
  { timeout: 120_000 },
  async () => {
    await using copy = await repository(everyWay);
    const base = mkdtempSync(join(tmpdir(), "chiffon-closure-"));
    onTestFinished(() => removeTree(base));
    const asked = { project: "play", playbook: "play/site.yml", inventory: "hosts.ini" };
    const { paths, unknown } = await closuresOf(copy).find(asked);
    expect(unknown).toEqual([]);
    const store = createSnapshotStore({ root: join(base, "store") });
    const { digest, files } = await store.take({ root: copy.root, paths, playbook: asked.playbook });
    expect(files.map((file) => file.path).filter((path) => path.includes("unused"))).toEqual([]);
    const { treeDir } = await store.open(digest);
    const home = mkdtempSync(join(base, "home-"));
    const { stdout } = await run(
      "ansible-playbook",
      [`--inventory=${join(treeDir, "hosts.ini")}`, join(treeDir, "play/site.yml")],
      {
        env: { PATH: process.env["PATH"], HOME: home, LANG: "C.UTF-8", PYTHONDONTWRITEBYTECODE: "1" },
        cwd: home,
      },
    );
    expect(stdout).toMatch(/failed=0/);
    expect(readFileSync(join(home, "tree/leaf"), "utf8")).toBe("leaf");
    rmSync(home, { recursive: true });
  },
);
