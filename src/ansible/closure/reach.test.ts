import { expect, test } from "vitest";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { createCatalogueCache } from "../catalogue/read.ts";
import { createClosures } from "./closures.ts";
import { sortReach } from "./reach.ts";

const hostOf = (name: string) => ({
  name,
  groups: [],
  connection: "ssh",
  address: name,
  port: 22,
  user: null,
});

test("[P14] everything that a playbook may touch besides the hosts of its plays is found by reading", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("hosts.ini", "web1\nlb1\n");
  await copy.write(
    "site.yml",
    `- hosts: web1
  roles: [app]
  tasks:
    - command: /bin/a
      delegate_to: web1
    - block:
        - command: /bin/b
      delegate_to: lb1
    - local_action: command /bin/c
    - add_host: name=made ansible_connection=local
    - include_tasks: more.yml
  handlers:
    - name: h
      command: /bin/d
      connection: local
- hosts: all
  connection: local
  tasks: []
`,
  );
  await copy.write("more.yml", "- command: /bin/e\n  delegate_to: 127.0.0.1\n");
  await copy.write("roles/app/tasks/main.yml", "- community.docker.docker_image: {name: x}\n");
  await copy.write(
    "roles/app/handlers/main.yml",
    "- command: /bin/f\n  delegate_to: '{{ groups.lb[0] }}'\n- command: /bin/g\n  delegate_to: '{{ inventory_hostname }}'\n- command: /bin/h\n  delegate_to: gone\n",
  );
  const closures = createClosures({ cache: createCatalogueCache(), repository: "home", root: copy.root });
  const { reach, collections } = await closures.find({
    project: ".",
    playbook: "site.yml",
    inventory: "hosts.ini",
  });
  expect(collections).toEqual(["community.docker"]);
  const sorted = sortReach(reach, { inventory: [hostOf("web1"), hostOf("lb1")], approved: ["web1"] });
  expect(sorted.delegates.toSorted((a, b) => (a.host < b.host ? -1 : 1))).toEqual([
    { host: "lb1", sources: ["site.yml:6"] },
    { host: "localhost", sources: ["site.yml:9", "more.yml:1", "site.yml:13", "site.yml:16"] },
  ]);
  expect(sorted.hosts.map((host) => host.name)).toEqual(["lb1"]);
  expect(sorted.notes.toSorted()).toEqual([
    'the task at roles/app/handlers/main.yml:1 runs on "{{ groups.lb[0] }}": unless it is a host of this plan, the run ends before it is touched',
    'the task at roles/app/handlers/main.yml:5 runs on "gone", which is not in the inventory: the run ends there',
    'the task at site.yml:10 adds the host "made": unless it is a host of this plan, the run ends before it is touched',
  ]);
});
