import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import type { Agent, Invited } from "../../src/contracts/agent.ts";
import { waitUntil, type Api, type Server, type World } from "./server.ts";

const main = path.join(import.meta.dirname, "../../src/main.ts");

/** `chiffon agent` as a process of its own, with a data directory of its own. */
export interface AgentProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Its data directory. */
  readonly data: string;
  said(): string;
  kill(): Promise<void>;
  /** Its exit code. */
  readonly gone: Promise<number | null>;
}

export interface AgentOptions {
  readonly name: string;
  /** Arguments behind `agent`. */
  readonly args?: readonly string[];
  /** What it reads from stdin. */
  readonly input?: string;
  readonly env?: Record<string, string>;
  /** Data directory of an agent of another name, to start a copy of it. */
  readonly data?: string;
}

export function startAgent(world: World, options: AgentOptions): AgentProcess {
  const data = options.data ?? path.join(world.dir, options.name);
  const args = [main, "agent", "--data", data, "--name", options.name, ...(options.args ?? [])];
  const child = spawn(process.execPath, args, {
    cwd: world.dir,
    env: { ...world.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const gone = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return {
    child,
    data,
    gone,
    said: () => said,
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await gone;
    },
  };
}

/** Invites an agent and starts it; resolves when the server has heard of it. */
export async function joinAgent(
  world: World,
  at: { server: Server; api: Api },
  options: AgentOptions & { type?: string; labels?: string[] },
): Promise<AgentProcess & { readonly id: string }> {
  const { type = "infra", labels = [] } = options;
  const invited = await at.api.post<Invited>("/agents/invite", { type, labels });
  const join = ["--join", at.server.url, "--server-key", invited.serverKey, "--type", type];
  const agent = startAgent(world, {
    ...options,
    args: [...join, ...(options.args ?? [])],
    input: `${invited.code}\n`,
  });
  const found = await online(at.api, options.name).catch((error: unknown) => {
    throw new Error(`the agent did not come: ${agent.said()}`, { cause: error });
  });
  return { ...agent, id: found.id };
}

/** The agent of that name, once it is online. */
export async function online(api: Api, name: string): Promise<Agent> {
  return await waitUntil(async () => {
    const agents = await api.get<Agent[]>("/agents");
    return agents.find((each) => each.name === name && each.status === "online");
  });
}
