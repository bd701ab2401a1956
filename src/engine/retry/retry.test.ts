import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { approvePlan, type ApproveDeps } from "../approve/approve.ts";
import type { Caller } from "../engine.ts";
import { getPlan, getPlanRow } from "../plan/sql.ts";
import { createRequest, type RequestDeps } from "../request/create.ts";
import { revisePlan } from "../request/revise.ts";
import { caller, createRequestDeps } from "../request/testing.ts";
import { createTestAgent, type TestAgent } from "../track/testing.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { retryRun } from "./retry.ts";

const playbook = (name: string) => `# chiffon:service=${name}
- name: ${name}
  hosts: web
  connection: local
  tasks:
    - name: Prepare
      ansible.builtin.debug:
        msg: a
    - name: Copy all files
      ansible.builtin.debug:
        msg: b
    - name: Twice
      ansible.builtin.debug:
        msg: c
    - name: Twice
      ansible.builtin.debug:
        msg: d
    - name: Later
      ansible.builtin.include_tasks: later-{{ 1 }}.yml
`;
const bob: Caller = { actor: { kind: "user", name: "bob", id: "2" }, strong: true };
let core: TestCore;
let folder: string;
let deps: RequestDeps & ApproveDeps;
let agent: TestAgent;
const execute: TestAgent["execute"] = (...given) => agent.execute(...given);

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-retry-"));
  const root = path.join(folder, "site");
  await mkdir(root);
  for (const name of ["wiki", "forum"]) await writeFile(path.join(root, `${name}.yml`), playbook(name));
  const hosts = ["box1", "box2", "box3"].map((name) => `    ${name}:\n      ansible_connection: local\n`);
  await writeFile(
    path.join(root, "hosts.yml"),
    `db:\n  hosts:\n    box4:\nweb:\n  hosts:\n${hosts.join("")}`,
  );
  deps = createRequestDeps(core, folder, [root]);
  agent = await createTestAgent(core);
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const show = (id: string | null, by = caller) =>
  getPlan(core.db, id ?? "", { actor: by.actor, now: deps.clock.now() });

async function approve(planId: string, by = caller): Promise<string> {
  const { hash, approvalForm } = await show(planId, by);
  const typed = approvalForm.typed === null ? {} : { typed: approvalForm.typed };
  const { runId } = await approvePlan(deps, by, { id: planId, body: { hash, ...typed } });
  return runId ?? "";
}

const ask = async (text = "Deploy wiki and then deploy forum") => {
  const { planId } = await createRequest(deps, caller, { text, priority: 3, highValue: false });
  return await show(planId);
};
const retry = (id: string, from: Parameters<typeof retryRun>[2]["from"], by = caller) =>
  retryRun(deps, by, { id, from });

/** A run whose first step failed on one of three hosts. */
async function failedRun(): Promise<{ runId: string; planId: string }> {
  const { id } = await ask();
  const runId = await approve(id);
  await execute("failed", ["box2"]);
  return { runId, planId: id };
}

test("what failed is tried again on the failed host only, with what never ran, as a revision that the same person approves by one click", async () => {
  const { runId, planId } = await failedRun();
  const first = await show(planId);
  const request = await retry(runId.slice(0, 8), "failed-hosts");
  expect(request).toMatchObject({ id: first.requestId, status: "planned" });
  const again = await show(request.planId);

  expect(again).toMatchObject({
    state: "proposed",
    revision: 2,
    retryOf: { runId, from: "failed-hosts", click: { by: "ada" } },
    approvalForm: { kind: "click", typed: null },
    steps: [
      { unit: { name: "wiki" }, hosts: ["box2"], after: [] },
      { unit: { name: "forum" }, hosts: ["box1", "box2", "box3"], after: [0] },
    ],
  });
  expect(again.hash).not.toBe(first.hash);
  expect((await show(again.id, bob)).approvalForm.kind).not.toBe("click");
  expect((await show(planId)).state).toBe("approved");
  const body = { hash: again.hash };
  if (again.risk === "R3")
    await expect(approvePlan(deps, bob, { id: again.id, body })).rejects.toThrow(/typing/);
  await expect(approvePlan(deps, caller, { id: again.id, body: { hash: first.hash } })).rejects.toThrow(
    /hash differs/,
  );
  await approve(again.id);
  const order = await execute("succeeded");
  expect(order.parameters.step).toMatchObject({ hosts: ["box2"], startAt: null });
  const kinds = await core.db
    .selectFrom("audit_record")
    .select("kind")
    .where("kind", "=", "run.retry-asked")
    .execute();
  expect(kinds).toHaveLength(1);
});

test("one click ends after a day, and never stands on another one", async () => {
  const { runId } = await failedRun();
  core.advance(23 * 3_600_000);
  const second = await approve((await retry(runId, "failed-hosts")).planId ?? "");
  await execute("failed", ["box2"]);
  const third = await show((await retry(second, "failed-hosts")).planId);
  expect(third.approvalForm.kind).toBe("click");
  core.advance(3_600_000);
  expect((await show(third.id)).approvalForm.kind).not.toBe("click");
  expect((await show((await retry(second, "failed-hosts")).planId)).retryOf?.click).toBeNull();
});

