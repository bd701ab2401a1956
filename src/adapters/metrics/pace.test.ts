import { expect, test } from "vitest";
import type { Gpu } from "../../contracts/metrics.ts";
import { openToolFolder } from "../../../test/support/tool-folder.ts";
import { paceSource, readChildTime } from "./pace.ts";
import { runTool } from "./run-tool.ts";

const signal = new AbortController().signal;
const gpu: Gpu = {
  vendor: "amd",
  name: "x",
  vram_total_gb: 8,
  vram_available_gb: 4,
  utilisation: 0.5,
};
const unknown = { ...gpu, vram_available_gb: 0, utilisation: null };

/** A machine whose clocks stand still while nothing is asked; `answer` says what the next question costs and brings. */
function createMachine() {
  const state = { now: 0, children: 0, asked: 0, wall: 1000, cpu: 1000, gpus: [gpu] };
  const source = paceSource(
    {
      async read() {
        state.asked += 1;
        state.now += state.wall;
        state.children += state.cpu;
        return state.gpus;
      },
    },
    { now: () => state.now, childTime: () => state.children },
  );
  return {
    state,
    at: async (seconds: number) => {
      state.now = seconds * 1000;
      return source.read(signal);
    },
  };
}

test("[DESK-01] a probe that costs a second of processor time is asked every hundred seconds", async () => {
  const { state, at } = createMachine();
  for (let second = 0; second <= 3600; second += 30) await at(second);
  expect(state.asked).toBe(3600 / 120 + 1);
  expect((state.asked * state.cpu) / 3_600_000).toBeLessThanOrEqual(0.01);
});

test("in between its last answer is repeated; after 90 s nothing is known to be free", async () => {
  const { state, at } = createMachine();
  expect(await at(0)).toEqual([gpu]);
  state.gpus = [];
  expect(await at(91)).toEqual([gpu]);
  expect(await at(92)).toEqual([unknown]);
  expect(state.asked).toBe(1);
});

test("waiting is no cost: a tool that sleeps is asked each time", async () => {
  const { state, at } = createMachine();
  state.cpu = 50;
  await at(0);
  await at(30);
  expect(state.asked).toBe(2);
});

test("one that brings nothing costs its whole time, and one that hung also where another answered", async () => {
  const { state, at } = createMachine();
  state.cpu = 0;
  state.gpus = [];
  await at(0);
  await at(99);
  expect(state.asked).toBe(1);
  state.wall = 6000;
  state.gpus = [gpu];
  await at(100);
  await at(699);
  expect(state.asked).toBe(2);
  await at(700);
  expect(state.asked).toBe(3);
});

test("a single failure forgets nothing; a processor that stays away is forgotten", async () => {
  const { state, at } = createMachine();
  state.cpu = 100;
  state.wall = 100;
  await at(0);
  state.gpus = [];
  expect(await at(30)).toEqual([gpu]);
  expect(await at(60)).toEqual([gpu]);
  expect(await at(120)).toEqual([]);
});

test("two that read at once share one question", async () => {
  const { promise, resolve } = Promise.withResolvers<Gpu[]>();
  let asked = 0;
  const source = paceSource({
    read: () => {
      asked += 1;
      return promise;
    },
  });
  const both = Promise.all([source.read(signal), source.read(signal)]);
  resolve([gpu]);
  expect(await both).toEqual([[gpu], [gpu]]);
  expect(asked).toBe(1);
});

test.runIf(process.platform === "linux")("the processor time of tools that have ended is known", async () => {
  await using tools = await openToolFolder();
  await tools.install("burn", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo done");
  const before = readChildTime() ?? Number.NaN;
  const answer = await runTool({
    command: "burn",
    args: [],
    searchPath: tools.searchPath,
    timeoutMs: 100_000,
    signal,
  });
  expect(answer).toBe("done\n");
  expect((readChildTime() ?? Number.NaN) - before).toBeGreaterThan(0);
});
