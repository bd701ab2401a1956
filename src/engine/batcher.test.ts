import { expect, test, vi } from "vitest";
import { ChiffonError } from "../domain/errors.ts";
import { createBatcher } from "./batcher.ts";

/** Work that is done when the test says so. */
function createWork(): {
  readonly batches: string[][];
  readonly work: (items: readonly string[]) => Promise<string[]>;
  end(error?: Error): Promise<void>;
} {
  const batches: string[][] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  return {
    batches,
    async work(items) {
      batches.push([...items]);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      await end.promise;
      return items.map((item) => item.toUpperCase());
    },
    async end(error) {
      const next = ends.shift();
      if (error === undefined) next?.resolve();
      else next?.reject(error);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("what comes while a batch is under way shares the next, in order, and each gets its own answer", async () => {
  const { work, batches, end } = createWork();
  const ask = createBatcher(work, { every: 0, most: 100 });
  const answers = ["a", "b", "c"].map(ask);
  expect(batches).toEqual([["a"]]);
  await end();
  expect(batches).toEqual([["a"], ["b", "c"]]);
  await end();
  expect(await Promise.all(answers)).toEqual(["A", "B", "C"]);
});

test("nobody is answered before the work of the batch is done", async () => {
  const { work, end } = createWork();
  const ask = createBatcher(work, { every: 0, most: 100 });
  let isAnswered = false;
  const answer = ask("a").then(() => (isAnswered = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isAnswered).toBe(false);
  await end();
  await answer;
  expect(isAnswered).toBe(true);
});

test("an item that cannot be done fails alone", async () => {
  const done: string[] = [];
  const ask = createBatcher(
    (items: readonly string[]) => {
      if (items.includes("bad")) return Promise.reject(new Error("it is bad"));
      done.push(...items);
      return Promise.resolve(items);
    },
    { every: 0, most: 100 },
  );
  const answers = await Promise.allSettled(["first", "a", "bad", "b"].map(ask));
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  expect(done).toEqual(["first", "a", "b"]);
});

test("while the database is away a batch is tried once, and all of it fails", async () => {
  let calls = 0;
  const ask = createBatcher(
    (items: readonly string[]) => {
      calls += 1;
      return items.includes("first")
        ? Promise.resolve(items)
        : Promise.reject(new ChiffonError("database-unavailable", "it is away"));
    },
    { every: 0, most: 100 },
  );
  const answers = await Promise.allSettled(["first", "a", "b", "c"].map(ask));
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "rejected"]);
  expect(calls).toBe(2);
});

test("a batch holds no more than it may, but always one item", async () => {
  const { work, batches, end } = createWork();
  const ask = createBatcher(work, { every: 0, most: 4, sizeOf: (item) => item.length });
  const answers = ["a", "bb", "cc", "d", "eeeeee", "f"].map(ask);
  for (let round = 0; round < 5; round += 1) await end();
  expect(batches).toEqual([["a"], ["bb", "cc"], ["d"], ["eeeeee"], ["f"]]);
  expect(await Promise.all(answers)).toEqual(["A", "BB", "CC", "D", "EEEEEE", "F"]);
});

test("what comes in the pause after a batch waits for its end, or for the batcher to be closed", async () => {
  const { work, batches, end } = createWork();
  const ask = createBatcher(work, { every: 3_600_000, most: 100 });
  const first = ask("a");
  await end();
  await first;
  const answers = ["b", "c"].map(ask);
  await new Promise((resolve) => setImmediate(resolve));
  expect(batches).toEqual([["a"]]);
  const closed = ask[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(batches).toEqual([["a"], ["b", "c"]]));
  await end();
  await closed;
  expect(await Promise.all(answers)).toEqual(["B", "C"]);
});
