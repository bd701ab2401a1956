#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { registerClientCommands } from "./cli/register.ts";
import { registerAgent } from "./compose/agent.ts";
import { registerHealth } from "./compose/check-health.ts";
import { registerDoctor } from "./compose/doctor.ts";
import { registerOfflineCommands } from "./compose/offline-commands.ts";
import { registerService } from "./compose/service.ts";
import { registerServer, registerUp } from "./compose/up.ts";
import { version } from "./compose/version.ts";
import { readConfig } from "./config.ts";
import { ChiffonError } from "./domain/errors.ts";

const stopping = new AbortController();
let asked = 0;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    asked += 1;
    stopping.abort();
    // Somebody who asks three times does not want to wait for a clean end.
    if (asked >= 3) process.exit(130);
  });

/** In a checkout the command is `./chiffon`; an installed package puts `chiffon` on the PATH. */
const commandName = import.meta.filename.endsWith(".ts") ? "./chiffon" : "chiffon";

const setExitCode = (code: number) => {
  process.exitCode = code;
};
const { stdin, stdout, stderr } = process;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const program = new Command("chiffon")
    .description(
      "Ask for a change in plain words; read exactly what will run; approve it; watch real Ansible do it.",
    )
    .version(version)
    .exitOverride()
    .showHelpAfterError("(--help shows what is possible)");
  const say = (text: string) => stdout.write(`${text}\n`);
  const up = { config, say, signal: stopping.signal, setExitCode };
  registerUp(program, up);
  registerServer(program, up);
  const { signal } = stopping;
  const isTerminal = stdin.isTTY && stdout.isTTY;
  const context = { config, stdin, stdout, stderr, isTerminal, signal, setExitCode, commandName };
  registerAgent(program, { ...context, say });
  registerClientCommands(program, context);
  registerDoctor(program, context);
  registerService(program, context);
  registerHealth(program, context);
  registerOfflineCommands(program, { stdin, stdout, stderr });
  await program.parseAsync(process.argv);
}

main().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    setExitCode(error.exitCode === 0 ? 0 : 2);
    return;
  }
  if (ChiffonError.is(error)) {
    stderr.write(`chiffon: ${error.message}\n`);
    if (error.hint !== undefined) stderr.write(`  ${error.hint}\n`);
    setExitCode(error.code === "server-unreachable" ? 7 : 1);
    return;
  }
  stderr.write(`chiffon: unexpected error: ${error instanceof Error ? error.message : String(error)}\n`);
  stderr.write("  this is a fault of Chiffon; its log may say more (<data>/chiffon.log)\n");
  setExitCode(1);
});
