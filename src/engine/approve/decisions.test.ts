import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Plan } from "../../contracts/plan.ts";
import { settleOverdue } from "../dispatch/overdue.ts";
import { comparePlan, findSameRun } from "../plan/compare.ts";
import { getPlan } from "../plan/sql.ts";
import { createRequest, type RequestDeps } from "../request/create.ts";
import { revisePlan } from "../request/revise.ts";
import { caller, createRequestDeps } from "../request/testing.ts";
import { rollbackRun } from "../rollback/rollback.ts";
import { getRun } from "../run/view-sql.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { approvePlan, rejectPlan } from "./approve.ts";

const play = (service: string, verbs: string): string => `# chiffon:service=${service}
# chiffon:verbs=${verbs}
- name: Work on ${service}
  hosts: all
  vars:
    wiki_port: 8080
  tasks:
    - name: Write it
      ansible.builtin.copy:
        content: "{{ wiki_port }}"
        dest: /nowhere/${service}
        mode: "0644"
`;
let core: TestCore;
let folder: string;
let deps: RequestDeps;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-decisions-"));
  const root = path.join(folder, "site");
  await mkdir(root);
  await writeFile(path.join(root, "wiki.yml"), play("wiki", "deploy"));
  await writeFile(path.join(root, "remove-wiki.yml"), play("wiki", "remove"));
  await writeFile(path.join(root, "forum.yml"), play("forum", "deploy"));
  await writeFile(
    path.join(root, "hosts.yml"),
    "all:\n  hosts:\n    box1:\n      ansible_connection: local\n",
  );
  deps = createRequestDeps(core, folder, [root]);
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const ask = async (text: string): Promise<Plan> => {
  const request = await createRequest(deps, caller, { text, priority: 3, highValue: false });
  return await getPlan(core.db, request.planId ?? "");
};
const approve = (plan: Plan, comment?: string) =>
  approvePlan({ ...deps, sign: () => "" }, caller, {
    id: plan.id,
    body: { hash: plan.hash, ...(comment === undefined ? {} : { comment }) },
  });
/** The run as an agent would have told it: every step changed something. */
const finish = async (plan: Plan, state: "succeeded" | "failed" = "succeeded"): Promise<string> => {
  const at = core.deps.clock.now();
  const end = { state, started_at: at, ended_at: at };
  await core.db
    .updateTable("task")
    .set({ ...end, changed: true })
    .where("plan_id", "=", plan.id)
    .execute();
  await core.db.updateTable("run").set(end).where("plan_id", "=", plan.id).execute();
  core.advance(60_000);
  return (await getPlan(core.db, plan.id)).runId ?? "";
};
const run = async (text: string): Promise<string> => {
  const plan = await ask(text);
  await approve(plan);
  return await finish(plan);
};
const records = async (kind: string) => {
  const rows = await core.db.selectFrom("audit_record").select("body").where("kind", "=", kind).execute();
  return rows.map((row) => JSON.parse(Buffer.from(row.body).toString("utf8")) as Record<string, unknown>);
};

test("[UI-03] an approval keeps its comment and says when it ends; a rejection keeps its reason; both stand in the record", async () => {
  const approved = await approve(await ask("Deploy wiki"), "maintenance window");
  expect(approved.approval).toMatchObject({
    decision: "approved",
    by: "ada",
    comment: "maintenance window",
    expiresAt: "2026-11-23T12:00:00.000Z",
  });
  expect(await records("plan.approved")).toMatchObject([
    {
      actor: { name: "ada" },
      data: { comment: "maintenance window", expires_at: "2026-11-23T12:00:00.000Z" },
    },
  ]);

  const plan = await ask("Deploy forum");
  const rejected = await rejectPlan(core.deps, caller, { id: plan.id, reason: "not before Monday" });
  expect(rejected).toMatchObject({
    state: "rejected",
    reason: "not before Monday",
    approval: { decision: "rejected", by: "ada", comment: "not before Monday" },
  });
  expect(await records("plan.rejected")).toMatchObject([
    { actor: { name: "ada" }, plan_id: plan.id, data: { reason: "not before Monday", plan_hash: plan.hash } },
  ]);
  await expect(approve(rejected)).rejects.toThrow("not before Monday");
});

test("an approval that led to no start in 24 hours is over: plan, run and record say so, and it comes back only as a new revision", async () => {
  const plan = await approve(await ask("Deploy wiki"));
  core.advance(24 * 3_600_000 - 1);
  await settleOverdue(core.deps);
  expect((await getPlan(core.db, plan.id)).state).toBe("approved");
  core.advance(2);
  await settleOverdue(core.deps);

  const expired = await getPlan(core.db, plan.id);
  expect(expired).toMatchObject({ state: "expired", reason: expect.stringContaining("24 hours") });
  expect((await getRun(core.db, plan.runId ?? "")).reason).toContain("needs approval again");
  expect(await records("plan.expired")).toMatchObject([{ actor: { kind: "system" }, plan_id: plan.id }]);
  await expect(approve(expired)).rejects.toMatchObject({ code: "plan-expired" });
  const next = await revisePlan(deps, caller, {
    id: plan.id,
    body: { edits: { step: 0, vars: { wiki_port: 81 } } },
  });
  expect(await getPlan(core.db, next.planId ?? "")).toMatchObject({ state: "proposed", revision: 2 });
});

