import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeHeartbeats } from "../agents/heartbeat.ts";
import { createRequest, type RequestDeps } from "../request/create.ts";
import { caller, createRequestDeps } from "../request/testing.ts";
import { createTestCore, heartbeatOf, type TestCore } from "../testing.ts";
import { getPlan } from "./sql.ts";

const files = {
  "wiki.yml": `# chiffon:needs cpu_cores=64
- name: Deploy wiki
  hosts: all
  vars:
    wiki_theme: dark
  roles:
    - wiki
`,
  "hosts.ini": "[web]\npi ansible_connection=local\nfar wiki_title=Far\n\n[web:vars]\nwiki_title=Ours\n",
  "host_vars/pi.yml": "---\nwiki_port: 81\n",
  "group_vars/web.yml": "wiki_release: 3.1.4\nwiki_admin_password: hunter3\n",
  "roles/wiki/defaults/main.yml":
    'wiki_port: 80\nwiki_release: 1.0.0\nwiki_title: ""\nwiki_admin_password: ""\nwiki_language: en\n',
  "roles/wiki/tasks/main.yml": "- ansible.builtin.debug:\n    msg: hello\n",
};
let core: TestCore;
let folder: string;
let deps: RequestDeps;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-settings-"));
  const root = path.join(folder, "site");
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  const scanHostKeys = () =>
    Promise.resolve([{ address: "far", port: 22, line: "far ssh-ed25519 AAAA", fingerprint: "SHA256:x" }]);
  deps = { ...createRequestDeps(core, folder, [root]), scanHostKeys };
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function planOf(text: string) {
  const { planId } = await createRequest(deps, caller, { text, priority: 3, highValue: false });
  return await getPlan(core.db, planId ?? "");
}

test("every variable says its value, where it comes from and the file and line that say so", async () => {
  const { steps } = await planOf("deploy wiki on pi with port 8080");
  expect(steps[0]?.vars).toMatchObject([{ name: "wiki_port", value: "8080", origin: "request" }]);
  expect(steps[0]?.settings).toEqual([
    { name: "wiki_release", value: "3.1.4", origin: "inventory", source: "group_vars/web.yml:1", hosts: [] },
    { name: "wiki_title", value: "Ours", origin: "inventory", source: "hosts.ini:6", hosts: [] },
    {
      name: "wiki_admin_password",
      value: null,
      origin: "inventory",
      source: "group_vars/web.yml:2",
      hosts: [],
    },
    {
      name: "wiki_language",
      value: "en",
      origin: "default",
      source: "roles/wiki/defaults/main.yml:5",
      hosts: [],
    },
    { name: "wiki_theme", value: "dark", origin: "default", source: "wiki.yml:5", hosts: [] },
  ]);
  const { steps: plain } = await planOf("deploy wiki on pi");
  expect(plain[0]?.settings?.[0]).toEqual({
    name: "wiki_port",
    value: "81",
    origin: "inventory",
    source: "host_vars/pi.yml:2",
    hosts: [],
  });
  expect(JSON.stringify(plain)).not.toContain("hunter3");
});

test("a plan shows what the step holds, how long it may take and whether somebody has what it needs", async () => {
  const beat = heartbeatOf(core.deps.newId());
  if (beat.type === "heartbeat") await takeHeartbeats(core.deps, [beat.payload]);
  const { steps } = await planOf("deploy wiki on pi");
  expect(steps[0]).toMatchObject({
    locks: [{ host: "pi", services: ["wiki"] }],
    expected: null,
    estimate: { ms: 2_000, text: "estimate, no history: 1 s + 1 Ansible tasks x 1 here x 1 s" },
    resources: { state: "missing", text: "pi has 2 CPU cores, not 64 CPU cores" },
  });
});

test("a playbook may let steps about other services work on its hosts: the plan says so, and its hash covers it", async () => {
  const before = await planOf("deploy wiki on pi");
  const text = files["wiki.yml"];
  await writeFile(
    path.join(folder, "site", "wiki.yml"),
    `# chiffon:service=wiki\n# chiffon:parallel=service\n${text}`,
  );
  const after = await planOf("deploy wiki on pi");
  expect(before.steps[0]?.locks).toEqual([{ host: "pi", services: ["wiki"] }]);
  expect(after.steps[0]?.locks).toEqual([{ host: "pi", services: ["wiki"], parallel: "service" }]);
  const rows = await core.db.selectFrom("plan").select("manifests").orderBy("created_at").execute();
  expect(rows.flatMap((row) => row.manifests.steps[0]?.parallel ?? [])).toEqual(["service"]);
});

test("operations that only read share their hosts with each other", async () => {
  const { steps } = await planOf("ping pi");
  expect(steps[0]?.locks).toMatchObject([{ host: "pi", parallel: "read" }]);
});

test("what is only shown is in no hash", async () => {
  const first = await planOf("deploy wiki on pi");
  const rows = await core.db.selectFrom("plan").select("manifests").execute();
  expect(JSON.stringify(rows[0]?.manifests)).not.toMatch(/wiki_language|estimate|cpu_cores/);
  expect(first.hash).toMatch(/^[0-9a-f]{64}$/);
});

test("a plan is of the files that were read: one that a watch has missed is told, and nothing is planned from it", async () => {
  await planOf("deploy wiki on pi");
  deps.catalogues.spareReadings(() => Promise.resolve(true));
  await writeFile(
    path.join(folder, "site", "roles/wiki/tasks/main.yml"),
    "- ansible.builtin.shell: rm -rf /\n",
  );

  const asked = await createRequest(deps, caller, {
    text: "deploy wiki on pi",
    priority: 3,
    highValue: false,
  });

  expect(asked).toMatchObject({
    status: "failed",
    planId: null,
    problem: { message: "roles/wiki/tasks/main.yml was changed while the plan was being made" },
  });
});
