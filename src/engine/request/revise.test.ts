import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rejectPlan } from "../approve/approve.ts";
import { getPlan } from "../plan/sql.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { createRequest, type RequestDeps } from "./create.ts";
import { revisePlan } from "./revise.ts";
import { getRequest } from "./sql.ts";
import { caller, createRequestDeps } from "./testing.ts";

const playbook = `# chiffon:service=wiki
- name: Wiki
  hosts: web
  connection: local
  vars:
    wiki_port: 8080
  tasks:
    - name: Say the port
      ansible.builtin.debug:
        msg: "{{ wiki_port }}"
`;
let core: TestCore;
let folder: string;
let deps: RequestDeps;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-request-"));
  const root = path.join(folder, "site");
  await mkdir(root);
  await writeFile(path.join(root, "wiki.yml"), playbook);
  await writeFile(
    path.join(root, "forum.yml"),
    playbook.replaceAll("wiki", "forum").replace("Wiki", "Forum"),
  );
  await writeFile(
    path.join(root, "hosts.yml"),
    "web:\n  hosts:\n    box1:\n      ansible_connection: local\n    box2:\n      ansible_connection: local\n",
  );
  deps = createRequestDeps(core, folder, [root]);
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const ask = (text: string) => createRequest(deps, caller, { text, priority: 3, highValue: false });
const revise = async (planId: string | null, instruction: string) => {
  const request = await revisePlan(deps, caller, { id: planId ?? "", body: { instruction } });
  return await getPlan(core.db, request.planId ?? "");
};

test("[UI-03] a plan is changed by words: each change is the next revision with a hash of its own", async () => {
  const asked = await ask("Deploy wiki on box1");
  const first = await getPlan(core.db, asked.planId ?? "");
  const moved = await revise(first.id, "on box2 instead");
  const ported = await revise(moved.id, "port 3002");
  const longer = await revise(ported.id, "and then deploy forum on box2");
  const shorter = await revise(longer.id, "without step 1");

  expect([moved, ported, longer, shorter].map((plan) => plan.revision)).toEqual([2, 3, 4, 5]);
  expect(new Set([first, moved, ported, longer, shorter].map((plan) => plan.hash)).size).toBe(5);
  expect(moved.steps[0]?.hosts).toEqual(["box2"]);
  expect(ported.steps[0]).toMatchObject({ hosts: ["box2"], vars: [{ name: "wiki_port", value: "3002" }] });
  expect(longer.steps.map((step) => [step.unit.name, step.after])).toEqual([
    ["wiki", []],
    ["forum", [0]],
  ]);
  expect(shorter.steps.map((step) => step.unit.name)).toEqual(["forum"]);
  expect(await getPlan(core.db, first.id)).toMatchObject({ state: "superseded" });
  expect(await getPlan(core.db, longer.id)).toMatchObject({ state: "superseded" });
});

test("words that name nothing change nothing, and say what can be said", async () => {
  const asked = await ask("Deploy wiki on box1");

  await expect(revise(asked.planId, "make it nicer")).rejects.toThrow(/cannot tell what to change/);
  await expect(revise(asked.planId, "and then deploy the moon")).rejects.toThrow(/moon/);
  await expect(revise(asked.planId, "without wiki")).rejects.toThrow(/reject it instead/);
  expect(await getRequest(core.db, asked.id)).toMatchObject({ status: "planned", planId: asked.planId });
  expect(await getPlan(core.db, asked.planId ?? "")).toMatchObject({ state: "proposed", revision: 1 });
});

test("a rejected plan comes back only as a new revision; an old one is not changed any more", async () => {
  const asked = await ask("Deploy wiki on box1");
  await rejectPlan(core.deps, caller, { id: asked.planId ?? "", reason: "wrong host" });
  const next = await revise(asked.planId, "on box2");

  expect(next).toMatchObject({ state: "proposed", revision: 2 });
  expect(await getPlan(core.db, asked.planId ?? "")).toMatchObject({ state: "rejected" });
  await expect(revise(asked.planId, "on box1")).rejects.toThrow(/newer revision/);
});
