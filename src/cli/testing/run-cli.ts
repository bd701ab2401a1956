import { Readable, Writable } from "node:stream";
import { Command, CommanderError } from "commander";
import type { CliConfig, CliContext } from "../context.ts";
import { registerClientCommands } from "../register.ts";

/*
 * Runs a command in this process as the main file would, without a terminal.
 */

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliRun {
  readonly config?: Partial<CliConfig>;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  /** Other commands than the ones that talk to a server. */
  readonly register?: (program: Command, context: CliContext) => void;
  /** In place of one that keeps what comes. */
  readonly stdout?: Writable;
}

const noConfig: CliConfig = {
  dataDir: "/nonexistent/chiffon",
  url: undefined,
  token: undefined,
  fingerprint: undefined,
  password: undefined,
};

export async function runCli(args: readonly string[], run: CliRun = {}): Promise<CliResult> {
  const stdout = collect();
  const stderr = collect();
  let code = -1;
  const context: CliContext = {
    config: { ...noConfig, ...run.config },
    stdin: Readable.from(run.stdin === undefined ? [] : [Buffer.from(run.stdin)]),
    stdout: run.stdout ?? stdout.stream,
    stderr: stderr.stream,
    isTerminal: false,
    signal: run.signal ?? new AbortController().signal,
    setExitCode: (given) => (code = given),
  };
  const program = new Command("chiffon").exitOverride().configureOutput({
    writeOut: (text) => stdout.stream.write(text),
    writeErr: (text) => stderr.stream.write(text),
  });
  (run.register ?? registerClientCommands)(program, context);
  try {
    await program.parseAsync(["node", "chiffon", ...args]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode === 0 ? 0 : 2;
  }
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collect(): { stream: Writable; text: () => string } {
  let all = "";
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      all += chunk;
      done();
    },
  });
  return { stream, text: () => all };
}
