import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ChiffonError } from "../../../domain/errors.ts";
import { listProcessesIn } from "../process-identity.ts";
import { findText } from "./files.ts";

const fastMs = 10_000;
const immediateMs = 5000;

/**
 * Ends what a killed Chiffon left of the server in `data`, and removes its pid file. PostgreSQL itself asks with
 * kill(pid, 0), which a zombie and a recycled pid answer too, and would then refuse to start for ever. The caller holds
 * the lock of the data directory, so a server that is found here has no Chiffon any more.
 */
export async function takeOver(data: string): Promise<"nothing" | "stale-pid-file" | "stopped-orphan"> {
  const file = path.join(data, "postmaster.pid");
  const text = await findText(file);
  if (text === undefined) return "nothing";
  const postmaster = Number.parseInt(text, 10);
  const live = listProcessesIn(data, "postgres");
  if (live.includes(postmaster)) send(postmaster, "SIGINT");
  if (live.length > 0) await awaitEnd(data, postmaster);
  await rm(file, { force: true });
  return live.length > 0 ? "stopped-orphan" : "stale-pid-file";
}

async function awaitEnd(data: string, postmaster: number): Promise<void> {
  const ended = async (ms: number): Promise<boolean> => {
    for (let waited = 0; waited < ms; waited += 25) {
      if (listProcessesIn(data, "postgres").length === 0) return true;
      await sleep(25);
    }
    return false;
  };
  // Without a postmaster its children end by themselves, except one in the middle of long work.
  const alone = !listProcessesIn(data, "postgres").includes(postmaster);
  if (await ended(alone ? 2000 : fastMs)) return;
  for (const pid of listProcessesIn(data, "postgres")) send(pid, "SIGQUIT");
  if (await ended(immediateMs)) return;
  const left = listProcessesIn(data, "postgres");
  throw new ChiffonError(
    "already-running",
    `A PostgreSQL that an earlier Chiffon left does not end: process ${left.join(", ")}.`,
    {
      hint: `Look why it hangs (a dead disk, a stopped process), end it with "kill -QUIT ${left[0]}", and start again.`,
    },
  );
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Ended in between.
  }
}

/** Removes first initialisations that were killed half way, and the processes that may still write in them. */
export async function removeLeftovers(versionDir: string): Promise<void> {
  const names = await readdir(versionDir);
  for (const name of names.filter((entry) => /^data\.init-\d+(\.password)?$/.test(entry))) {
    const leftover = path.join(versionDir, name);
    for (const program of ["initdb", "postgres"]) {
      for (const pid of listProcessesIn(leftover, program)) send(pid, "SIGKILL");
    }
    for (let tries = 0; tries < 200 && listProcessesIn(leftover, "postgres").length > 0; tries++)
      await sleep(10);
    await rm(leftover, { recursive: true, force: true, maxRetries: 5 });
  }
}
