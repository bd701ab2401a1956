import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import path from "node:path";
import { ChiffonError } from "../../../domain/errors.ts";
import { findStartTime } from "../process-identity.ts";
import type { Binaries } from "./binaries.ts";
import { diskFull, listSettings } from "./cluster.ts";
import type { Owner } from "./owner.ts";
import { startWatchdog } from "./watchdog.ts";

const fastMs = 10_000;
const immediateMs = 10_000;
/** A recovery after a crash reports every 10 s; silence for longer means that something hangs. */
const silentMs = 60_000;

export interface ServerOptions {
  readonly binaries: Binaries;
  readonly data: string;
  readonly runDir: string;
  readonly owner: Owner | undefined;
  readonly clientMinMessages?: string | undefined;
  readonly durable?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
  /** Called when the server ends without having been asked to, with the end of its log. */
  readonly onExit?: ((reason: string) => void) | undefined;
}

/** A running postmaster. Disposing it stops it: fast at first, then at once. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
}

/** Starts the server and waits until it takes connections. */
export async function launchServer(options: ServerOptions): Promise<Server> {
  options.signal?.throwIfAborted();
  const { binaries, data, runDir } = options;
  const settings = listSettings({ ...options, major: binaries.major, runDir });
  const child = spawn(path.join(binaries.bin, "postgres"), ["-D", data, ...settings], {
    ...options.owner,
    cwd: data,
    env: binaries.env,
    stdio: ["ignore", "ignore", "pipe"],
    detached: true, // its own group: Ctrl-C reaches Chiffon alone, which stops the server last
  });
  const log = keepLog(child.stderr);
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(`it ended with ${signal ?? code}`));
  });
  const pid = child.pid;
  if (pid === undefined) throw startFailed(options, await exited);
  const startTime = findStartTime(pid) ?? "";
  const guard = startWatchdog({
    pid,
    startTime,
    owner: options.owner,
    stopSignal: options.durable === false ? "QUIT" : "INT",
  });
  let stopping = false;
  const stop = async (): Promise<void> => {
    stopping = true;
    child.ref();
    await stopServer(child, exited, options.durable ?? true);
    guard[Symbol.dispose]();
  };
  try {
    await becomeReady(options, log, exited);
  } catch (error) {
    await stop();
    throw error;
  }
  void exited.then((end) => {
    guard[Symbol.dispose]();
    if (!stopping) options.onExit?.(`PostgreSQL ended unexpectedly: ${log.reason() ?? end}`);
  });
  // A program that has nothing else to do may end; the guard then stops the server.
  child.unref();
  unrefPipe(child.stderr);
  return { pid, [Symbol.asyncDispose]: stop };
}

function unrefPipe(pipe: Readable): void {
  if ("unref" in pipe && typeof pipe.unref === "function") pipe.unref();
}

interface Log {
  onLine: (line: string) => void;
  /** The last complaint of the server, else its last line. */
  reason(): string | undefined;
}

/** What every client hears while the server ends or recovers: the consequence, never the reason. */
const refusal = /^FATAL: +the database system is /;

function keepLog(pipe: Readable): Log {
  const lines: string[] = [];
  let rest = "";
  const log: Log = {
    onLine: () => undefined,
    reason() {
      const said = lines
        .map((line) => line.replace(/^\S+ \S+ \S+ \[\d+\] /, ""))
        .filter((line) => !refusal.test(line));
      return (
        said.findLast((line) => /^(PANIC|FATAL)/.test(line)) ??
        said.findLast((line) => line.startsWith("ERROR")) ??
        said.at(-1)
      );
    },
  };
  pipe.setEncoding("utf8");
  pipe.on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = (parts.pop() ?? "").slice(-10_000);
    for (const line of parts) {
      lines.push(line.slice(0, 1000));
      log.onLine(line);
    }
    lines.splice(0, Math.max(0, lines.length - 200));
  });
  return log;
}

async function becomeReady(options: ServerOptions, log: Log, exited: Promise<string>): Promise<void> {
  const ready = Promise.withResolvers<void>();
  const { signal } = options;
  const giveUp = (): void => {
    ready.reject(startFailed(options, `it has been silent for ${silentMs / 1000} s`));
  };
  const abort = (): void => ready.reject(signal?.reason);
  const timer = setTimeout(giveUp, silentMs);
  signal?.addEventListener("abort", abort, { once: true });
  log.onLine = (line) => {
    timer.refresh();
    if (line.includes("database system is ready to accept connections")) ready.resolve();
    else if (/automatic recovery in progress|redo in progress/.test(line)) {
      options.onProgress?.("PostgreSQL is recovering after a sudden end");
    }
  };
  void exited.then((end) => ready.reject(startFailed(options, log.reason() ?? end)));
  try {
    await ready.promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    log.onLine = () => undefined;
  }
}

function startFailed(options: ServerOptions, reason: string): ChiffonError {
  if (/No space left on device|Disk quota exceeded/i.test(reason)) return diskFull(options.data);
  return new ChiffonError("database-unavailable", `PostgreSQL did not start on ${options.data}: ${reason}`, {
    hint: "Start again; if it stays, see the reason above, and take the newest hot copy when the data is damaged.",
  });
}

/** SIGINT ends sessions and writes everything; SIGQUIT leaves the rest to the recovery of the next start. */
async function stopServer(child: ChildProcess, exited: Promise<string>, durable: boolean): Promise<void> {
  const steps = [
    { signal: "SIGINT", ms: fastMs },
    { signal: "SIGQUIT", ms: immediateMs },
  ] as const;
  for (const { signal, ms } of durable ? steps : steps.slice(1)) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    const timer = Promise.withResolvers<"late">();
    const timeout = setTimeout(() => timer.resolve("late"), ms);
    const first = await Promise.race([exited, timer.promise]);
    clearTimeout(timeout);
    if (first !== "late") return;
  }
  throw new ChiffonError("internal", `PostgreSQL (process ${child.pid}) does not end.`, {
    hint: "Look why it hangs (a dead disk, a stopped process); the next start of Chiffon takes it over.",
  });
}
