import type { Readable, Writable } from "node:stream";

/** What the commands take from the environment. */
export interface CliConfig {
  /** Where a server on this machine left its address and token. */
  readonly dataDir: string;
  /** Address of the server; without one, the server of `dataDir`. */
  readonly url: string | undefined;
  readonly token: string | undefined;
  /** SHA-256 of the certificate that the server must show, `AA:BB:…`. */
  readonly fingerprint: string | undefined;
  /** For commands that need a password and have no terminal. */
  readonly password: string | undefined;
}

/** A stream to a terminal or a file. `columns` is set for terminals only. */
export type CliWritable = Writable & { readonly columns?: number; readonly isTTY?: boolean };

/** Everything that the commands touch of the process they run in. */
export interface CliContext {
  readonly config: CliConfig;
  readonly stdin: Readable;
  /** Data. */
  readonly stdout: CliWritable;
  /** Progress, questions and next steps. */
  readonly stderr: CliWritable;
  /** True when a person can be asked: stdin and stdout are terminals. */
  readonly isTerminal: boolean;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
  readonly setExitCode: (code: number) => void;
  /** How this command is called, for the commands that are printed; default `chiffon`. */
  readonly commandName?: string;
}