test("[UI-03] a plan that does what the last approved run did says so plainly; another one says what differs", async () => {
  await run("Deploy wiki");
  const same = await comparePlan(deps, { id: (await ask("Please deploy the wiki")).id, against: "last-run" });
  expect(same).toMatchObject({ same: true, against: { kind: "last-run", run: { state: "succeeded" } } });
  expect(same.summary).toEqual([
    expect.stringMatching(/^the same as run [0-9a-f]{8} of Sunday, 2026-11-22 12:00 UTC, which succeeded$/),
  ]);

  expect(await findSameRun(core.db, same.planId)).toBe(same.against?.text);
  const other = await comparePlan(deps, {
    id: (await ask("Deploy wiki with port 81")).id,
    against: undefined,
  });
  expect(other).toMatchObject({ same: false, summary: ["step 1 (wiki): wiki_port its own value -> 81"] });
  // What ran exactly these units goes before what ran later and only some of them.
  await run("Deploy wiki and then deploy forum");
  const exact = await comparePlan(deps, { id: (await ask("Deploy wiki")).id, against: "last-run" });
  expect(exact.same).toBe(true);
  const forum = await comparePlan(deps, { id: (await ask("Deploy forum")).id, against: "last-run" });
  expect(forum.steps.map((step) => step.change)).toEqual(["changed", "removed"]);
});

test("a rollback is a plan of its own: what changed in reverse order, what has no way back as notes, recorded", async () => {
  const plan = await ask("Deploy wiki with port 81 and then deploy forum");
  expect(plan.steps.map((step) => step.wayBack)).toMatchObject([
    { kind: "unit", text: "remove-wiki removes it" },
    { kind: "none", text: "no playbook of site is known to take it back" },
  ]);
  await approve(plan);
  const open = (await getPlan(core.db, plan.id)).runId ?? "";
  await expect(rollbackRun(deps, caller, { id: open })).rejects.toThrow(/not over yet/);
  const runId = await finish(plan);

  const request = await rollbackRun(deps, caller, { id: runId.slice(0, 8) });
  const back = await getPlan(core.db, request.planId ?? "");
  expect(back).toMatchObject({ state: "proposed", risk: "R3", revision: 1 });
  expect(back.requestText).toMatch(/^Roll back run [0-9a-f]{8}: Deploy wiki/);
  expect(back.steps).toMatchObject([
    {
      verb: "remove",
      unit: { name: "remove-wiki" },
      hosts: ["box1"],
      vars: [{ name: "wiki_port", value: "81", source: "as it was before" }],
    },
  ]);
  expect(back.notes).toEqual(["no way back: step 2 (forum): no playbook of site is known to take it back"]);
  expect(await records("run.rollback-asked")).toMatchObject([
    { actor: { name: "ada" }, run_id: runId, request_id: request.id, status: "asked" },
  ]);
  // It is changed like any plan, and its notes stay.
  const revised = await revisePlan(deps, caller, {
    id: back.id,
    body: { edits: { step: 0, vars: { wiki_port: 82 } } },
  });
  expect(await getPlan(core.db, revised.planId ?? "")).toMatchObject({
    notes: back.notes,
    steps: [{ unit: { name: "remove-wiki" }, vars: [{ value: 82, source: "person" }] }],
  });
  const words = await revisePlan(deps, caller, {
    id: revised.planId ?? "",
    body: { instruction: "and then deploy forum" },
  });
  expect(await getPlan(core.db, words.planId ?? "")).toMatchObject({
    revision: 3,
    notes: back.notes,
    steps: [
      { unit: { name: "remove-wiki" }, verb: "remove" },
      { unit: { name: "forum" }, after: [0] },
    ],
  });
});

test("a run of which no step has a way back makes no plan and says why; one that changed nothing has nothing to take back", async () => {
  const runId = await run("Deploy forum");
  await expect(rollbackRun(deps, caller, { id: runId })).rejects.toThrow(
    /no step of run [0-9a-f]{8} has a way back: step 1 \(forum\): no playbook/,
  );
  expect(await records("run.rollback-asked")).toMatchObject([
    { run_id: runId, request_id: null, status: "refused" },
  ]);
  expect(await core.db.selectFrom("plan").select("id").execute()).toHaveLength(1);
  await core.db.updateTable("task").set({ changed: false }).execute();
  await expect(rollbackRun(deps, caller, { id: runId })).rejects.toThrow(/changed nothing/);
  await expect(
    rollbackRun(deps, caller, { id: "00000000-0000-4000-8000-000000000000" }),
  ).rejects.toMatchObject({
    code: "not-found",
  });
});

test("a changed value goes back to the one of the run before, and a later run is told", async () => {
  await run("Deploy wiki with port 81");
  const second = await run("Deploy wiki with port 82");
  await run("Deploy wiki with port 83");
  const request = await rollbackRun(deps, caller, { id: second });
  const back = await getPlan(core.db, request.planId ?? "");
  expect(back.steps).toMatchObject([
    {
      verb: "deploy",
      unit: { name: "wiki" },
      vars: [{ name: "wiki_port", value: "81", source: "as it was before" }],
    },
  ]);
  expect(back.notes).toEqual([expect.stringMatching(/^since then run [0-9a-f]{8} worked on the same/)]);
});
