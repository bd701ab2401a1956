import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { findSandbox, sandboxed } from "../../ansible/process/sandbox.ts";
import { getTrust, trustRepository } from "../trust/trust.ts";
import { listPlaybooks } from "../playbooks.ts";
import { caller } from "../request/testing.ts";
import { createPreviewWorld } from "./testing.ts";
import { openPlace } from "../../../test/support/open-place.ts";

const run = promisify(execFile);

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

/** A repository in which everything that can run leaves a mark, and the folder of the marks. */
async function createHostile(): Promise<{ files: Record<string, string>; marks: string }> {
  const marks = await mkdtemp(path.join(openPlace(), ".chiffon-marks-"));
  onTestFinished(() => rm(marks, { recursive: true, force: true }));
  const mark = (name: string): string => `open("${marks}/${name}", "w").close()\n`;
  const script = (name: string): string => `#!/bin/sh\ntouch ${marks}/${name}\necho '{}'\n`;
  const pipe = (name: string): string => `{{ lookup('pipe', 'touch ${marks}/${name} && echo x') }}`;
  const plugins = pluginTypes.map((type) => {
    const folder = type === "doc_fragments" ? type : `${type}_plugins`;
    return [`${folder}/hostile.py`, mark(type)] as const;
  });
  const filter =
    mark("filter") + 'class FilterModule:\n    def filters(self):\n        return {"hostile": lambda x: x}\n';
  return {
    marks,
    files: {
      ...Object.fromEntries(plugins),
      "filter_plugins/hostile.py": filter,
      "library/hostile.py": `#!/usr/bin/python3\n${mark("library")}`,
      "module_utils/hostile.py": mark("module_utils"),
      "collections/ansible_collections/evil/evil/plugins/filter/hostile.py": filter,
      "roles/evil/library/evil.py": mark("role-library"),
      "roles/evil/filter_plugins/evil.py": filter.replaceAll("hostile", "evil"),
      "roles/evil/tasks/main.yml": "- ansible.builtin.debug: {msg: evil}\n",
      "vault.sh": script("vault"),
      "hosts.sh": script("inventory-script"),
      "ansible.cfg": `[defaults]\nvault_password_file = ./vault.sh\ninventory = ./hosts.sh\nfilter_plugins = ./filter_plugins\n`,
      "hosts.ini":
        "[servers]\nlocalhost ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n",
      "group_vars/all.yml": `from_group: "${pipe("group_vars")}"\n`,
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
    - name: with pipe
      ansible.builtin.debug: {msg: "{{ item }}"}
      with_pipe: touch ${marks}/with_pipe
`,
      "plain.yml": "- hosts: servers\n  tasks:\n    - name: only this\n      ansible.builtin.ping:\n",
      "dynamic.yml": `- name: Dynamic\n  hosts: "${pipe("hosts")}"\n  tasks:\n    - ansible.builtin.ping:\n`,
      "importing.yml": `- import_playbook: "${pipe("import")}.yml"\n`,
    },
  };
}

test("of a hostile repository nothing runs by listing, matching, planning, or a preview without trust; with trust the preview runs", async () => {
  const { files, marks } = await createHostile();
  await using world = await createPreviewWorld(files);
  const list = listPlaybooks(
    (await world.catalogues.read()).map((each) => each.catalogue),
    { limit: 50, q: "evil" },
  );
  expect(list.items.map((unit) => unit.name)).toContain("evil");
  const planId = await world.plan("deploy evil");
  await world.previews.tend(true);
  await world.previews.settled();
  const untrusted = await world.look(planId);
  expect(untrusted.steps).toMatchObject([{ state: "unavailable" }]);
  const trust = await getTrust(world.deps, "homelab");
  expect(await readdir(marks)).toEqual([]);

  const listed = new Set(trust.files.map((file) => file.path));
  const expected = Object.keys(files).filter(
    (file) => !["hosts.ini", "hosts.sh", "vault.sh", "roles/evil/tasks/main.yml", "plain.yml"].includes(file),
  );
  for (const file of [...expected, "hosts.sh"]) expect(listed, file).toContain(file);
  await trustRepository(world.deps, caller, { name: "homelab", hash: trust.hash });
  const trusted = await world.look(planId);
  expect(trusted.steps[0]?.state).toMatch(/done|stopped/);
  expect(trusted.steps[0]?.held).toBe("trust");
  expect(await readdir(marks)).toContain("filter");
}, 300_000);

test("in the sandbox a list and a lint of a hostile repository leave nothing and have no network; without it they do", async () => {
  const { files, marks } = await createHostile();
  await using world = await createPreviewWorld(files);
  const tools = await world.deps.tools();
  const found = await findSandbox({ search: (process.env["PATH"] ?? "").split(":") });
  if (found.kind !== "works" || tools === undefined || tools.lint === null)
    throw new Error("tools are missing");
  // The whole of it: a snapshot has only what belongs to one playbook.
  const treeDir = world.root;
  const configuration = path.join(world.root, "..", "ours.cfg");
  await writeFile(configuration, "[defaults]\nhost_key_checking = True\n");
  const env = { PATH: tools.searchPath, HOME: tools.home, LANG: "C.UTF-8", ANSIBLE_CONFIG: configuration };
  const sandbox = {
    program: found.program,
    sees: "tools" as const,
    network: false,
    dataDir: world.deps.dataDir,
    readable: [configuration],
  };
  const held = (argv: readonly string[]): string[] =>
    sandboxed(sandbox, argv, { cwd: treeDir, tools, readOnly: [treeDir], writable: [] });
  const start = async ([program = "", ...rest]: readonly string[]): Promise<string> =>
    await run(program, rest, { env, cwd: treeDir }).then(
      (done) => done.stdout,
      (error: { stdout?: string }) => error.stdout ?? "",
    );
  const listing = [tools.playbook, "-i", "localhost,", "--list-tasks", "dynamic.yml", "evil.yml"];
  expect(await start(held([tools.playbook, "-i", "hosts.ini", "--list-tasks", "plain.yml"]))).toContain(
    "only this",
  );
  await start(held(listing));
  await start(held([tools.lint, "--offline", "-q", "evil.yml"]));
  expect(await readdir(marks)).toEqual([]);
  const network = ["python3", "-c", "import socket; print(len(socket.if_nameindex()))"];
  expect((await start(held(network))).trim()).toBe("1");
  await start(listing);
  expect(await readdir(marks)).toContain("hosts");
}, 300_000);
