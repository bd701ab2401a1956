import { spawn, type ChildProcess } from "node:child_process";
import { access, constants } from "node:fs/promises";
import path from "node:path";

export interface ToolCall {
  /** The name of the program, as a person would type it. */
  readonly command: string;
  readonly args: readonly string[];
  /** Folders to search, as in PATH. */
  readonly searchPath: string;
  /** Folders that the tool's own installer uses and that are not on every PATH; searched last. */
  readonly folders?: readonly string[] | undefined;
  /** 5 s where nothing is said. */
  readonly timeoutMs?: number | undefined;
  readonly signal: AbortSignal;
}

const largestAnswer = 1 << 20;
const windows = process.platform === "win32";

/**
 * What a measuring tool prints, or undefined when it is absent, fails, prints nonsense without end or takes too long. It never
 * waits longer than the limit: a driver that hangs in the kernel cannot even be killed. Nothing is started for an absent one.
 */
export async function runTool(call: ToolCall): Promise<string | undefined> {
  const file = await findTool(call);
  return file === undefined || call.signal.aborted ? undefined : start(file, call);
}

/** A few looks into folders each time: a tool that is installed later is found, and an absent one costs no process. */
async function findTool({ command, searchPath, folders = [] }: ToolCall): Promise<string | undefined> {
  for (const folder of [...searchPath.split(path.delimiter), ...folders].filter((one) =>
    path.isAbsolute(one),
  )) {
    const file = path.join(folder, windows ? `${command}.exe` : command);
    const there = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return file;
  }
  return undefined;
}

function start(file: string, call: ToolCall): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(file, call.args, {
      cwd: path.parse(file).root,
      env: environment(call.searchPath),
      stdio: ["ignore", "pipe", "ignore"],
      // Its own group, so that it can be ended with its children. On Windows this would open a window.
      detached: !windows,
      windowsHide: true,
    });
    let text = "";
    const finish = (answer: string | undefined) => {
      clearTimeout(timer);
      call.signal.removeEventListener("abort", stop);
      resolve(answer);
    };
    const stop = () => {
      end(child);
      child.stdout.destroy();
      child.unref();
      finish(undefined);
    };
    const timer = setTimeout(stop, call.timeoutMs ?? 5000);
    call.signal.addEventListener("abort", stop, { once: true });
    child.on("error", () => finish(undefined));
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (piece: string) => {
      text += piece;
      if (text.length > largestAnswer) stop();
    });
    child.on("close", (code) => finish(code === 0 ? text : undefined));
  });
}

/** Nothing of ours but the search path; Windows programs do not start without SystemRoot. */
function environment(PATH: string): NodeJS.ProcessEnv {
  return { PATH, LC_ALL: "C", ...(windows ? { SystemRoot: String.raw`C:\Windows` } : {}) };
}

function end(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    // The group, because some of these tools are scripts.
    if (windows) child.kill();
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}
