import path from "node:path";
import type { Command } from "commander";
import { ChiffonError } from "../domain/errors.ts";
import { createApi, type Api } from "./api.ts";
import { createClient } from "./client.ts";
import type { CliContext } from "./context.ts";
import { exitCodeOfError, exitCodes } from "./exit-codes.ts";
import { findServer } from "./find-server.ts";
import { createOutput, type Output } from "./output.ts";
import { createPrompts, Interrupted, type Prompts } from "./prompts.ts";
import { oneLine } from "./text.ts";

/** What the action of one command works with. */
export interface Session {
  readonly context: CliContext;
  readonly api: Api;
  readonly out: Output;
  readonly ask: Prompts;
  /** How the person calls this program, for printed commands. */
  readonly me: string;
}

export interface CommonFlags {
  readonly json?: boolean;
  readonly data?: string;
}

type Action<F, A extends readonly unknown[]> = (
  session: Session,
  flags: F,
  ...given: A
) => Promise<number | undefined>;

/** Adds the options that every command has, and the examples of its help. */
export function describe(command: Command, about: string, examples: readonly string[]): Command {
  return command
    .description(about)
    .option("--json", "print the API's objects as JSON")
    .option("--data <dir>", "data directory of the server on this machine (default: CHIFFON_DATA)")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  ${example}`).join("\n")}`);
}

/**
 * Makes a function the action of a command: it gets a session and returns the exit code (default 0). Errors are told to
 * the person without a stack trace and become exit codes.
 */
export function act<F extends CommonFlags, A extends readonly unknown[]>(
  context: CliContext,
  action: Action<F, A>,
): (...parameters: [...A, F, Command]) => Promise<void> {
  return async (...parameters) => {
    const given = parameters.slice(0, -2);
    const flags = parameters.at(-2) as F;
    // A reader that went away (`… | head`) ends the command, silently.
    const left = new AbortController();
    const onError = (): void => left.abort(new ReaderGone());
    context.stdout.on("error", onError);
    const dataDir = flags.data === undefined ? context.config.dataDir : path.resolve(flags.data);
    const own: CliContext = {
      ...context,
      config: { ...context.config, dataDir },
      signal: AbortSignal.any([context.signal, left.signal]),
    };
    try {
      const session = openSession(own, flags.json === true);
      context.setExitCode((await action(session, flags, ...(given as unknown as A))) ?? exitCodes.ok);
    } catch (error) {
      context.setExitCode(left.signal.aborted ? exitCodes.failed : report(error, own));
    } finally {
      context.stdout.off("error", onError);
    }
  };
}

function openSession(context: CliContext, json: boolean): Session {
  const { config, signal } = context;
  return {
    context,
    api: createApi(createClient({ findServer: () => findServer(config), signal })),
    out: createOutput(context, json),
    ask: createPrompts(context),
    me: context.commandName ?? "chiffon",
  };
}

/** The same session for work that another signal ends. */
export function withSignal(session: Session, signal: AbortSignal): Session {
  return openSession({ ...session.context, signal }, session.out.json);
}

/** Nobody reads stdout any more. */
export class ReaderGone extends Error {}

/** A use of the command line that cannot be meant; exit code 2. */
export class UsageError extends Error {}

/** Tells a person what went wrong and returns the exit code. */
export function report(error: unknown, context: CliContext): number {
  if (error instanceof UsageError) {
    context.stderr.write(`chiffon: ${oneLine(error.message)}\n  (--help shows what is possible)\n`);
    return exitCodes.usage;
  }
  if (error instanceof Interrupted || context.signal.aborted) return exitCodes.interrupted;
  if (ChiffonError.is(error)) {
    context.stderr.write(`chiffon: ${oneLine(error.message)}\n`);
    if (error.hint !== undefined) context.stderr.write(`  ${oneLine(error.hint)}\n`);
    return exitCodeOfError(error.code);
  }
  const what = error instanceof Error ? error.message : String(error);
  context.stderr.write(`chiffon: unexpected error: ${oneLine(what)}\n  this is a fault of Chiffon\n`);
  return exitCodes.failed;
}
