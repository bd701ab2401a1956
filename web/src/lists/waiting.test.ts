import { expect, test } from "vitest";
import type { Request } from "../../../src/contracts/request.ts";
import type { RunSummary } from "../../../src/contracts/run.ts";
import { listOpen } from "./open-questions.ts";
import { toQuery, withCursor } from "./use-pages.ts";
import { decideWaiting } from "./waiting.ts";

const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const at = "2026-11-22T15:33:00.000Z";

function makeRun(number: number, state: RunSummary["state"]): RunSummary {
  return {
    id: id(number),
    planId: id(number),
    planHash: "0".repeat(64),
    purpose: "change",
    requestText: "Deploy the status page",
    state,
    reason: null,
    priority: 3,
    createdAt: at,
    startedAt: at,
    endedAt: null,
    lastSeq: 1,
  };
}

test("Only runs that stand at a stop wait for a person", () => {
  const runs = { items: [makeRun(1, "running"), makeRun(2, "paused"), makeRun(3, "failed")], next: null };
  const waiting = decideWaiting({ items: [], next: "more" }, runs);
  expect(waiting).toMatchObject({ count: 1, more: true });
  expect(waiting.runs.map((run) => run.id)).toEqual([id(2)]);
});

test("An open question says where it was asked, and what was answered is left out", () => {
  const ask = { kind: "hosts", step: 0, options: [], free: true } as const;
  const request: Request = {
    id: id(1),
    text: "Restart it",
    priority: 3,
    highValue: false,
    status: "needs_clarification",
    intents: [],
    questions: [
      { ...ask, id: "a", text: "Restart what?", options: [], answer: "nginx" },
      { ...ask, id: "b", text: "On which hosts?", options: [], answer: null },
    ],
    planId: null,
    problem: null,
    createdBy: "olive",
    createdAt: at,
  };
  const message = { id: id(5), at, from: "chiffon", by: "Chiffon", text: "", requestId: id(1) } as const;
  expect(listOpen([request], [{ id: id(9), messages: [message] }])).toEqual([
    { id: id(1), text: "Restart it", createdAt: at, open: ["On which hosts?"], conversationId: id(9) },
  ]);
  expect(listOpen([request], [])[0]?.conversationId).toBeNull();
});

test("Addresses carry what is given, encoded", () => {
  expect(toQuery({ q: "a b&c", state: undefined, limit: 50, none: "" })).toBe("?q=a+b%26c&limit=50");
  expect(toQuery({})).toBe("");
  expect(withCursor("/runs", null)).toBe("/runs");
  expect(withCursor("/runs", "a/b")).toBe("/runs?cursor=a%2Fb");
  expect(withCursor("/runs?limit=1", "x")).toBe("/runs?limit=1&cursor=x");
});
