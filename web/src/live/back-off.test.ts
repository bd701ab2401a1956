import { expect, test } from "vitest";
import { backOff } from "./back-off.ts";

test("The wait doubles with every failed try, up to a limit", () => {
  const waits = Array.from({ length: 9 }, (_, tries) => backOff(tries, 1));
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000]);
  expect(backOff(5_000, 1)).toBe(15_000);
});

test("The wait is spread between half and all of it", () => {
  expect(backOff(3, 0)).toBe(2_000);
  expect(backOff(3, 0.5)).toBe(3_000);
});
