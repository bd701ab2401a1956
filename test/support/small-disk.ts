import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import path from "node:path";

/** A disk that only the processes started through `through` see; it goes away with the last of them. */
export interface SmallDisk extends AsyncDisposable {
  /** Its folder as those processes see it. */
  readonly inside: string;
  /** The same folder for everybody else. */
  readonly outside: string;
  /** Command that the command of such a process stands behind. */
  readonly through: readonly string[];
  /** Takes the last byte that is free. */
  fill(): Promise<void>;
  free(): Promise<void>;
}

const asRoot = process.getuid?.() === 0;
const asUser = asRoot ? [] : ["--user", "--preserve-credentials"];
const unshare = asRoot
  ? ["unshare", "--mount"]
  : ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"];

/** Whether this machine lets us have a disk of our own. */
export const mayMount =
  spawnSync("/usr/bin/env", [...unshare, "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]).status === 0;

/** @param inside folder that is made and mounted on; @param size in the words of mount, for example 200m */
export async function mountSmallDisk(inside: string, size: string): Promise<SmallDisk> {
  await mkdir(inside);
  const script = `mount -t tmpfs -o size=$1,mode=0755 tmpfs "$0" && echo mounted && exec cat`;
  // It waits on our pipe: when this process ends in whatever way, so does the keeper, and with it the mount.
  const keeper = spawn("/usr/bin/env", [...unshare, "sh", "-c", script, inside, size], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const gone = goneOf(keeper);
  await new Promise<void>((resolve, reject) => {
    keeper.stdout.once("data", () => resolve());
    void gone.then(() => reject(new Error("no disk could be mounted")));
  });
  const outside = `/proc/${keeper.pid}/root${inside}`;
  const ballast = path.join(outside, "ballast");
  return {
    inside,
    outside,
    through: ["/usr/bin/nsenter", `--target=${keeper.pid}`, "--mount", ...asUser, "--"],
    fill: () => fillWith(ballast),
    free: () => rm(ballast, { force: true }),
    [Symbol.asyncDispose]: async () => {
      keeper.stdin.end();
      await gone;
    },
  };
}

async function fillWith(file: string): Promise<void> {
  const handle = await open(file, "a");
  const block = Buffer.alloc(1024 * 1024, 1);
  try {
    for (let size = block.length; size >= 4096; size /= 2)
      while (await written(handle.write(block, 0, size)));
  } finally {
    await handle.close();
  }
}

async function written(writing: Promise<unknown>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") return false;
    throw error;
  }
}

/** Its exit code, once it has ended and closed its output. */
export function goneOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("close", resolve));
}
