import fc from "fast-check";
import { expect, test } from "vitest";
import { createEventDecoder } from "./event-decoder.ts";
import { maxEventLine, parseEvent } from "./events.ts";

const head = { v: 1, seq: 1, t: 1_700_000_000.5 };
const started = { ...head, ev: "host_start", host: "box", task_id: "1" };

test("a line of a known kind is read, with Ansible's words translated", () => {
  expect(parseEvent(JSON.stringify(started))).toEqual(started);
  const stats = { ok: 2, changed: 1, failures: 3, unreachable: 0, skipped: 0, rescued: 0, ignored: 0 };
  expect(parseEvent(JSON.stringify({ ...head, ev: "stats", hosts: { box: stats, odd: 7 } }))).toEqual({
    ...head,
    ev: "stats",
    hosts: { box: { ok: 2, changed: 1, failed: 3, unreachable: 0, skipped: 0, rescued: 0, ignored: 0 } },
  });
});

test("what is not an event is ignored", () => {
  const lines = [
    "",
    "nonsense",
    "[]",
    "null",
    JSON.stringify({ ...head, ev: "from the future" }),
    JSON.stringify({ ...started, v: 2 }),
    JSON.stringify({ ...started, host: 7 }),
    JSON.stringify({ ...started, host: "x".repeat(301) }),
    JSON.stringify({ ...head, ev: "play_start", check: false, play: "x".repeat(maxEventLine) }),
  ];
  for (const line of lines) expect(parseEvent(line), line.slice(0, 80)).toBeUndefined();
});

test("events come out the same however the bytes are cut", () => {
  const event = fc.record({ host: fc.string({ maxLength: 20 }), task_id: fc.string({ maxLength: 20 }) });
  fc.assert(
    fc.property(fc.array(event), fc.array(fc.integer({ min: 1, max: 50 })), (events, cuts) => {
      const all = events.map((fields, i) => ({ ...head, seq: i + 1, ev: "host_start", ...fields }));
      const bytes = Buffer.from(all.map((one) => `${JSON.stringify(one)}\n`).join(""));
      const decoder = createEventDecoder(10);
      const found = [];
      let at = 0;
      for (const size of [...cuts, bytes.length + 1]) {
        found.push(...decoder.push(bytes.subarray(at, at + size)));
        at += size;
      }
      expect(found).toEqual(all);
      expect(decoder.consumed()).toBe(10 + bytes.length);
    }),
  );
});

test("an endless line is skipped and not kept", () => {
  const decoder = createEventDecoder(0);
  for (let i = 0; i < 100; i++) expect(decoder.push(Buffer.alloc(65_536, 97))).toEqual([]);
  expect(decoder.push(Buffer.from(`\n${JSON.stringify(started)}\n`))).toEqual([started]);
  expect(decoder.push(Buffer.from('{"half'))).toEqual([]);
  expect(decoder.consumed()).toBe(100 * 65_536 + 1 + JSON.stringify(started).length + 1);
});
