import { expect, test } from "vitest";
import type { LiveEvent } from "../../../src/contracts/live.ts";
import { decideAfter, decideDelivery, deliver, parseMessage, type Following } from "./follower.ts";

const run = "run:00000000-0000-4000-8000-000000000001";

function makeEvent(seq: number, topic = run): LiveEvent {
  return {
    topic,
    seq,
    at: "2026-11-22T15:33:00.000Z",
    type: "run.state",
    data: { state: "running", reason: null },
  };
}

function makeFollowing(topic: string, ...lasts: number[]): { following: Following; told: number[][] } {
  const told: number[][] = lasts.map(() => []);
  const followers = lasts.map((last, index) => ({
    last,
    onEvent: (event: LiveEvent) => told[index]?.push(event.seq),
  }));
  return { following: { topic, followers: new Set(followers), asked: undefined, seen: 0 }, told };
}

test("An event of a run is handed over only when it is the next one", () => {
  expect(decideDelivery(run, 4, makeEvent(5))).toBe("deliver");
  expect(decideDelivery(run, 4, makeEvent(4))).toBe("skip");
  expect(decideDelivery(run, 4, makeEvent(6))).toBe("gap");
});

test("What was removed after its time fills the gap before it, once", () => {
  const { following, told } = makeFollowing(run, 3, 0, 9);
  const data = { through: 9, reason: "removed after 90 days on 2027-02-20" };
  const removed: LiveEvent = { ...makeEvent(9), type: "events.removed", data };
  expect([removed, removed, makeEvent(10)].map((event) => deliver(following, event))).toEqual([
    false,
    false,
    false,
  ]);
  expect(told).toEqual([[9, 10], [9, 10], [10]]);
});

test("A hint is handed over whenever it is new", () => {
  expect(decideDelivery("inbox", 4, makeEvent(9, "inbox"))).toBe("deliver");
  expect(decideDelivery("inbox", 9, makeEvent(9, "inbox"))).toBe("skip");
});

test("Everybody gets what they have not seen, once and in order, from the place of whoever is behind most", () => {
  const { following, told } = makeFollowing(run, 3, 0);
  expect(decideAfter(following)).toBe(0);
  // What an earlier subscription still had on the way, then the answer to the new one.
  const gaps = [4, 5, 1, 2, 3, 4, 5, 6].map((seq) => deliver(following, makeEvent(seq)));
  expect(gaps).toEqual([true, true, false, false, false, false, false, false]);
  expect(told).toEqual([
    [4, 5, 6],
    [1, 2, 3, 4, 5, 6],
  ]);
  expect(decideAfter(following)).toBe(6);
});

test("A topic that nobody follows goes on where it was", () => {
  const { following } = makeFollowing("agents");
  deliver(following, makeEvent(7, "agents"));
  expect(decideAfter(following)).toBe(7);
});

test("What is no event of the live stream is told apart", () => {
  expect(parseMessage(JSON.stringify(makeEvent(1)))).toEqual(makeEvent(1));
  expect(parseMessage('{"type":"error","data":{"detail":"no"}}')).toBe("error");
  for (const wrong of [
    "",
    "{",
    "null",
    "[]",
    '{"type":"x"}',
    '{"type":"x","topic":"inbox","seq":"1","data":{}}',
  ]) {
    expect(parseMessage(wrong)).toBeUndefined();
  }
});
