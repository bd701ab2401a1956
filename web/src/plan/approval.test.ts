import { expect, test } from "vitest";
import { closedReason, decideApproval, emptyApproval, nameHint, stopChoices } from "./approval.ts";
import { makePlan, makeStep } from "./testing-plan.ts";

test("A plan that asks for one click is ready at once and names the whole hash", () => {
  const plan = makePlan();
  expect(decideApproval(plan, emptyApproval)).toEqual({ kind: "ready", body: { hash: plan.hash } });
});

test("A plan to review is ready only when somebody said that it was read", () => {
  const plan = makePlan({ approvalForm: { kind: "review", typed: null } });
  expect(decideApproval(plan, emptyApproval).kind).toBe("missing");
  expect(decideApproval(plan, { ...emptyApproval, reviewed: true }).kind).toBe("ready");
});

test("A name has to be typed exactly", () => {
  const plan = makePlan({ approvalForm: { kind: "type", typed: "Nginx" } });
  for (const typed of ["", "nginx", "Nginx ", "Ngin"]) {
    expect(decideApproval(plan, { ...emptyApproval, typed }).kind).toBe("missing");
  }
  expect(decideApproval(plan, { ...emptyApproval, typed: "Nginx" })).toEqual({
    kind: "ready",
    body: { hash: plan.hash, typed: "Nginx" },
  });
});

test("What is missing tells an empty field from a wrong name", () => {
  const plan = makePlan({ approvalForm: { kind: "type", typed: "Nginx" } });
  const missing = (typed: string) => decideApproval(plan, { ...emptyApproval, typed });
  expect(missing("")).toMatchObject({ what: "Type Nginx exactly as it is written here." });
  expect(missing("nginx")).toMatchObject({ what: expect.stringMatching(/not exactly Nginx; capital/) });
});

test("A plan for two people says who has to approve it, and until when one alone waits", () => {
  const plan = makePlan({
    approvalForm: { kind: "type-and-second-person", typed: "disks" },
    createdBy: "ada",
    createdAt: "2026-11-22T12:00:00.000Z",
  });
  const at = (time: string) => nameHint(plan, new Date(`2026-11-22T${time}.000Z`));
  expect(at("12:00:10")).toMatch(/somebody else than ada .* in 10 minutes\.$/);
  expect(at("12:09:10")).toMatch(/in 1 minute\.$/);
  expect(at("12:10:00")).toMatch(/now: 10 minutes have passed\.$/);
});

test("A name that nobody can type is told as such, and never shown as something else", () => {
  const typed = "left\u202Egnp";
  const plan = makePlan({ approvalForm: { kind: "type", typed } });
  expect(nameHint(plan, new Date())).toMatch(/cannot be seen or typed/);
  expect(decideApproval(plan, emptyApproval)).toMatchObject({
    what: expect.stringContaining("left[U+202E]gnp"),
  });
  expect(decideApproval(plan, { ...emptyApproval, typed }).kind).toBe("ready");
  expect(nameHint(makePlan({ approvalForm: { kind: "type", typed: "Nginx" } }), new Date())).toBeUndefined();
});

test("A run can stop before every step but the first, and only before steps of this plan", () => {
  const plan = makePlan({ steps: [makeStep(), makeStep({ index: 1 }), makeStep({ index: 2 })] });
  expect(stopChoices(plan).map((choice) => choice.step)).toEqual([1, 2]);
  const decision = decideApproval(plan, { ...emptyApproval, comment: " ok ", stopBefore: [2, 1, 7, 0] });
  expect(decision).toEqual({
    kind: "ready",
    body: { hash: plan.hash, comment: "ok", stopBefore: [1, 2] },
  });
});

test("A plan that another tab approved says so, and a stale one says what changed", () => {
  const approval = {
    decision: "approved",
    by: "ada",
    at: "2026-11-22T12:00:00.000Z",
    comment: null,
  } as const;
  expect(closedReason(makePlan())).toBeUndefined();
  expect(closedReason(makePlan({ state: "approved", approval }))).toMatch(/approved already by ada/);
  expect(closedReason(makePlan({ state: "stale", reason: "files have changed: a.yml" }))).toMatch(
    /Files have changed: a\.yml\.$/,
  );
});
