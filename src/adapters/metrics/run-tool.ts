import { spawn } from "node:child_process";

export interface ToolCall {
  readonly command: string;
  readonly args: readonly string[];
  /** Folders to search, as in PATH. */
  readonly searchPath: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const largestAnswer = 1 << 20;

/**
 * What a measuring tool prints, or undefined when it is absent, fails, prints nonsense without end or takes too long. It never
 * waits longer than the limit: a driver that hangs in the kernel cannot even be killed.
 */
export function runTool(call: ToolCall): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(call.command, call.args, {
      cwd: "/",
      env: { PATH: call.searchPath, LC_ALL: "C" },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    let text = "";
    const finish = (answer: string | undefined) => {
      clearTimeout(timer);
      call.signal.removeEventListener("abort", stop);
      resolve(answer);
    };
    const stop = () => {
      // The group, because some of these tools are scripts.
      if (child.pid !== undefined && child.exitCode === null) killGroup(child.pid);
      child.stdout.destroy();
      child.unref();
      finish(undefined);
    };
    const timer = setTimeout(stop, call.timeoutMs);
    call.signal.addEventListener("abort", stop, { once: true });
    child.on("error", () => finish(undefined));
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (piece: string) => {
      text += piece;
      if (text.length > largestAnswer) stop();
    });
    child.on("close", (code) => finish(code === 0 ? text : undefined));
    if (call.signal.aborted) stop();
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}
