import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { approvePlan, type ApproveDeps } from "../approve/approve.ts";
import { placeReadyTasks } from "../dispatch/place.ts";
import { markRun } from "../mark/mark.ts";
import { getPlan } from "../plan/sql.ts";
import { createRequest, type RequestDeps } from "../request/create.ts";
import { caller, createRequestDeps } from "../request/testing.ts";
import { getRun } from "../run/view-sql.ts";
import { createTestAgent, type TestAgent } from "../track/testing.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { settleOverdue } from "../dispatch/overdue.ts";
import { probeRun } from "./probe.ts";

const playbook = (name: string) => `# chiffon:service=${name}
- name: ${name}
  hosts: web
  tasks:
    - name: Copy all files
      ansible.builtin.copy: {content: a, dest: /srv/x, mode: "0644"}
`;
let core: TestCore;
let folder: string;
let deps: RequestDeps & ApproveDeps;
let agent: TestAgent;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-probe-"));
  const root = path.join(folder, "site");
  await mkdir(root);
  for (const name of ["wiki", "forum"]) await writeFile(path.join(root, `${name}.yml`), playbook(name));
  await writeFile(
    path.join(root, "hosts.yml"),
    "db:\n  hosts:\n    box3:\nweb:\n  hosts:\n    box1: {ansible_connection: local}\n    box2: {ansible_connection: local}\n",
  );
  deps = createRequestDeps(core, folder, [root]);
  agent = await createTestAgent(core);
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const show = (id: string | null) =>
  getPlan(core.db, id ?? "", { actor: caller.actor, now: deps.clock.now() });

async function approve(planId: string | null): Promise<string> {
  const { id, hash, approvalForm } = await show(planId);
  const typed = approvalForm.typed === null ? {} : { typed: approvalForm.typed };
  const { runId } = await approvePlan(deps, caller, { id, body: { hash, ...typed } });
  return runId ?? "";
}

const ask = (text: string) => createRequest(deps, caller, { text, priority: 3, highValue: false });

test("a look at a step of unknown end is a plan that only reads: facts of its hosts and how its service is", async () => {
  const runId = await approve((await ask("Deploy wiki and then deploy forum")).planId);
  await agent.execute("unknown");

  const request = await probeRun(deps, caller, { id: runId.slice(0, 8) });
  const plan = await show(request.planId);

  expect(plan).toMatchObject({
    state: "proposed",
    risk: "R0",
    approvalForm: { kind: "click" },
    steps: [
      { unit: { id: "operation:facts" }, hosts: ["box1", "box2"], after: [] },
      { unit: { id: "operation:status" }, target: "wiki", hosts: ["box1", "box2"], after: [] },
    ],
  });
  expect(plan.notes.join()).toContain(`chiffon run mark ${runId.slice(0, 8)} --step 1`);
  const records = await core.db
    .selectFrom("audit_record")
    .select(["run_id", "request_id", "status"])
    .where("kind", "=", "run.probe-asked")
    .execute();
  expect(records).toEqual([{ run_id: runId, request_id: request.id, status: "asked" }]);
  // Nothing is decided by asking.
  expect(await getRun(core.db, runId)).toMatchObject({ state: "unknown" });
});

test("the look is placed while the lost step may still have its hosts, and a change is not", async () => {
  const runId = await approve((await ask("Deploy wiki")).planId);
  await agent.begin();
  core.advance(deps.waits.silence + 1);
  await settleOverdue(core.deps);
  expect((await getRun(core.db, runId)).state).toBe("unknown");
  agent = await createTestAgent(core);

  const change = await approve((await ask("Deploy forum")).planId);
  const look = await approve((await probeRun(deps, caller, { id: runId, step: 0 })).planId);
  await placeReadyTasks(core.deps);

  expect((await getRun(core.db, change)).tasks.map((task) => task.state)).toEqual(["ready"]);
  expect((await getRun(core.db, look)).tasks.map((task) => task.state)).toEqual(["leased", "leased"]);
});

test("what has a known end is not looked at, and says so", async () => {
  const runId = await approve((await ask("Deploy wiki")).planId);
  await expect(probeRun(deps, caller, { id: runId })).rejects.toMatchObject({
    code: "conflict",
    message: `no step of run ${runId.slice(0, 8)} has an unknown end`,
  });
  await agent.execute("unknown");
  await expect(probeRun(deps, caller, { id: runId, step: 3 })).rejects.toMatchObject({ code: "conflict" });
  await markRun(core.deps, caller, { id: runId, body: { step: 0, outcome: "failed", reason: "looked" } });
  await expect(probeRun(deps, caller, { id: runId })).rejects.toMatchObject({ code: "conflict" });
});
