import { execFile } from "node:child_process";

export interface ProgramResult {
  /** Exit code; null when it could not be started or was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the system without a shell and with this environment only; never rejects. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: { env: Readonly<Record<string, string>>; timeoutMs: number; signal?: AbortSignal },
): Promise<ProgramResult> {
  const { env, timeoutMs: timeout, signal } = options;
  return new Promise((resolve) => {
    const child = execFile(
      file,
      [...args],
      {
        env,
        cwd: "/",
        timeout,
        maxBuffer: 8 << 20,
        encoding: "utf8",
        ...(signal === undefined ? {} : { signal }),
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : child.exitCode;
        resolve({ code, stdout, stderr: stderr === "" && code === null ? (error?.message ?? "") : stderr });
      },
    );
    child.stdin?.end();
  });
}
