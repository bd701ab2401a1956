import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { AnsibleTools } from "./tools.ts";

const script = fileURLToPath(new URL("supervisor.py", import.meta.url));

/** A supervisor that runs, or is about to. Its errors go to where `log` points. */
export interface SupervisorProcess {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  readonly stdout: Readable;
}

type Place = Pick<AnsibleTools, "python" | "searchPath">;

/** @param how its run directory and the hash of its job; or the folder of all run directories, for one that waits until it reads them. */
export function spawnSupervisor(
  { python, searchPath }: Place,
  how: { args: readonly string[]; log: number | "ignore" },
): SupervisorProcess {
  const child = spawn(python, ["-I", "-S", script, ...how.args], {
    // Its own session: what ends us (a signal to our group, a closing terminal) must not end it.
    detached: true,
    stdio: ["pipe", "pipe", how.log],
    env: { PATH: searchPath, LANG: "C.UTF-8" },
    cwd: "/",
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("The pipes of the supervisor are missing.");
  // It may end before it has read; the line that it says tells more than a broken pipe.
  stdin.on("error", () => {});
  return { child, stdin, stdout };
}

/** Keeps one supervisor started that has nothing to do yet: Python takes longer to start than all the rest of a start. */
export interface WaitingSupervisor extends AsyncDisposable {
  /** Absolute path of the folder below which it takes run directories. */
  readonly folder: string;
  /** The one that waits, for the caller alone; undefined when there is none for this Python. The next one starts later. */
  take(place: Place): SupervisorProcess | undefined;
}

/** After one that went away by itself. */
const longRest = 60_000;

/**
 * The one that waits ends when this process does.
 * @param tools the Ansible of this machine; asked again for each
 * @param folder of all run directories
 * @param rest milliseconds before one is started: the playbook that has just begun needs the machine
 */
export function keepSupervisorWaiting(
  tools: () => Promise<Place | undefined>,
  { folder, rest = 1_000 }: { readonly folder: string; readonly rest?: number },
): WaitingSupervisor {
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let waiting: { process: SupervisorProcess; place: Place } | undefined;
  const later = (wait: number): void => {
    clearTimeout(timer);
    if (!ended) timer = setTimeout(() => void begin().catch(() => later(longRest)), wait).unref();
  };
  const begin = async (): Promise<void> => {
    const place = await tools();
    if (ended || waiting !== undefined) return;
    if (place === undefined) return later(longRest);
    const process = spawnSupervisor(place, { args: [folder], log: "ignore" });
    waiting = { process, place };
    const forget = (): void => {
      if (waiting?.process !== process) return;
      waiting = undefined;
      later(longRest);
    };
    process.child.once("error", forget).once("exit", forget);
    keepAlive(process, false);
  };
  const release = (): typeof waiting => {
    const found = waiting;
    waiting = undefined;
    return found;
  };
  later(rest);
  return {
    folder,
    take(wanted) {
      const found = release();
      later(rest);
      if (found === undefined) return undefined;
      const { process, place } = found;
      if (place.python === wanted.python && place.searchPath === wanted.searchPath) {
        keepAlive(process, true);
        return process;
      }
      process.stdin.end();
      return undefined;
    },
    [Symbol.asyncDispose]: async () => {
      ended = true;
      clearTimeout(timer);
      const child = release()?.process.child;
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** Whether this process stays alive because of it. */
function keepAlive({ child, stdin, stdout }: SupervisorProcess, alive: boolean): void {
  const sockets = [stdin, stdout].filter((pipe) => pipe instanceof Socket);
  for (const handle of [child, ...sockets]) {
    if (alive) handle.ref();
    else handle.unref();
  }
}
