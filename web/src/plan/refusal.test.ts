import { expect, test } from "vitest";
import { explainRefusal } from "./refusal.ts";

const error = (code: string, status = 409): Parameters<typeof explainRefusal>[0] => ({
  code,
  status,
  message: "the plan is approved",
  hint: "chiffon ask",
});

test("Refusals that the page has buttons for never speak of commands", () => {
  for (const code of ["plan-stale", "plan-expired", "hash-mismatch", "conflict"]) {
    const refusal = explainRefusal(error(code));
    expect(refusal.hint ?? "").not.toMatch(/chiffon/);
    expect(refusal.detail).toBe("the plan is approved");
  }
});

test("An ended session and a lost server say that nothing entered is lost", () => {
  expect(explainRefusal(error("not-signed-in", 401)).detail).toMatch(/still here/);
  expect(explainRefusal(error("network", 0)).detail).toMatch(/still here/);
});

test("Any other problem keeps the server's sentence and hint", () => {
  expect(explainRefusal(error("internal", 500))).toMatchObject({
    detail: "the plan is approved",
    hint: "chiffon ask",
  });
});
