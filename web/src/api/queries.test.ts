import { expect, test } from "vitest";
import { parseProblem, unreachable } from "./api-error.ts";
import { decideRetry, mayDo } from "./queries.ts";

test("Only what may succeed later is asked again by itself, and not for ever", () => {
  expect(decideRetry(0, unreachable())).toBe(true);
  expect(decideRetry(2, unreachable())).toBe(false);
  const refused = parseProblem(403, '{"detail":"no","retryable":false}');
  expect(decideRetry(0, refused)).toBe(false);
  const tooMany = parseProblem(429, '{"detail":"slow down","retryable":true}');
  expect(decideRetry(0, tooMany)).toBe(false);
  expect(decideRetry(0, new Error("a fault of the page"))).toBe(false);
});

test("Nobody may do anything before it is known who they are", () => {
  expect(mayDo(undefined, "read")).toBe(false);
  const me = { kind: "user", name: "olive", permissions: ["read"], passwordUntil: null } as const;
  expect(mayDo({ ...me, permissions: ["read"] }, "read")).toBe(true);
  expect(mayDo({ ...me, permissions: ["read"] }, "approve")).toBe(false);
});
