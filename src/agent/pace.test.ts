import { expect, test } from "vitest";
import { createPace } from "./pace.ts";

test("what an attempt writes is looked at more often while somebody watches, and the word that says so hurries once", () => {
  let now = 1_000;
  let hurries = 0;
  const pace = createPace({ now: () => new Date(now) });
  const calm = pace.onHurry(() => void hurries++);
  const alone = pace.activeMs();

  pace.watch();
  const watched = pace.activeMs();
  expect(watched).toBeLessThan(alone);
  now += 9_999;
  pace.watch();
  now += 9_999;
  expect(pace.activeMs()).toBe(watched);
  expect(hurries).toBe(1);

  now += 1;
  expect(pace.activeMs()).toBe(alone);
  pace.watch();
  expect(hurries).toBe(2);
  calm();
  now += 20_000;
  pace.watch();
  expect(hurries).toBe(2);
});
