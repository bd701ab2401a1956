import { expect, test } from "vitest";
import { parseCondition, subjectOf } from "./condition.ts";

const kindOf = (text: string, before = "update nginx on web1") =>
  parseCondition(text, { step: 0, text: before })?.kind;

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
  ["if not: that fails", "succeeded"],
  ["if not: that doesn't work", "succeeded"],
  ["if not: the nginx update succeeded", "failed"],
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
  "if not: it changed",
  "if not: it did not fail",
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

test("a condition speaks of the wish before it, past those under the same condition and its other case", () => {
  const intents = [null, "If that fails", "if that fails", "if not: that fails", "if not: that fails"].map(
    (condition) => ({ condition }),
  );
  expect(intents.map((_, index) => subjectOf(intents, index))).toEqual([-1, 0, 0, 0, 0]);
  const chain = ["if it changed", null, "if it changed", "if it failed"].map((condition) => ({ condition }));
  expect(chain.map((_, index) => subjectOf(chain, index))).toEqual([-1, 0, 1, 2]);
  expect(parseCondition("if that fails", { step: 1, text: "" })).toEqual({ kind: "failed", step: 1 });
});
