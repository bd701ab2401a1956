import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { tailFile, type Pace } from "./tail.ts";

const pace: Pace = { activeMs: () => 150, onHurry: () => () => {} };

async function createFile(text?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "chiffon-tail-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "file");
  if (text !== undefined) await writeFile(path, text);
  return path;
}

test("a growing file is read to its end, in order, from the wanted offset, and never two chunks at once", async () => {
  const path = await createFile("skipped|");
  const ended = Promise.withResolvers<void>();
  let text = "";
  let inside = 0;
  const tail = tailFile(path, {
    from: 8,
    signal: new AbortController().signal,
    ended: ended.promise,
    pace,
    async onChunk(bytes, offset) {
      expect(++inside).toBe(1);
      expect(offset).toBe(8 + text.length);
      await delay(1);
      text += bytes.toString("latin1");
      inside--;
    },
  });
  let written = "";
  for (let i = 0; i < 60; i++) {
    const part = `${i} `.repeat(i % 7 === 0 ? 30_000 : 1);
    written += part;
    await appendFile(path, part);
    await delay(i === 30 ? 900 : 10);
  }
  await appendFile(path, "last words");
  ended.resolve();
  expect(await tail).toBe(8 + written.length + 10);
  expect(text).toBe(`${written}last words`);
});

test("a change after a long silence is seen before the next look at the clock", async () => {
  const path = await createFile("");
  const ended = Promise.withResolvers<void>();
  let seen = Promise.withResolvers<void>();
  const tail = tailFile(path, {
    from: 0,
    signal: new AbortController().signal,
    ended: ended.promise,
    pace,
    onChunk: async () => seen.resolve(),
  });
  const times: number[] = [];
  for (const text of ["x", "y", "z"]) {
    await delay(1_200);
    seen = Promise.withResolvers();
    const before = performance.now();
    await appendFile(path, text);
    await seen.promise;
    times.push(performance.now() - before);
  }
  // The look comes 800 ms later. One of three may be held up by a machine that is busy with other tests, not all.
  expect(Math.min(...times)).toBeLessThan(500);
  ended.resolve();
  expect(await tail).toBe(3);
});

test("a file that appears late is read, one that never appears is empty", async () => {
  const path = await createFile();
  const ended = Promise.withResolvers<void>();
  const signal = new AbortController().signal;
  let text = "";
  const tail = tailFile(path, {
    from: 0,
    signal,
    ended: ended.promise,
    pace,
    onChunk: async (bytes) => void (text += bytes.toString()),
  });
  await delay(150);
  await writeFile(path, "hello");
  ended.resolve();
  expect(await tail).toBe(5);
  expect(text).toBe("hello");
  expect(
    await tailFile(`${path}-none`, {
      from: 0,
      signal,
      ended: Promise.resolve(),
      pace,
      onChunk: async () => {},
    }),
  ).toBe(0);
});

test("it stops when told to, and fails with what the reader throws", async () => {
  const path = await createFile("x");
  const never = new Promise<void>(() => {});
  const controller = new AbortController();
  const stopped = tailFile(path, {
    from: 0,
    signal: controller.signal,
    ended: never,
    pace,
    onChunk: async () => {},
  });
  setTimeout(() => controller.abort(new Error("told to")), 50);
  await expect(stopped).rejects.toThrow("told to");
  const { signal } = new AbortController();
  const failing = tailFile(path, {
    from: 0,
    signal,
    ended: never,
    pace,
    onChunk: () => Promise.reject(new Error("cannot")),
  });
  await expect(failing).rejects.toThrow("cannot");
});

test("news that is wanted sooner is read at once, in the middle of a long wait", async () => {
  const path = await createFile("first");
  const ended = Promise.withResolvers<void>();
  let hurry: (() => void) | undefined;
  const seen: string[] = [];
  const tail = tailFile(path, {
    from: 0,
    signal: new AbortController().signal,
    ended: ended.promise,
    pace: {
      activeMs: () => 3_600_000,
      onHurry: (given) => {
        hurry = given;
        return () => void (hurry = undefined);
      },
    },
    onChunk: async (bytes) => void seen.push(bytes.toString()),
  });
  await expect.poll(() => seen).toEqual(["first"]);
  await appendFile(path, "second");
  hurry?.();
  await expect.poll(() => seen).toEqual(["first", "second"]);
  ended.resolve();
  await tail;
  expect(hurry).toBeUndefined();
});
