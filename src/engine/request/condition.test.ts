import { expect, test } from "vitest";
import { parseCondition } from "./condition.ts";

const kindOf = (text: string, before = "update nginx on web1") => parseCondition(text, 1, before)?.kind;

test.each([
  ["if that fails", "failed"],
  ["if it failed", "failed"],
  ["if something goes wrong", "failed"],
  ["if it does not work", "failed"],
  ["if that doesn’t work", "failed"],
  ["if it changed", "changed"],
  ["only if anything was changed", "changed"],
  ["if the nginx update changed something", "changed"],
  ["if it worked", "succeeded"],
  ["when the update succeeded", "succeeded"],
  ["if everything went well", "succeeded"],
])("%s is %s", (text, kind) => {
  expect(kindOf(text)).toBe(kind);
});

test.each([
  "if it doesn't change",
  "if it doesn’t change",
  "if it did not fail",
  "if it didn't fail",
  "unless it failed",
  "unless it changed",
  "if nothing changed",
  "if it changed or failed",
  "if not: it failed",
])("%s is turned round or says two things, so it becomes a question", (text) => {
  expect(kindOf(text)).toBeUndefined();
});

test.each([
  "if the disk is ok",
  "if postgres works",
  "if the backup failed yesterday",
  "if it is Monday",
  "",
])("%s does not speak of the step before, so it becomes a question", (text) => {
  expect(kindOf(text)).toBeUndefined();
});

test("the first step has none before it", () => {
  expect(parseCondition("if that fails", 0, "")).toBeUndefined();
  expect(parseCondition("if that fails", 2, "")).toEqual({ kind: "failed", step: 1 });
});
