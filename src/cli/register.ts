import type { Command } from "commander";
import { registerAgents, registerCapacity } from "./commands/agents.ts";
import { registerAsk } from "./commands/ask.ts";
import { registerAudit } from "./commands/audit.ts";
import { registerDeadLetters } from "./commands/dead-letters.ts";
import { registerPlans } from "./commands/plans.ts";
import { registerPlaybooks } from "./commands/playbooks.ts";
import { registerRepo } from "./commands/repo.ts";
import { registerRuns } from "./commands/runs.ts";
import { registerSecrets } from "./commands/secrets.ts";
import { registerTokens } from "./commands/tokens.ts";
import { registerUsers } from "./commands/users.ts";
import type { CliContext } from "./context.ts";

/**
 * Adds all commands that talk to a running server. They tell their errors themselves and set the exit code; only errors of
 * usage are thrown, by commander, when the program has `exitOverride()`.
 */
export function registerClientCommands(program: Command, context: CliContext): void {
  registerAsk(program, context);
  registerPlans(program, context);
  registerRuns(program, context);
  registerPlaybooks(program, context);
  registerRepo(program, context);
  registerAgents(program, context);
  registerDeadLetters(program, context);
  registerCapacity(program, context);
  registerAudit(program, context);
  registerSecrets(program, context);
  registerUsers(program, context);
  registerTokens(program, context);
}
