import fc from "fast-check";
import { expect, test } from "vitest";
import type { Priority } from "../../contracts/vocabulary.ts";
import { createLocks } from "./locks.ts";
import { chooseExecutor, queueTime, startQueue, type HoldingTask, type WaitingTask } from "./queue.ts";
import { waitingTask as task } from "./testing.ts";

const minute = 60_000;
const age = 5 * minute;

/** The names of those whose hosts are free for them, in order. */
function placeable(holding: readonly HoldingTask[], waiting: readonly WaitingTask[]): string[] {
  const queue = startQueue(holding);
  return waiting.filter((each) => queue.next(each) === undefined).map((each) => each.id);
}

test("urgent tasks come first, and among equals the one that came first", () => {
  const queued = [
    { name: "old", createdAt: 0, priority: 3 as Priority },
    { name: "new", createdAt: 1, priority: 3 as Priority },
    { name: "urgent", createdAt: 2, priority: 5 as Priority },
    { name: "late", createdAt: 0, priority: 1 as Priority },
  ];
  const order = queued.toSorted((a, b) => queueTime(a, age) - queueTime(b, age)).map((each) => each.name);
  expect(order).toEqual(["urgent", "old", "new", "late"]);
});

test("a task gains one step of priority with each wait", () => {
  const low = queueTime({ createdAt: 0, priority: 1 }, age);
  expect(low).toBeGreaterThan(queueTime({ createdAt: 2 * age - 1, priority: 3 }, age));
  expect(low).toBeLessThan(queueTime({ createdAt: 2 * age + 1, priority: 3 }, age));
});

test("nothing that comes more than four waits later overtakes, whatever its priority", () => {
  const priority = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(priority, priority, fc.nat(10_000_000), (mine, other, at) => {
      const own = queueTime({ createdAt: at, priority: mine }, age);
      expect(queueTime({ createdAt: at + 4 * age + 1, priority: other }, age)).toBeGreaterThan(own);
    }),
  );
});

test("a task that waits for a host does not hold up those behind it that need other hosts", () => {
  expect(placeable([task("a", "web1")], [task("b", "web1"), task("c", "web2"), task("d", "web1")])).toEqual([
    "c",
  ]);
});

test("a task that waits for several hosts keeps its place on each: a stream of small ones cannot overtake it", () => {
  const big = task("big", "web1 web2");
  expect(placeable([task("a", "web1")], [big, task("small", "web2"), task("c", "web3")])).toEqual(["c"]);
  expect(placeable([], [big, task("small", "web2")])).toEqual(["big"]);
});

test("a writer that waits for readers is not overtaken by more readers", () => {
  const holding = [task("a", "web1?")];
  expect(placeable(holding, [task("b", "web1?"), task("w", "web1"), task("c", "web1?")])).toEqual(["b"]);
});

test("whatever waits on the same hosts, the first of the queue is placed as soon as its hosts are free", () => {
  const wants = fc.constantFrom("a", "b", "a b", "b c", "a/x", "a/y", "a/x b/x", "a?", "b?", "c? a?");
  fc.assert(
    fc.property(
      fc.array(wants, { minLength: 1, maxLength: 30 }),
      fc.infiniteStream(wants),
      (given, stream) => {
        let waiting = given.map((each, at) => task(`t${at}`, each));
        let running: WaitingTask[] = [];
        // One after the other ends, and for each a new one comes that is behind all of those.
        for (
          let round = 0;
          round < 2 * given.length && waiting.some((each) => !each.id.startsWith("n"));
          round += 1
        ) {
          const names = new Set(placeable(running, waiting));
          running = [...running, ...waiting.filter((each) => names.has(each.id))];
          waiting = waiting.filter((each) => !names.has(each.id));
          expectApart(running);
          running = running.slice(1);
          waiting.push(task(`n${round}`, stream.next().value ?? "a"));
        }
        expect(waiting.filter((each) => each.id.startsWith("t"))).toEqual([]);
      },
    ),
  );
});

/** Of those that run at once none stands against another. */
function expectApart(running: readonly WaitingTask[]): void {
  const locks = createLocks();
  for (const each of running) {
    expect(locks.find(each)).toBeUndefined();
    locks.add(each, { by: each, waits: false });
  }
}

test.each([
  ["web1", "web1", false],
  ["web1", "web2", true],
  ["web1", "web1/nginx", false],
  ["web1/nginx", "web1", false],
  ["web1/nginx", "web1/nginx", false],
  ["web1/nginx", "web1/Nginx", false],
  ["web1/nginx", "web1/redis", true],
  ["web1/nginx", "web1?", false],
  ["web1?", "web1/nginx", false],
  ["web1?", "web1?", true],
  ["web1?", "web1", false],
])("%s and %s at once: %s", (first, second, allowed) => {
  expect(placeable([task("a", first)], [task("b", second)])).toEqual(allowed ? ["b"] : []);
});

test("beside a lost step whoever only reads may look, and nobody else works", () => {
  const lost = { ...task("a", "web1 web2/nginx"), lost: true };
  const waiting = [task("w", "web1"), task("n", "web2/nginx"), task("r", "web1?"), task("s", "web2?")];
  expect(placeable([lost], waiting)).toEqual(["r"]);
  expect(
    placeable([{ ...task("a", "web2/nginx"), lost: true }], [task("s", "web2?"), task("w", "web2")]),
  ).toEqual(["s"]);
  expect(placeable([lost, task("b", "web1?")], [task("r", "web1?"), task("w", "web1")])).toEqual(["r"]);
  expect(startQueue([lost]).taken()).toEqual([]);
});

test("a step that lets other services in and names none itself holds the whole host", () => {
  const nameless = { ...task("a", "web1"), parallel: "service" as const };
  expect(placeable([nameless], [task("b", "web1/nginx")])).toEqual([]);
  expect(placeable([task("b", "web1/nginx")], [nameless])).toEqual([]);
});

test("hosts that are taken as a whole are named, so that those who want only these can be passed over", () => {
  const queue = startQueue([task("a", "web1"), task("b", "web2/nginx"), task("c", "web3?")]);
  queue.next(task("d", "web2 web4"));
  expect(queue.taken().toSorted()).toEqual(["web1", "web2", "web4"]);
});

test("an agent gets no more than it may have, the least busy first", () => {
  const agent = (name: string, busy: number, here = false) => ({
    id: name,
    name,
    busy,
    here,
    draining: false,
  });
  const anywhere = { here: false };
  expect(chooseExecutor([agent("a", 2), agent("b", 1), agent("c", 1)], 4, anywhere)?.name).toBe("b");
  expect(chooseExecutor([agent("a", 4), agent("b", 5)], 4, anywhere)).toBeUndefined();
  expect(chooseExecutor([], 4, anywhere)).toBeUndefined();
  // What runs on "this machine" runs on the server's, however busy it is.
  expect(chooseExecutor([agent("a", 3, true), agent("b", 0)], 4, { here: true })?.name).toBe("a");
  expect(chooseExecutor([agent("a", 4, true), agent("b", 0)], 4, { here: true })).toBeUndefined();
  // One that is drained gets nothing new.
  const drained = { ...agent("a", 0, true), draining: true };
  expect(chooseExecutor([drained, agent("b", 3)], 4, anywhere)?.name).toBe("b");
  expect(chooseExecutor([drained, agent("b", 3)], 4, { here: true })).toBeUndefined();
});
