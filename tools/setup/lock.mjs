import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { lockFolder } from "./places.mjs";
import { say } from "./say.mjs";

const ownerFile = path.join(lockFolder, "pid");
const childFile = path.join(lockFolder, "child");
const graceMs = 10_000;

/** One set-up at a time in a checkout: a second one waits; the lock of one that was killed is taken over. */
export async function withLock(work) {
  await take();
  try {
    return await work();
  } finally {
    release();
  }
}

export function release() {
  if (readFile(ownerFile) === identify(process.pid)) rmSync(lockFolder, { recursive: true, force: true });
}

/** Whoever takes over an abandoned lock first waits for this process: two npm in one folder, or two apt, break each other. */
export function noteChild(pid) {
  if (readFile(ownerFile) === identify(process.pid)) writeFileSync(childFile, identify(pid) ?? "");
}

async function take() {
  let told = false;
  for (;;) {
    try {
      mkdirSync(lockFolder);
      writeFileSync(ownerFile, identify(process.pid));
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isAbandoned()) rmSync(lockFolder, { recursive: true, force: true });
    else {
      if (!told)
        say(
          `waiting for another set-up of this checkout (process ${readFile(ownerFile)?.split(" ")[0] ?? "starting"})`,
        );
      told = true;
      await wait(300);
    }
  }
}

function isAbandoned() {
  const owner = readFile(ownerFile);
  if (owner) return !isAlive(owner) && !isAlive(readFile(childFile));
  try {
    return Date.now() - statSync(lockFolder).mtimeMs > graceMs; // killed between the two calls of take()
  } catch {
    return false;
  }
}

function isAlive(identity) {
  return Boolean(identity) && identify(Number(identity.split(" ")[0])) === identity;
}

function readFile(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * Pid and, where /proc tells it, start time: a process that later got the same pid does not hold the lock. A zombie is dead,
 * though it still has a pid (a container without an init process keeps it for ever).
 */
function identify(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === "ESRCH") return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : `${pid} ${fields[19]}`;
  } catch {
    return String(pid);
  }
}
