import type { Command } from "commander";
import type { CliContext } from "../cli/context.ts";
import type { Config } from "../config.ts";

export interface AgentContext extends CliContext {
  readonly config: Config;
  readonly say: (text: string) => void;
}

export interface AgentFlags {
  readonly join?: string;
  readonly serverKey?: string;
  readonly invitation?: string;
  readonly type: string;
  readonly name?: string;
  readonly data?: string;
  readonly rotateKeys?: boolean;
}

/** `agent`: this machine as an agent of a server elsewhere. */
export function registerAgent(program: Command, context: AgentContext): void {
  program
    .command("agent")
    .description("make this machine an agent of a server elsewhere: it connects outbound only")
    .option(
      "--join <url>",
      "address of the server, the first time; asks for the code, or reads it from stdin",
    )
    .option("--server-key <fingerprint>", "SHA256:… of the server's key, as chiffon agents invite printed it")
    .option(
      "--invitation <file>",
      "file with what chiffon agents invite --json printed, in place of --server-key, --type and the code",
    )
    .option("--type <type>", "what it is: infra executes playbooks, desktop reports this machine", "infra")
    .option("--name <name>", "name of this machine for people (default: its host name)")
    .option("--data <dir>", "data directory (default: CHIFFON_DATA or ~/.local/share/chiffon-agent)")
    .option("--rotate-keys", "change the agent's keys before it begins")
    .addHelpText(
      "after",
      "\nExamples:\n  chiffon agent --join https://box:7707 --server-key SHA256:…     the first time\n  chiffon agent --join https://box:7707 --invitation invitation.json     the same, without a question\n  chiffon agent                                                   every time after that",
    )
    .action(async (flags: AgentFlags) => {
      // Loaded here: the other commands need nothing of it, and would start half a second later.
      const { runAgent } = await import("./run-agent.ts");
      await runAgent(flags, context);
    });
}
