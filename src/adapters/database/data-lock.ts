import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ChiffonError } from "../../domain/errors.ts";
import { findStartTime, getBootId, getPidNamespace } from "./process-identity.ts";

const lockName = "chiffon.lock";
/** The owner touches its lock so often that one who cannot see its process (another container) still sees it live. */
const beatMs = 2000;
const silentMs = 8000;

const Holder = z.object({
  token: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[0-9a-f]+$/),
  pid: z.int().positive(),
  startTime: z.string().max(100),
  since: z.string().max(40),
  command: z.string().max(300),
  host: z.string().max(300),
  namespace: z.string().max(100),
  boot: z.string().max(100),
});
type Holder = z.infer<typeof Holder>;

/**
 * Makes this process the only Chiffon server of a data directory until the lock is disposed or the process ends.
 * Throws "already-running" with the pid, start and command of the other one. What a killed process left is taken over.
 */
export async function lockDataDirectory(dataDir: string): Promise<AsyncDisposable> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = path.join(dataDir, lockName);
  const mine = describeMyself();
  const prepared = `${file}.${mine.token}`;
  try {
    // Inside: on a full disk the file is made, and only then cannot be written.
    await writeFile(prepared, JSON.stringify(mine), { mode: 0o600, flag: "wx" });
    await take(file, prepared, { dataDir, depth: 0 });
  } finally {
    await rm(prepared, { force: true });
  }
  const beat = setInterval(() => void touch(file), beatMs);
  beat.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(beat);
      const holder = await findHolder(file);
      if (holder?.token === mine.token) await rm(file, { force: true });
    },
  };
}

function describeMyself(): Holder {
  const started = Date.now() - process.uptime() * 1000;
  return {
    token: randomBytes(12).toString("hex"),
    pid: process.pid,
    startTime: findStartTime(process.pid) ?? "",
    since: new Date(started).toISOString(),
    command: [process.argv0, ...process.argv.slice(1, 4)].join(" ").slice(0, 300),
    host: os.hostname(),
    namespace: getPidNamespace(),
    boot: getBootId(),
  };
}

/**
 * Puts the prepared file in the lock's place. `link` fails when the name exists, so a lock is never seen half written.
 * A stale lock is replaced only by the holder of a second lock that is named after the stale one's token: of several
 * processes that find the same stale lock one wins, and a late one finds the token changed and looks again.
 */
async function take(file: string, prepared: string, at: { dataDir: string; depth: number }): Promise<void> {
  for (let round = 0; round < 50; round++) {
    if (await linked(prepared, file)) return;
    const holder = await findHolder(file);
    if (holder === undefined && (await linked(prepared, file))) return;
    if (await isAlive(holder, file)) throw alreadyRunning(at.dataDir, holder);
    if (at.depth > 4) break;
    const claim = `${file}.after-${holder?.token ?? "unreadable"}`;
    await take(claim, prepared, { dataDir: at.dataDir, depth: at.depth + 1 });
    try {
      const now = await findHolder(file);
      if (now?.token !== holder?.token) continue;
      await replace(file, prepared);
      return;
    } finally {
      await rm(claim, { force: true });
    }
  }
  throw alreadyRunning(at.dataDir, await findHolder(file));
}

async function replace(file: string, prepared: string): Promise<void> {
  // A hard link renamed onto another name of the same file does nothing, hence a fresh copy.
  const fresh = `${prepared}.new`;
  try {
    await writeFile(fresh, await readFile(prepared), { mode: 0o600 });
    await rename(fresh, file);
  } finally {
    await rm(fresh, { force: true });
  }
}

async function linked(prepared: string, file: string): Promise<boolean> {
  try {
    await link(prepared, file);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    if (!hasCode(error, "EPERM") && !hasCode(error, "ENOTSUP") && !hasCode(error, "ENOSYS")) throw error;
  }
  return createdExclusively(prepared, file); // a file system without hard links
}

async function createdExclusively(prepared: string, file: string): Promise<boolean> {
  try {
    await writeFile(file, await readFile(prepared), { mode: 0o600, flag: "wx" });
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function findHolder(file: string): Promise<Holder | undefined> {
  try {
    const text = await readFile(file, "utf8");
    return Holder.safeParse(JSON.parse(text.slice(0, 10_000))).data;
  } catch {
    return undefined;
  }
}

async function isAlive(holder: Holder | undefined, file: string): Promise<boolean> {
  if (holder === undefined) return isBeating(file);
  if (holder.namespace === getPidNamespace() && holder.boot === getBootId()) {
    return findStartTime(holder.pid) === holder.startTime;
  }
  return isBeating(file);
}

/** For a holder whose pid says nothing here (another container or machine): it lives when its file's time moves. */
async function isBeating(file: string): Promise<boolean> {
  const first = await findTime(file);
  if (first === undefined || Date.now() - first > silentMs) return false;
  for (let waited = 0; waited < silentMs; waited += 250) {
    await sleep(250);
    const time = await findTime(file);
    if (time === undefined) return false;
    if (time !== first) return true;
    if (Date.now() - first > silentMs) return false;
  }
  return false;
}

async function findTime(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.mtimeMs;
}

async function touch(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
}

function alreadyRunning(dataDir: string, holder: Holder | undefined): ChiffonError {
  const who = holder
    ? `process ${holder.pid} on ${holder.host}, running since ${holder.since} (${holder.command})`
    : "a process that left no readable name";
  return new ChiffonError("already-running", `Another Chiffon already uses ${dataDir}: ${who}.`, {
    hint: holder
      ? `Use that one, stop it with "kill ${holder.pid}", or start this one with another --data directory.`
      : `Stop the other one, or start this one with another --data directory.`,
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
