import { expect, test } from "vitest";
import { ApiError, describeFailure, parseProblem, unreachable } from "./api-error.ts";

test("A problem document is told in its own words", () => {
  const text = JSON.stringify({
    type: "urn:chiffon:problem:plan-stale",
    title: "Plan stale",
    status: 409,
    detail: "The plan is out of date.",
    code: "plan-stale",
    retryable: false,
    hint: "Ask again.",
  });
  expect(parseProblem(409, text)).toMatchObject({
    message: "The plan is out of date.",
    code: "plan-stale",
    hint: "Ask again.",
    retryable: false,
    status: 409,
  });
});

test("An answer that is no problem document still says what came", () => {
  for (const text of ["", "<h1>Bad gateway</h1>", "null", "[1]", '"words"', '{"detail":7}']) {
    const error = parseProblem(502, text);
    expect(error.message).toContain("502");
    expect(error).toMatchObject({ retryable: true, status: 502 });
  }
  expect(parseProblem(404, "{}").retryable).toBe(false);
});

test("What is shown of any thrown value has a cause", () => {
  expect(describeFailure(unreachable())).toMatchObject({ status: 0, message: "The server does not answer." });
  expect(describeFailure(new TypeError("x is not a function"))).toMatchObject({
    hint: "x is not a function",
    status: null,
  });
  expect(describeFailure("thrown").hint).toBeNull();
  expect(parseProblem(400, "{}")).toBeInstanceOf(ApiError);
});
