import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { lockDataDirectory } from "../adapters/database/data-lock.ts";
import { createOrderStore } from "../agent/order-store.ts";
import { createPrompts } from "../cli/prompts.ts";
import { readStdin } from "../cli/read-stdin.ts";
import { ChiffonError } from "../domain/errors.ts";
import { scaleWaits } from "../domain/waits.ts";
import type { AgentContext, AgentFlags } from "./agent.ts";
import { findAgentIdentity, type AgentIdentityFile } from "./agent-identity.ts";
import { openAgentState } from "./agent-state.ts";
import { readInvitation } from "./invitation.ts";
import { changeKeys, joinServer, settleKeys } from "./join-agent.ts";
import { createErrorLog, openLogFile } from "./log-file.ts";
import { startRemoteAgent } from "./remote-agent.ts";
import { version } from "./version.ts";

/** Joins when it has not yet, and works until it is stopped or refused by the server. Throws ChiffonError. */
export async function runAgent(flags: AgentFlags, context: AgentContext): Promise<void> {
  const { config, say, signal } = context;
  const dataDir = path.resolve(flags.data ?? config.agentDataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await using _lock = await lockDataDirectory(dataDir);
  await using log = await openLogFile(dataDir);
  const identity = await identify(flags, context, dataDir);
  const refused = Promise.withResolvers<ChiffonError>();
  const onError = createErrorLog(log);
  const server = new URL(identity.url).host;
  const { silence } = scaleWaits(config.waitScale);
  await using state = await openAgentState(dataDir, { name: identity.name, server, silence, onError });
  let told: boolean | undefined;
  await using agent = await startRemoteAgent({
    dataDir,
    identity,
    searchPath: config.searchPath,
    home: config.home,
    version,
    rabbit: config.rabbit,
    waitScale: config.waitScale,
    onState({ connected, why }) {
      state.onState({ connected, why });
      if (told === connected) return;
      told = connected;
      if (connected) say(`connected to ${server} as ${identity.name} (${identity.agentType})`);
      else say(`not connected: ${why ?? "no reason was given"}; trying again`);
    },
    onHeard: state.onHeard,
    onRefused: refused.resolve,
    onError,
  });
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const reason = await Promise.race([refused.promise, stopped]);
  const tasks = agent.runningTasks().length;
  if (tasks > 0)
    say(
      `${tasks} playbook${tasks === 1 ? " goes" : "s go"} on without the agent; its next start picks ${tasks === 1 ? "it" : "them"} up`,
    );
  if (reason !== undefined) throw reason;
  say("stopped");
}

async function identify(
  flags: AgentFlags,
  context: AgentContext,
  dataDir: string,
): Promise<AgentIdentityFile> {
  const { say, signal } = context;
  const known = await findAgentIdentity(dataDir);
  if (known === undefined) return await join(flags, context, dataDir);
  if (flags.join !== undefined && new URL(flags.join).origin !== new URL(known.url).origin)
    throw new ChiffonError("conflict", `This agent has joined ${known.url} already.`, {
      hint: `For another server give it a data directory of its own: --data DIR. This one's is ${dataDir}.`,
    });
  const settled = await settleKeys(dataDir, known, signal);
  if (flags.rotateKeys !== true) return settled;
  if ((await createOrderStore(path.join(dataDir, "runs")).list()).length > 0)
    throw new ChiffonError("conflict", "The agent has work whose secrets are sealed to its present keys.", {
      hint: "Let it end first: start the agent without --rotate-keys.",
    });
  const changed = await changeKeys(dataDir, settled, signal);
  say("the agent has new keys, and the server knows them");
  return changed;
}

async function join(flags: AgentFlags, context: AgentContext, dataDir: string): Promise<AgentIdentityFile> {
  if (flags.join === undefined || (flags.serverKey === undefined && flags.invitation === undefined))
    throw new ChiffonError("setup-needed", "This machine has not joined a server yet.", {
      hint: "On the server: chiffon agents invite. It prints the command to run here, with --join and --server-key.",
    });
  const url = parseUrl(flags.join);
  const { serverKey, code, type } =
    flags.invitation === undefined
      ? { serverKey: flags.serverKey ?? "", code: await askForCode(context), type: flags.type }
      : await readInvitation(flags.invitation);
  const identity = await joinServer(dataDir, {
    url,
    fingerprint: serverKey,
    code,
    type,
    name: flags.name ?? hostname(),
    version,
    signal: context.signal,
  });
  context.say(`joined ${url.host} as ${identity.agentId}`);
  return identity;
}

async function askForCode(context: AgentContext): Promise<string> {
  const code = context.isTerminal
    ? await createPrompts(context).hidden("Code that chiffon agents invite printed:")
    : (await readStdin(context.stdin, context.signal)).trim();
  if (code !== "") return code;
  throw new ChiffonError("bad-input", "No code came.", {
    hint: "Type it at the prompt, or send it by stdin.",
  });
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new ChiffonError("bad-input", `${text} is no address of a server.`, {
    hint: "For example: --join https://box:7707",
  });
}
