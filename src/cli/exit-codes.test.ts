import { describe, expect, test } from "vitest";
import { errorTable, type ErrorCode } from "../domain/errors.ts";
import { exitCodeOfError, exitCodeOfPlan, exitCodeOfRun } from "./exit-codes.ts";

describe("exit codes", () => {
  test.each([
    ["succeeded", 0],
    ["failed", 1],
    ["cancelled", 4],
    ["unknown", 5],
    ["running", 6],
    ["queued", 6],
    ["paused", 6],
  ] as const)("say that a run is %s with %i", (state, code) => {
    expect(exitCodeOfRun(state)).toBe(code);
  });

  test.each([
    ["proposed", 6],
    ["draft", 6],
    ["approved", 0],
    ["rejected", 3],
    ["superseded", 1],
    ["expired", 1],
    ["stale", 1],
  ] as const)("say that a plan is %s with %i", (state, code) => {
    expect(exitCodeOfPlan(state)).toBe(code);
  });

  test("tell a server that is away, and a question, from other errors", () => {
    const codes = Object.keys(errorTable) as ErrorCode[];
    const others = codes.filter((code) => code !== "server-unreachable" && code !== "needs-answer");
    expect(exitCodeOfError("server-unreachable")).toBe(7);
    expect(exitCodeOfError("needs-answer")).toBe(6);
    expect(new Set(others.map(exitCodeOfError))).toEqual(new Set([1]));
  });
});
