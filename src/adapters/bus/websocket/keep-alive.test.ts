import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepAlive } from "./keep-alive.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is looked at of a socket; it notes what is done to it. */
function createSocket() {
  const done: string[] = [];
  const note = (what: string) => () => void done.push(what);
  const acts = { ping: note("ping"), terminate: note("end"), readyState: 1, OPEN: 1 } as const;
  const socket = Object.assign(new EventEmitter(), acts);
  return { socket, done };
}

test("a side that speaks is not pinged, one that is quiet is, and one that does not answer is given up", () => {
  const { socket, done } = createSocket();
  const life = keepAlive(socket, { pingEvery: 1_000 });
  for (let second = 0; second < 10; second += 1) {
    life.heard();
    vi.advanceTimersByTime(1_000);
  }
  expect(done).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(done).toEqual(["ping"]);
  socket.emit("pong");
  vi.advanceTimersByTime(3_000);
  expect(done).toEqual(["ping", "ping", "ping"]);
  vi.advanceTimersByTime(1_000);
  expect(done).toEqual(["ping", "ping", "ping", "end"]);
  socket.emit("close");
  vi.advanceTimersByTime(10_000);
  expect(done).toHaveLength(4);
});
