import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";

/** Folders beside a playbook from which Ansible loads code without being told. */
const pluginTypes = [
  "action",
  "become",
  "cache",
  "callback",
  "cliconf",
  "connection",
  "doc_fragments",
  "filter",
  "httpapi",
  "inventory",
  "lookup",
  "netconf",
  "shell",
  "strategy",
  "terminal",
  "test",
  "vars",
];

/** A repository in which everything that can run leaves a mark of its own. */
export interface Hostile extends AsyncDisposable {
  readonly files: Readonly<Record<string, string>>;
  /** Folder of the marks. */
  readonly marks: string;
  /** Names of all marks that there could be: one for each way in which something may run. */
  readonly ways: ReadonlySet<string>;
  /** Lines for a `.git/config` with which git itself runs something. */
  readonly gitConfig: string;
  /** Text of a hook of git. */
  readonly gitHook: string;
}

interface Traps {
  readonly mark: (name: string) => string;
  readonly script: (name: string) => string;
  readonly pipe: (name: string) => string;
  /** The same without braces, for conditions. */
  readonly bare: (name: string) => string;
  /** A program with arguments, as a shell would take it. */
  readonly command: (name: string) => string;
}

/** @param parent where the marks lie: a place that is there in a sandbox, too */
export async function createHostile(parent: string): Promise<Hostile> {
  const marks = await mkdtemp(path.join(parent, ".chiffon-marks-"));
  const ways = new Set<string>();
  const command = (name: string): string => {
    ways.add(name);
    return `touch ${marks}/${name}`;
  };
  const bare = (name: string): string => `lookup('pipe', '${command(name)} && echo x')`;
  const traps: Traps = {
    command,
    bare,
    pipe: (name) => `{{ ${bare(name)} }}`,
    script: (name) => `#!/bin/sh\n${command(name)}\necho '{}'\n`,
    mark: (name) => `import subprocess\nsubprocess.call(["sh", "-c", "${command(name)}"])\n`,
  };
  const files = { ...codeFiles(traps), ...textFiles(traps), ...playbooks(traps) };
  return {
    marks,
    ways,
    files,
    gitConfig: `[core]\n\tfsmonitor = ${command("git-fsmonitor")} #\n`,
    gitHook: traps.script("git-hook"),
    async [Symbol.asyncDispose]() {
      await rm(marks, { recursive: true, force: true });
    },
  };
}

/** Code that Ansible, git or a shell would load or start. */
function codeFiles({ mark, script }: Traps): Record<string, string> {
  const plugins = pluginTypes.map((type) => {
    const folder = type === "doc_fragments" ? type : `${type}_plugins`;
    return [`${folder}/hostile.py`, mark(type)] as const;
  });
  const filter = (name: string): string =>
    `${mark(name)}class FilterModule:\n    def filters(self):\n        return {"hostile": lambda x: x}\n`;
  return {
    ...Object.fromEntries(plugins),
    "filter_plugins/hostile.py": filter("filter"),
    "library/hostile.py": `#!/usr/bin/python3\n${mark("library")}`,
    "module_utils/hostile.py": mark("module_utils"),
    "collections/ansible_collections/evil/evil/plugins/filter/hostile.py": filter("collection"),
    "roles/evil/library/evil.py": mark("role-library"),
    "roles/evil/filter_plugins/evil.py": filter("role-filter").replaceAll("hostile", "evil"),
    "vault.sh": script("vault"),
    "hosts.sh": script("inventory-script"),
  };
}

/** Settings and variables. */
function textFiles({ pipe, command }: Traps): Record<string, string> {
  return {
    "ansible.cfg": `[defaults]\nvault_password_file = ./vault.sh\ninventory = ./hosts.sh\nfilter_plugins = ./filter_plugins\n`,
    "hosts.ini":
      "[servers]\nlocalhost ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n",
    "group_vars/all.yml": `from_group: "${pipe("group_vars")}"\n`,
    "host_vars/localhost.yml": `from_host: "${pipe("host_vars")}"\n`,
    "roles/evil/tasks/main.yml": `- name: "in the role ${pipe("role-task-name")}"\n  ansible.builtin.debug: {msg: "{{ from_role }}"}\n`,
    "roles/evil/defaults/main.yml": `from_role: "${pipe("role-defaults")}"\n`,
    "roles/deep/meta/main.yml": `dependencies:\n  - role: "${pipe("role-dependency")}"\n`,
    "roles/evil/meta/argument_specs.yml": `argument_specs:\n  main:\n    options:\n      evil_port: {type: str, default: "${pipe("argument-spec")}"}\n`,
    // What the lookups give is there, so that Ansible comes as far as it can.
    "x.yml": "---\n",
    "roles/x/tasks/main.yml": "---\n",
    "templates/page.j2": `${pipe("template")}\n`,
    "tagged.yml": `# chiffon:service=tagged\n- hosts: servers\n  vars:\n    x: !!python/object/apply:os.system ["${command("yaml-tag")}"]\n  tasks: []\n`,
  };
}

/** Playbooks that can be asked for; each names its service, so that a sentence finds it. */
function playbooks({ pipe, bare, command }: Traps): Record<string, string> {
  return {
    "evil.yml": `# chiffon:service=evil
- name: "Evil ${pipe("play-name")}"
  hosts: servers
  gather_facts: false
  vars:
    from_play: "${pipe("play-vars")}"
  roles:
    - role: evil
  tasks:
    - name: "named ${pipe("task-name")}"
      ansible.builtin.debug: {msg: "{{ from_play }} {{ from_group }} {{ 'x' | hostile }}"}
      when: ${bare("when")} is defined
    - name: with pipe
      ansible.builtin.debug: {msg: "{{ item }}"}
      with_pipe: ${command("with_pipe")}
    - ansible.builtin.template: {src: page.j2, dest: /nowhere/page}
      environment: {WHERE: "${pipe("environment")}"}
`,
    "plain.yml": "- hosts: servers\n  tasks:\n    - name: only this\n      ansible.builtin.ping:\n",
    "dynamic.yml": `# chiffon:service=dynamic\n- name: Dynamic\n  hosts: "${pipe("hosts")}"\n  tasks:\n    - ansible.builtin.ping:\n`,
    "importing.yml": `# chiffon:service=importing\n- import_playbook: "${pipe("import-playbook")}.yml"\n- hosts: servers\n  tasks:\n    - ansible.builtin.import_tasks: "${pipe("import-tasks")}.yml"\n`,
    "nesting.yml": "# chiffon:service=nesting\n- hosts: servers\n  roles: [deep]\n",
    "including.yml": `# chiffon:service=including
- name: Including
  hosts: servers
  connection: "${pipe("connection")}"
  serial: "${pipe("serial")}"
  vars_files: ["${pipe("vars_files")}.yml"]
  vars_prompt:
    - {name: asked, prompt: "${pipe("prompt")}", default: "${pipe("prompt-default")}"}
  tasks:
    - ansible.builtin.include_tasks: "${pipe("include-tasks")}.yml"
    - ansible.builtin.include_role: {name: "${pipe("include-role")}"}
    - ansible.builtin.include_vars: "${pipe("include-vars")}.yml"
    - ansible.builtin.command: /bin/true
      delegate_to: "${pipe("delegate_to")}"
      loop: "${pipe("loop")}"
      tags: "${pipe("tags")}"
      notify: "${pipe("notify")}"
`,
  };
}
