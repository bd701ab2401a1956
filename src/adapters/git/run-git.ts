import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ChiffonError } from "../../domain/errors.ts";

/** Where programs lie when the caller does not say; the process's own environment is not passed on. */
const defaultSearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin";
const maxErrorText = 4_000;
const pipeClosed = new Set(["EPIPE", "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE"]);

export interface GitOptions {
  /** The repository itself (`.git` folder or bare repository). */
  readonly gitDir: string;
  /** PATH for finding git. */
  readonly searchPath?: string;
  readonly signal?: AbortSignal;
}

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Settings that make git do the same everywhere: no hooks, no packing of its own in the background, nothing unwritten. */
const settings = [
  "core.hooksPath=/dev/null",
  "gc.auto=0",
  "maintenance.auto=false",
  "core.fsync=committed,reference",
  "safe.directory=*",
  "core.quotePath=false",
].flatMap((setting) => ["-c", setting]);

/** Starts git on a repository with an argument array and a fixed environment; nothing of the user's set-up applies. */
export function spawnGit(options: GitOptions, args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn("git", [...settings, `--git-dir=${options.gitDir}`, ...args], {
    cwd: "/",
    env: {
      PATH: options.searchPath ?? defaultSearchPath,
      HOME: "/nonexistent",
      LC_ALL: "C",
      TZ: "UTC",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
      GIT_OPTIONAL_LOCKS: "0",
      GIT_NO_REPLACE_OBJECTS: "1",
    },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** Runs git to its end. `input` is written to it piece by piece. */
export async function runGit(
  options: GitOptions,
  args: readonly string[],
  input: Iterable<string | Uint8Array> = [],
): Promise<GitResult> {
  const child = spawnGit(options, args);
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  const ended = awaitEnd(child);
  const written = pipeline(Readable.from(input, { objectMode: true }), child.stdin).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
  const [{ code, stderr }, failure] = await Promise.all([ended, written]);
  // A git that ended early closed the pipe, and its own message says why; a fault in making the input is ours.
  if (failure !== undefined && !pipeClosed.has(failure.code ?? "")) throw failure;
  return { code, stderr, stdout: Buffer.concat(output) };
}

/** Resolves when git has ended and its output is read. A git that cannot be started is a person's problem to mend. */
export function awaitEnd(child: ChildProcessWithoutNullStreams): Promise<{ code: number; stderr: string }> {
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderr.length < maxErrorText) stderr += chunk.toString("utf8");
  });
  return new Promise((resolve, reject) => {
    let aborted: Error | undefined;
    child.on("error", (error: NodeJS.ErrnoException) => {
      // One that was told to stop writes until it has ended, a moment later.
      if (error.name === "AbortError") return (aborted = error);
      if (error.code !== "ENOENT") return reject(error);
      const hint = "Install git (Debian: apt install git) and start again.";
      reject(
        new ChiffonError("missing-tool", "git was not found; the record in git needs it.", {
          hint,
          cause: error,
        }),
      );
    });
    child.on("close", (code, signal) => {
      if (aborted === undefined) resolve({ code: code ?? (signal === null ? 1 : 128), stderr });
      else reject(aborted);
    });
  });
}

/** An error for a git that failed. */
export function gitFailed(what: string, result: Pick<GitResult, "code" | "stderr">): ChiffonError {
  const reason = result.stderr.trim().split("\n").slice(0, 3).join(" ") || `exit code ${result.code}`;
  return new ChiffonError("internal", `git could not ${what}: ${reason}`, {
    hint: "The log in the database is whole, and this is tried again. Check space and owner of the folder `audit.git`.",
  });
}
