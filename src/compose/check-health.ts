import path from "node:path";
import type { Command } from "commander";
import { act, describe, type CommonFlags, type Session } from "../cli/command.ts";
import type { CliContext } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import { oneLine } from "../cli/text.ts";
import type { Config } from "../config.ts";
import { findAgentHealth } from "./agent-state.ts";
import { askHealth } from "./health.ts";

export interface HealthContext extends CliContext {
  readonly config: Config;
}

/** How long the server may take to answer. */
const answerWithin = 8_000;

/** `health`: for whatever watches over a server or an agent on this machine: Docker, systemd, a monitor. */
export function registerHealth(program: Command, context: HealthContext): void {
  const health = program
    .command("health")
    .description("whether the server or the agent of this machine is well; exit code 1 when it is not");
  describe(
    health.command("server"),
    "whether the server of this data directory answers, and its database too",
    ["chiffon health server", "chiffon health server --data /srv/chiffon --json"],
  ).action(act(context, checkServer));
  health
    .command("agent")
    .description("whether the agent of this data directory lives, is connected, and is heard by its server")
    .option("--json", "print it as JSON")
    .option("--data <dir>", "data directory (default: CHIFFON_DATA or ~/.local/share/chiffon-agent)")
    .addHelpText("after", "\nExample:\n  chiffon health agent --data /srv/chiffon-agent --json")
    .action(
      act(context, async (session, flags: CommonFlags) => {
        const dataDir = path.resolve(flags.data ?? context.config.agentDataDir);
        return tell(session, await findAgentHealth(dataDir, Date.now()));
      }),
    );
}

async function checkServer(session: Session): Promise<number> {
  const { config, signal } = session.context;
  const late = AbortSignal.timeout(answerWithin);
  // The server of this data directory and no other, whatever the environment says of one elsewhere.
  const own = { ...config, url: undefined, token: undefined, fingerprint: undefined };
  try {
    const health = await askHealth(own, AbortSignal.any([signal, late]));
    return tell(
      session,
      health.kind === "well"
        ? { well: true, message: health.url }
        : { well: false, message: `${health.kind === "unwell" ? `${health.url}: ` : ""}${health.message}` },
    );
  } catch (error) {
    if (!late.aborted) throw error;
    return tell(session, {
      well: false,
      message: `the server does not answer within ${answerWithin / 1_000} s`,
    });
  }
}

function tell({ out }: Session, { well, message }: { well: boolean; message: string }): number {
  if (out.json) out.object({ well, message });
  else out.data(oneLine(`${well ? "well" : "not well"}: ${message}`));
  return well ? exitCodes.ok : exitCodes.failed;
}
