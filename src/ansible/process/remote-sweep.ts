import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { runFiles } from "./run-files.ts";
import type { AnsibleTools } from "./tools.ts";

/** What came of looking for processes that an attempt left on remote hosts. */
export const RemoteSweep = z.object({
  /** Hosts on which processes of it still ran and were stopped. */
  stopped: z.array(z.object({ host: z.string().max(300), count: z.int() })).max(100),
  /** Hosts on which something of it may still run, and why that is not known; in words of remote_sweep.py. */
  unsure: z.array(z.object({ host: z.string().max(300), why: z.string().max(1_000) })).max(100),
  /** How many hosts are not among these lists, which end at a hundred. */
  more: z.int(),
});
export type RemoteSweep = z.infer<typeof RemoteSweep>;

const script = fileURLToPath(new URL("remote_sweep.py", import.meta.url));
/** It bounds itself to less. Milliseconds. */
const limit = 30_000;
const run = promisify(execFile);
const nothingKnown: RemoteSweep = {
  stopped: [],
  unsure: [{ host: "its remote hosts", why: "they could not be looked at" }],
  more: 0,
};

/**
 * Does what the supervisor of a stopped attempt does at its end, for one whose supervisor is gone: signals what is left on the
 * hosts that it reached. Nothing of it may run on this machine any more. Null when it reached none.
 * @param tools undefined where there is no Ansible any more
 * @throws what `signal` is aborted with; anything else that goes wrong is told as unsure
 */
export async function sweepRemote(
  runDir: string,
  tools: Pick<AnsibleTools, "python" | "searchPath"> | undefined,
  signal: AbortSignal,
): Promise<RemoteSweep | null> {
  const ways = await readdir(join(runDir, runFiles.ways)).catch(() => []);
  if (ways.length === 0) return null;
  if (tools === undefined) return nothingKnown;
  try {
    const { stdout } = await run(tools.python, ["-I", "-S", script, runDir], {
      env: { PATH: tools.searchPath, LANG: "C.UTF-8" },
      cwd: "/",
      timeout: limit,
      signal,
    });
    return RemoteSweep.parse(JSON.parse(stdout));
  } catch {
    signal.throwIfAborted();
    return nothingKnown;
  }
}
