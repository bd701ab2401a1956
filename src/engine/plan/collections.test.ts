import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRequest, type RequestDeps } from "../request/create.ts";
import { caller, createRequestDeps } from "../request/testing.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { findStaleness } from "./freshness.ts";
import { getPlanRow, type PlanRow } from "./sql.ts";

let core: TestCore;
let folder: string;
let deps: RequestDeps;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-collections-"));
  const root = path.join(folder, "repository");
  await write("repository/hosts.ini", "box ansible_connection=local\n");
  await write(
    "repository/greeter.yml",
    "# chiffon:service=greeter\n- hosts: all\n  gather_facts: false\n  collections: [home.first, home.lab]\n  tasks:\n    - greet:\n    - docker_container: {name: x}\n    - ansible.builtin.debug:\n",
  );
  await write(
    "repository/puzzle.yml",
    "# chiffon:service=puzzle\n- hosts: all\n  gather_facts: false\n  tasks:\n    - guess_who:\n",
  );
  await write("installed/ansible/modules/debug.py", "");
  await write(
    "installed/ansible/config/ansible_builtin_runtime.yml",
    "plugin_routing:\n  modules:\n    docker_container:\n      redirect: community.docker.docker_container\n",
  );
  await install("home.lab", "1.0.0", "greet");
  await install("community.docker", "3.4.11", "docker_container");
  const usual = createRequestDeps(core, folder, [root]);
  const tools = await usual.tools();
  if (tools === undefined) throw new Error("no tools");
  const collections = [path.join(folder, "installed")];
  deps = { ...usual, tools: () => Promise.resolve({ ...tools, collections }) };
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
  await writeFile(path.join(folder, name), text);
}

async function install(name: string, version: string, module: string): Promise<void> {
  const place = `installed/ansible_collections/${name.replace(".", "/")}`;
  await write(`${place}/MANIFEST.json`, JSON.stringify({ collection_info: { version } }));
  await write(`${place}/plugins/modules/${module}.py`, "");
}

async function plan(text: string): Promise<PlanRow> {
  const request = await createRequest(deps, caller, { text, priority: 3, highValue: false });
  if (request.planId === null) throw new Error(JSON.stringify(request));
  return await getPlanRow(core.db, request.planId);
}

test("[P3] the collections that short names of modules come from are in the plan's hash, also those that Ansible sends on to", async () => {
  const row = await plan("deploy greeter");
  const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(row.manifests.steps[0]?.collections).toEqual([
    { name: "community.docker", version: "3.4.11", sha256 },
    { name: "home.first", version: null },
    { name: "home.lab", version: "1.0.0", sha256 },
  ]);
  expect(row.document.steps[0]?.decidedAtRunTime).toEqual([]);
  expect(await findStaleness(deps, row)).toBeUndefined();

  await install("community.docker", "3.5.0", "docker_container");
  expect(await findStaleness(deps, row)).toBe(
    "installed collections have changed since: community.docker was 3.4.11 and is 3.5.0",
  );
  await install("community.docker", "3.4.11", "docker_container");
  expect(await findStaleness(deps, row)).toBeUndefined();
  // It is listed before the other one, so its module would run instead.
  await install("home.first", "0.1.0", "greet");
  expect(await findStaleness(deps, row)).toContain("home.first was missing and is 0.1.0");
  const again = await plan("deploy greeter");
  expect(again.hash).not.toBe(row.hash);
  const steps = [row, again].map((each) => each.manifests.steps[0]);
  expect({ ...steps[1], collections: [] }).toEqual({ ...steps[0], collections: [] });
});

test("[P3] a module of which nothing tells where it comes from is decided at run time, and the card says so", async () => {
  const row = await plan("deploy puzzle");
  expect(row.manifests.steps[0]?.collections).toEqual([]);
  expect(row.document.steps[0]?.decidedAtRunTime).toEqual([
    'the module "guess_who" (puzzle.yml:5) is neither in the repository nor installed here: which collection brings it is decided at run time',
  ]);
});

const shout = "class FilterModule:\n    def filters(self):\n        return {}\n";

/** A plan of one playbook beside these files. */
async function planOf(files: Readonly<Record<string, string>>): Promise<PlanRow> {
  for (const [name, text] of Object.entries(files)) await write(`repository/${name}`, text);
  return await plan("deploy radio");
}

const radio = (...lines: string[]): string =>
  ["# chiffon:service=radio", "- hosts: all", "  gather_facts: false", ...lines, ""].join("\n");

const namesOf = (row: PlanRow): string[] =>
  row.manifests.steps[0]?.collections.map((each) => each.name) ?? [];

test("[P3] a collection that only brings plug-ins is in the plan's hash, and one of its files that changes makes the plan stale", async () => {
  await write("installed/ansible_collections/home/tools/plugins/filter/shout.py", shout);
  await write("installed/ansible_collections/home/other/plugins/filter/whisper.py", shout);
  const row = await planOf({
    "radio.yml": radio("  tasks:", "    - template: {src: radio.conf.j2, dest: /tmp/radio.conf}"),
    "templates/radio.conf.j2": "name={{ name | home.tools.shout }}\n",
  });
  expect(namesOf(row)).toEqual(["home.tools"]);
  expect(await findStaleness(deps, row)).toBeUndefined();

  await write("installed/ansible_collections/home/other/plugins/filter/whisper.py", `${shout}# 1\n`);
  expect(await findStaleness(deps, row)).toBeUndefined();
  await write("installed/ansible_collections/home/tools/plugins/filter/shout.py", `${shout}# 1\n`);
  expect(await findStaleness(deps, row)).toBe(
    "installed collections have changed since: files of home.tools unknown are others",
  );
  expect((await plan("deploy radio")).hash).not.toBe(row.hash);
});

test("[P3] a plug-in that only the run chooses is on the card, with its place", async () => {
  const row = await planOf({
    "radio.yml": radio("  connection: local", "  tasks:", `    - debug: {msg: "{{ lookup(which, 'x') }}"}`),
  });
  expect(row.document.steps[0]?.decidedAtRunTime).toEqual([
    "the lookup at radio.yml:6 is chosen by an expression: which collection brings it is decided at run time",
  ]);
});

test("[P3] a plug-in that a value of a variable names counts as one of a file", async () => {
  await write("installed/ansible_collections/home/tools/plugins/filter/shout.py", shout);
  await write(
    "repository/radio.yml",
    radio("  vars: {radio_name: ''}", "  tasks: [{debug: {msg: '{{ radio_name }}'}}]"),
  );
  const row = await plan("deploy radio with radio_name={{1|home.tools.shout}}");
  expect(row.manifests.steps[0]?.vars).toEqual({ radio_name: "{{1|home.tools.shout}}" });
  expect(namesOf(row)).toEqual(["home.tools"]);
});
