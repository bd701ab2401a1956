import { expect, test } from "vitest";
import type { LiveEvent } from "../contracts/live.ts";
import { readSome } from "./read-events.ts";
import { startPump } from "./stream-pump.ts";
import { createMemoryEngine } from "./testing/memory-engine.ts";

test("A hint reaches the viewer at whatever moment of the pump's work it comes", async () => {
  for (let ticks = 0; ticks < 40; ticks++) {
    const engine = createMemoryEngine();
    const sent: number[] = [];
    const late = async (): Promise<void> => {
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      engine.append("second");
    };
    const stop = startPump({
      events: engine.events,
      topic: `run:${engine.ids.run}`,
      after: 0,
      send: (text) => {
        sent.push((JSON.parse(text) as LiveEvent).seq);
        if (sent.length === 1) void late();
        return undefined;
      },
      onError: (error) => {
        throw error;
      },
    });
    engine.append("first");
    await expect.poll(() => sent, { message: `after ${ticks} ticks`, interval: 1 }).toEqual([1, 2]);
    stop();
    expect(engine.watchers()).toBe(0);
  }
});

test("A read of long events gives fewer of them, and says that there are more", async () => {
  const engine = createMemoryEngine();
  const topic = `run:${engine.ids.run}`;
  for (let i = 0; i < 200; i++) engine.append("x".repeat(100_000));
  const long = await readSome(engine.events, { topic, after: 0, limit: 500 });
  expect(long.items.length).toBeLessThan(64);
  expect(long.more).toBe(true);
  let after = 0;
  const all: number[] = [];
  for (;;) {
    const { items, more } = await readSome(engine.events, { topic, after, limit: 500 });
    all.push(...items.map(({ seq }) => seq));
    after = all.at(-1) ?? 0;
    if (!more) break;
  }
  expect(all).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
});

test("A read of short events gives as many as were asked for", async () => {
  const engine = createMemoryEngine();
  const topic = `run:${engine.ids.run}`;
  for (let i = 0; i < 700; i++) engine.append("short");
  expect((await readSome(engine.events, { topic, after: 0, limit: 500 })).items).toHaveLength(500);
  expect(await readSome(engine.events, { topic, after: 500, limit: 500 })).toMatchObject({ more: false });
  expect((await readSome(engine.events, { topic, after: 0, limit: 7 })).items).toHaveLength(7);
  expect(await readSome(engine.events, { topic, after: 700, limit: 500 })).toEqual({
    items: [],
    more: false,
  });
});
