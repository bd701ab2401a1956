import { expect, test } from "vitest";
import { createBreather } from "../catalogue/breather.ts";
import { findExecutables, hashExecutables, runningInPreview } from "./executables.ts";

async function find(files: Record<string, string>): Promise<Record<string, string[]>> {
  const listed = Object.entries(files).map(([path, text]) => ({
    path,
    size: text.length,
    executable: text.startsWith("#!"),
  }));
  const found = await findExecutables(listed, {
    text: (path) => files[path],
    sha256: (path) => path,
    breather: createBreather(),
  });
  return Object.fromEntries(found.map((file) => [file.path, file.kinds]));
}

test("code is found by where Ansible looks for it", async () => {
  expect(
    await find({
      "filter_plugins/a.py": "",
      "playbooks/library/b.py": "",
      "roles/x/lookup_plugins/c.py": "",
      "roles/x/module_utils/d.py": "",
      "plugins/callback/e.py": "",
      "collections/ansible_collections/n/c/plugins/modules/f.py": "",
      "inventory/aws.sh": "#!/bin/sh",
      "inventory/hosts.py": "#!/usr/bin/python3",
      "inventory/cloud.yml": "plugin: amazon.aws.aws_ec2\n",
      "files/server.py": "import os\n",
      "filter_plugins/README.md": "text",
      "roles/x/tasks/main.yml": "- script: files/run.sh --now\n",
      "roles/x/files/run.sh": "#!/bin/sh\necho\n",
    }),
  ).toEqual({
    "filter_plugins/a.py": ["plug-in"],
    "playbooks/library/b.py": ["module"],
    "roles/x/lookup_plugins/c.py": ["plug-in"],
    "roles/x/module_utils/d.py": ["module"],
    "plugins/callback/e.py": ["plug-in"],
    "collections/ansible_collections/n/c/plugins/modules/f.py": ["collection"],
    "inventory/aws.sh": ["inventory"],
    "inventory/hosts.py": ["inventory"],
    "inventory/cloud.yml": ["inventory"],
    "roles/x/files/run.sh": ["script"],
  });
});

test("an inventory that is a program counts wherever ansible.cfg names it, with the code beside it", async () => {
  const files = {
    "lab/ansible.cfg": "[defaults]\ninventory = ./bin/list, machines/\n",
    "lab/bin/list": "#!/bin/sh\n",
    "lab/bin/other": "#!/bin/sh\n",
    "lab/machines/cloud": "#!/bin/sh\n",
    "lab/machines/static": "web1\n",
    "dynamic_inventory.py": "#!/usr/bin/python3\n",
    "inventory/helper.py": "names = []\n",
    production: "#!/bin/sh\n",
    "production/notes.sh": "#!/bin/sh\n",
  };
  expect(await find(files)).toEqual({
    "dynamic_inventory.py": ["inventory"],
    "inventory/helper.py": ["script"],
    "lab/ansible.cfg": ["configuration"],
    "lab/bin/list": ["inventory"],
    "lab/machines/cloud": ["inventory"],
    production: ["inventory"],
  });
});

test("texts count when they make something run, and only then", async () => {
  const running = {
    "a.yml": "x: \"{{ lookup('pipe', 'id') }}\"\n",
    "b.yml": "- debug: {msg: x}\n  when: query('ansible.builtin.url', address)\n",
    "c.yml": "- debug: {msg: x}\n  with_lines: id\n",
    "d.yml": '- debug: {msg: "{{ lookup(kind, 1) }}"}\n',
    "e.yml": "- debug: {msg: \"{{ lookup('my.own.thing', 1) }}\"}\n",
    "f.yml": '{% set l = lookup %}\nx: "{{ l }}"\n',
    "templates/g.conf": "# {{ lookup('pipe', 'id') }}\n",
    "group_vars/h.yml": "ansible_ssh_common_args: \"-o ProxyCommand='nc %h'\"\n",
    "hosts.ini": "web ansible_python_interpreter=/home/x/python\n",
    "host_vars/i.yml": "ansible_connection: community.docker.docker\n",
  };
  const harmless = {
    "k.yml": "x: \"{{ lookup('file', 'keys/a.pub') }} {{ lookup('env', 'HOME') }}\"\n",
    "l.yml": "# lookup('pipe', 'id')\n- debug: {msg: x}\n  with_items: [1]\n",
    "m.py": 'db.query("SELECT 1")\n',
    "n.ini":
      "web ansible_python_interpreter=/usr/bin/python3 ansible_connection=ssh ansible_ssh_common_args='-J jump'\n",
    "p.yml": "one: {ansible_connection: local, ansible_python_interpreter: /usr/bin/python3}\n",
    "o.yml": 'ansible_python_interpreter: "{{ ansible_playbook_python }}"\n',
  };
  expect(Object.keys(await find({ ...running, ...harmless })).toSorted()).toEqual(
    Object.keys(running).toSorted(),
  );
});

test("an ansible.cfg counts for what it names, and a change of any file changes the hash", async () => {
  const found = await find({
    "ansible.cfg": "[defaults]\ninventory = hosts.ini\nvault_password_file = ./vault.sh\n",
    "quiet/ansible.cfg": "[defaults]\ninventory = inventory/hosts.yml\nforks = 20\n",
  });
  expect(found).toEqual({ "ansible.cfg": ["configuration"] });
  const files = [
    { path: "a", sha256: "1" },
    { path: "b", sha256: "2" },
  ];
  expect(hashExecutables(files)).toBe(hashExecutables([...files].reverse()));
  expect(hashExecutables(files)).not.toBe(hashExecutables([{ path: "a", sha256: "2" }]));
  expect(
    runningInPreview([{ path: "ansible.cfg", kinds: ["configuration"], reasons: [], sha256: "", size: 1 }]),
  ).toEqual([]);
});
