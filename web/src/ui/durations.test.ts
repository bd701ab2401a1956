import { expect, test } from "vitest";
import { describeAge, formatDuration } from "./durations.ts";

test("Durations are as exact as they are long", () => {
  const said: readonly (readonly [number, string])[] = [
    [-5, "0 ms"],
    [840, "840 ms"],
    [3_210, "3.2 s"],
    [9_960, "10 s"],
    [59_400, "59 s"],
    [59_600, "1 min 00 s"],
    [245_000, "4 min 05 s"],
    [3_599_600, "1 h 00 min"],
    [7_800_000, "2 h 10 min"],
    [86_400_000 * 3 + 4 * 3_600_000, "3 d 4 h"],
  ];
  for (const [ms, text] of said) expect(formatDuration(ms)).toBe(text);
});

test("Ages are told roughly, and a clock that is ahead is no fault", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  const age = (seconds: number): string => describeAge(now - seconds * 1_000, now).text;
  expect(age(-3)).toBe("just now");
  expect(age(3)).toBe("just now");
  expect(age(42)).toBe("42 s ago");
  expect(age(150)).toBe("2 min ago");
  expect(age(7_300)).toBe("2 h ago");
  expect(age(200_000)).toBe("2 d ago");
  expect(age(-120)).toBe("in 2 min");
});
