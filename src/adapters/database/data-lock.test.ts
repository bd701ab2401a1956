import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDataDirectory } from "./data-lock.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), "chiffon-lock-"));
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

const moduleUrl = new URL("data-lock.ts", import.meta.url).href;
const holdScript = `const { lockDataDirectory } = await import(${JSON.stringify(moduleUrl)});
  try { await lockDataDirectory(process.argv[1]); console.log("got"); setInterval(() => {}, 1000); }
  catch (error) { console.log(error.code); }`;

/** Another process that takes the lock and keeps it; resolves to what it said first. */
async function startHolder(): Promise<{ said: string; pid: number; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", holdScript, dir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return {
    said: said.toString("utf8").trim(),
    pid: child.pid ?? 0,
    async kill() {
      if (child.exitCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

async function readLock(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path.join(dir, "chiffon.lock"), "utf8")) as Record<string, unknown>;
}

async function writeLock(changes: Record<string, unknown>): Promise<void> {
  const lock = await lockDataDirectory(dir);
  const text = JSON.stringify({ ...(await readLock()), ...changes });
  await lock[Symbol.asyncDispose]();
  await writeFile(path.join(dir, "chiffon.lock"), text);
}

test("a second server is refused and told who the first one is; after its end it gets in", async () => {
  const first = await startHolder();
  expect(first.said).toBe("got");
  await expect(lockDataDirectory(dir)).rejects.toMatchObject({
    code: "already-running",
    message: expect.stringMatching(new RegExp(`${dir}.*process ${first.pid} .*since \\d{4}-.*node`)),
    hint: expect.stringContaining(`kill ${first.pid}`),
  });
  await first.kill();
  await using mine = await lockDataDirectory(dir);
  expect(await readLock()).toMatchObject({ pid: process.pid });
  expect(mine).toBeDefined();
});

test("the same process is refused as well, until it gives the lock back, which leaves no file", async () => {
  const lock = await lockDataDirectory(dir);
  await expect(lockDataDirectory(dir)).rejects.toMatchObject({ code: "already-running" });
  await lock[Symbol.asyncDispose]();
  expect(await readdir(dir)).toEqual([]);
});

test("a lock whose pid belongs to another process by now is taken over", async () => {
  await writeLock({ pid: process.ppid, startTime: "1" });
  await using lock = await lockDataDirectory(dir);
  expect(await readLock()).toMatchObject({ pid: process.pid });
  expect(await readdir(dir)).toEqual(["chiffon.lock"]);
  expect(lock).toBeDefined();
});

test("a holder that nobody has waited for yet (a zombie) counts as dead", async () => {
  // The shell starts a child, becomes another program, and so never waits for the child that has ended.
  const parent = spawn("/bin/sh", ["-c", "sleep 0.3 & echo $!; exec sleep 30"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [said] = (await once(parent.stdout, "data")) as [Buffer];
  const zombie = Number(said.toString("utf8"));
  if (process.platform === "linux") {
    await expect.poll(() => readFile(`/proc/${zombie}/stat`, "utf8")).toMatch(/\) Z /);
    const stat = await readFile(`/proc/${zombie}/stat`, "utf8");
    const startTime = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    await writeLock({ pid: zombie, startTime });
  } else {
    await writeLock({ pid: zombie });
  }
  await using lock = await lockDataDirectory(dir);
  expect(await readLock()).toMatchObject({ pid: process.pid });
  expect(lock).toBeDefined();
  parent.kill("SIGKILL");
  await once(parent, "exit");
});

test("a lock of another container counts while its time moves, and no longer than that", async () => {
  await writeLock({ namespace: "pid:[1]", pid: 1 });
  const file = path.join(dir, "chiffon.lock");
  let beaten = Promise.resolve();
  const beat = setInterval(() => void (beaten = utimes(file, new Date(), new Date())), 200);
  await expect(lockDataDirectory(dir)).rejects.toMatchObject({ code: "already-running" });
  clearInterval(beat);
  await beaten;
  const old = new Date(Date.now() - 60_000);
  await utimes(file, old, old);
  await using lock = await lockDataDirectory(dir);
  expect(await readLock()).toMatchObject({ pid: process.pid });
  expect(lock).toBeDefined();
});

test("a damaged lock file that nobody touches is taken over", async () => {
  const file = path.join(dir, "chiffon.lock");
  await writeFile(file, '{"pid": ');
  await utimes(file, new Date(0), new Date(0));
  await using lock = await lockDataDirectory(dir);
  expect(await readLock()).toMatchObject({ pid: process.pid });
  expect(lock).toBeDefined();
});

test("of many processes that find the same stale lock exactly one gets it", async () => {
  for (let round = 0; round < 2; round++) {
    await writeLock({ pid: 2 ** 22 + 5 });
    const holders = await Promise.all(Array.from({ length: 5 }, startHolder));
    expect(holders.map(({ said }) => said).toSorted()).toEqual([
      ...Array<string>(4).fill("already-running"),
      "got",
    ]);
    for (const holder of holders) await holder.kill();
  }
});
