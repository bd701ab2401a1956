import { expect, test } from "vitest";
import { decideRow } from "./row-keys.ts";

test("j and k move by one row and stop at the ends", () => {
  expect(decideRow("j", -1, 3)).toBe(0);
  expect(decideRow("j", 1, 3)).toBe(2);
  expect(decideRow("j", 2, 3)).toBe(2);
  expect(decideRow("k", -1, 3)).toBe(2);
  expect(decideRow("k", 0, 3)).toBe(0);
  expect(decideRow("j", -1, 0)).toBeUndefined();
  expect(decideRow("x", 1, 3)).toBeUndefined();
});
