import { expect, test } from "vitest";
import { createThrottle, delayAfter } from "./throttle.ts";

function clockAt(start: number): { now(): Date; pass(ms: number): void } {
  let time = start;
  return {
    now: () => new Date(time),
    pass: (ms) => {
      time += ms;
    },
  };
}

test("The delay begins with the fifth failure, doubles, and ends at 15 minutes", () => {
  expect([0, 1, 4, 5, 6, 9, 30].map(delayAfter)).toEqual([0, 0, 0, 1_000, 2_000, 16_000, 900_000]);
});

test("Five tries are free, then each failure makes the wait longer, and success ends it", () => {
  const clock = clockAt(1_000_000);
  const throttle = createThrottle({ clock });
  for (let i = 0; i < 5; i++) throttle.begin("ada from here");
  expect(() => throttle.begin("ada from here")).toThrow(/too many wrong passwords/);
  throttle.begin("ada from elsewhere");
  clock.pass(999);
  expect(() => throttle.begin("ada from here")).toThrow(/too many wrong passwords/);
  clock.pass(1);
  throttle.begin("ada from here");
  clock.pass(1_999);
  expect(() => throttle.begin("ada from here")).toThrow(/too many wrong passwords/);
  clock.pass(1);
  throttle.begin("ada from here");
  throttle.succeeded("ada from here");
  for (let i = 0; i < 5; i++) throttle.begin("ada from here");
});

test("An hour without a try forgets the failures", () => {
  const clock = clockAt(0);
  const throttle = createThrottle({ clock });
  for (let i = 0; i < 5; i++) throttle.begin("ada");
  clock.pass(3_600_001);
  for (let i = 0; i < 5; i++) throttle.begin("ada");
  expect(() => throttle.begin("ada")).toThrow(/too many wrong passwords/);
});

test("Ten thousand guessed names do not grow the memory further", () => {
  const throttle = createThrottle({ clock: clockAt(0) });
  for (let i = 0; i < 5; i++) throttle.begin("first");
  for (let i = 0; i < 9_999; i++) throttle.begin(`name ${i}`);
  expect(() => throttle.begin("first")).toThrow(/too many wrong passwords/);
  throttle.begin("one more");
  throttle.begin("first"); // the oldest was forgotten
});