test("a mended playbook is tried again as it is now, and approved by its risk; so is all of it again", async () => {
  const { runId } = await failedRun();
  expect((await show((await retry(runId, { step: 0 })).planId)).retryOf?.click).toBeNull();
  const later = await show((await retry(runId, { step: 1 })).planId);
  expect(later).toMatchObject({ revision: 3, steps: [{ unit: { name: "forum" }, after: [] }] });
  expect(later.retryOf?.click).not.toBeNull();

  await writeFile(path.join(folder, "site", "wiki.yml"), playbook("wiki").replace("msg: a", "msg: mended"));
  const mended = await show((await retry(runId, "failed-hosts")).planId);
  expect(mended).toMatchObject({ steps: [{ hosts: ["box2"] }, {}], retryOf: { click: null } });
  await writeFile(
    path.join(folder, "site", "hosts.yml"),
    "web:\n  hosts:\n    box1:\n      ansible_connection: local\n",
  );
  await expect(retry(runId, "failed-hosts")).rejects.toMatchObject({ code: "conflict" });
});

test("a step is begun at a task that stands in its list once, and that is part of the hash", async () => {
  const { runId } = await failedRun();
  const plan = await show((await retry(runId, { ansibleTask: "Copy all files" })).planId);
  expect(plan.steps.map((step) => [step.unit.name, step.startAt, step.hosts.length])).toEqual([
    ["wiki", "Copy all files", 3],
    ["forum", undefined, 3],
  ]);
  expect(plan.steps[0]?.ansibleTasks.map((task) => task.name)).toEqual([
    "Copy all files",
    "Twice",
    "Twice",
    "Later",
  ]);
  expect(plan.retryOf?.click).not.toBeNull();
  expect(plan.notes.join()).toContain('tasks before "Copy all files" do not run');
  const { manifests } = await getPlanRow(core.db, plan.id);
  expect(manifests.steps.map((step) => step.startAt)).toEqual(["Copy all files", null]);

  await expect(retry(runId, { ansibleTask: "Twice" })).rejects.toMatchObject({
    message: expect.stringMatching(/several/),
  });
  await expect(retry(runId, { ansibleTask: "Inside" })).rejects.toMatchObject({
    code: "bad-input",
    hint: expect.stringMatching(/dynamic include/),
  });
  await expect(retry(runId, { ansibleTask: "Inside", step: 0 })).rejects.toMatchObject({ code: "bad-input" });
  await expect(retry(runId, { step: 7 })).rejects.toMatchObject({
    message: expect.stringMatching(/no step 8/),
  });
});

test("a run under way, one that went well and one whose steps wait for an unknown end are not tried again, nor is a retry changed", async () => {
  const { id } = await ask();
  const runId = await approve(id);
  await expect(retry(runId, "failed-hosts")).rejects.toMatchObject({
    message: expect.stringMatching(/not over yet/),
  });
  await execute("unknown");
  await expect(retry(runId, "failed-hosts")).rejects.toMatchObject({
    hint: expect.stringMatching(/look at the hosts and say how it ended.*or cancel what is left/),
  });

  const one = await ask("Deploy forum");
  const good = await approve(one.id);
  core.advance(3_600_000);
  await execute("succeeded");
  await expect(retry(good, "failed-hosts")).rejects.toMatchObject({
    message: expect.stringMatching(/nothing left/),
  });
  const again = await retry(good, { step: 0 });
  await expect(
    revisePlan(deps, caller, { id: again.planId ?? "", body: { instruction: "on box1" } }),
  ).rejects.toMatchObject({ message: expect.stringMatching(/cannot be changed/) });
  await expect(retry(randomUUID(), "failed-hosts")).rejects.toMatchObject({ code: "not-found" });
});

test("what is being tried again is not tried again beside it, and can be when that is over", async () => {
  const { runId } = await failedRun();
  const first = await show((await retry(runId, "failed-hosts")).planId);
  const second = await show((await retry(runId, "failed-hosts")).planId);
  expect((await show(first.id)).state).toBe("superseded");
  core.advance(60_000);
  const running = await approve(second.id);
  await expect(retry(runId, "failed-hosts")).rejects.toMatchObject({
    code: "conflict",
    message: `run ${running.slice(0, 8)} tries run ${runId.slice(0, 8)} again at this moment`,
  });
  expect((await show(second.id)).state).toBe("approved");
  await execute("failed", ["box2"]);
  const third = await show((await retry(runId, "failed-hosts")).planId);
  expect(third.notes.join()).toContain(`since then run ${running.slice(0, 8)} worked on the same`);
});

test("a lost step is tried again on all of its hosts, with the word to look at them first", async () => {
  const { id } = await ask("Deploy forum");
  const runId = await approve(id);
  await execute("unknown");
  const plan = await show((await retry(runId, "failed-hosts")).planId);
  expect(plan.steps[0]?.hosts).toHaveLength(3);
  expect(plan.notes.join()).toContain("look at its hosts before you approve");
});
