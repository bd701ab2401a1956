import { expect, test } from "vitest";
import { untilAborted } from "./until-aborted.ts";

test("what others do is waited for until it ends or the signal fires, and its end is nobody's business then", async () => {
  const stop = new AbortController();
  expect(await untilAborted(Promise.resolve(1), stop.signal)).toBe(1);
  await expect(untilAborted(Promise.reject(new Error("broken")), stop.signal)).rejects.toThrow("broken");
  const { promise, reject } = Promise.withResolvers<never>();
  const waiting = untilAborted(promise, stop.signal);
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  reject(new Error("too late"));
  await expect(untilAborted(new Promise(() => {}), stop.signal)).rejects.toThrow("enough");
});
