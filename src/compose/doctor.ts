import { chmod, stat } from "node:fs/promises";
import { InvalidArgumentError, type Command } from "commander";
import { act, describe, type CommonFlags, type Session } from "../cli/command.ts";
import type { CliContext } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import type { Config } from "../config.ts";
import { oneLine, plain } from "../cli/text.ts";
import { checkMachine, openToOthers, type Check, type Machine } from "./doctor-checks.ts";
import { findInstallCommand } from "./doctor-tools.ts";
import { runProgram } from "./run-program.ts";

export interface DoctorContext extends CliContext {
  readonly config: Config;
}

interface DoctorFlags extends CommonFlags {
  readonly fix?: boolean;
  readonly yes?: boolean;
  readonly port: number;
}

const installLimit = 900_000;

/** `doctor`: what this machine lacks for `chiffon up`, and how to get it. */
export function registerDoctor(program: Command, context: DoctorContext): void {
  describe(
    program.command("doctor"),
    "look whether this machine has all that chiffon up needs; exit code 1 when something is missing",
    ["chiffon doctor", "chiffon doctor --fix", "chiffon doctor --json"],
  )
    .option("--fix", "mend what can be mended: close the data directory, install packages (as root)")
    .option("--yes", "install without asking")
    .option("--port <number>", "the port that chiffon up will use", parsePort, 7707)
    .action(act(context, (session, flags: DoctorFlags) => doctor(session, flags, context)));
}

async function doctor(session: Session, flags: DoctorFlags, context: DoctorContext): Promise<number> {
  const { out } = session;
  const { config, signal } = session.context;
  const { home, searchPath, databaseUrl } = context.config;
  const uid = process.getuid?.() ?? 0;
  const machine: Machine = { config, databaseUrl, home, searchPath, uid, port: flags.port, signal };
  let checks = await checkMachine(machine);
  if (flags.fix === true && (await mend(session, { checks, machine, yes: flags.yes === true })))
    checks = await checkMachine(machine);
  if (out.json)
    out.object(
      checks.map(({ name, status, message, hint }) => ({ name, status, message, hint: hint ?? null })),
    );
  else out.data(...describeChecks(checks, out.style));
  return checks.some((check) => check.status === "fail") ? exitCodes.failed : exitCodes.ok;
}

const styles = { ok: "green", warn: "yellow", fail: "red" } as const;

export function describeChecks(checks: readonly Check[], style: Session["out"]["style"]): string[] {
  return checks.flatMap(({ name, status, message, hint }) => [
    `${style(styles[status], status.padEnd(4))}  ${name.padEnd(11)} ${oneLine(message)}`,
    ...(hint === undefined || status === "ok" ? [] : [`                  ${oneLine(hint)}`]),
  ]);
}

interface Mending {
  readonly checks: readonly Check[];
  readonly machine: Machine;
  readonly yes: boolean;
}

/** True when something was changed. */
async function mend(session: Session, { checks, machine, yes }: Mending): Promise<boolean> {
  const { out, ask, context } = session;
  let changed = false;
  for (const { closes } of checks) {
    if (closes === undefined) continue;
    await chmod(closes, (await stat(closes)).mode & 0o7777 & ~openToOthers);
    out.note(`closed ${closes} to other users`);
    changed = true;
  }
  const missing = checks.flatMap((check) => (check.installs === undefined ? [] : [check.installs]));
  const command = missing.length === 0 ? undefined : await findInstallCommand(machine, missing);
  const [program, ...args] = command ?? [];
  if (command === undefined || program === undefined) return changed;
  if (program !== "apt-get") {
    out.note(`Packages are installed by you: ${command.join(" ")}`);
    return changed;
  }
  if (context.isTerminal && !yes && !(await ask.confirm(`Run ${command.join(" ")}?`))) return changed;
  out.note(`running ${command.join(" ")}`);
  const env = {
    PATH: machine.searchPath,
    HOME: machine.home,
    LC_ALL: "C.UTF-8",
    DEBIAN_FRONTEND: "noninteractive",
  };
  const options = { env, timeoutMs: installLimit, signal: machine.signal };
  let done = await runProgram(program, args, options);
  if (done.code !== 0) {
    // The lists of packages may be missing or old.
    await runProgram(program, ["update"], options);
    done = await runProgram(program, args, options);
  }
  if (done.code !== 0) out.note(`apt-get failed: ${plain(done.stderr).trim().split("\n").at(-1) ?? ""}`);
  return true;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError("a port is a number from 1 to 65535");
}
