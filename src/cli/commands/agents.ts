import { InvalidArgumentError, type Command } from "commander";
import type { Agent } from "../../contracts/agent.ts";
import { agentUser, brokerUserCommands } from "../../domain/broker-user.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { act, describe, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { withPassword } from "../password.ts";
import { localTime, oneLine, shortId, table } from "../text.ts";
import { pick } from "./shared.ts";

/** `agents`: the machines that execute, and what they have free. */
export function registerAgents(program: Command, context: CliContext): void {
  const agents = program.command("agents").description("the machines that execute, and what they have free");
  describe(agents.command("list", { isDefault: true }), "all agents", [
    "chiffon agents list",
    "chiffon agents --json",
  ])
    .option("--type <type>", "only of this type, for example infra")
    .action(act(context, list));
  describe(agents.command("show <agent>"), "an agent, by id or name", [
    "chiffon agents show 1a2b3c4d",
  ]).action(act(context, show));
  describe(
    agents.command("invite"),
    "let one agent join from another machine: prints the command to run there, and a code to type there within 15 minutes",
    ["chiffon agents invite", "chiffon agents invite --type desktop --label gpu"],
  )
    .option("--type <type>", "what it may be: infra executes playbooks, desktop reports its machine", "infra")
    .option("--label <label>", "label of the agent; may be given several times", collect, [])
    .option("--user <name>", "the admin whose password is asked for, where one is needed")
    .action(act(context, invite));
  describe(
    agents.command("broker-user <agent>"),
    "the commands that make an agent's user of RabbitMQ, to be run where the broker runs; the first asks for a password",
    ["chiffon agents broker-user nas --vhost chiffon"],
  )
    .option("--vhost <name>", "virtual host of the broker", "/")
    .action(act(context, showBrokerUser));
  describe(
    agents.command("drain <agent>"),
    "give an agent no new work, for example before its machine is updated; what it runs goes on",
    ["chiffon agents drain nas --reason 'new disk'", "chiffon agents drain nas --end"],
  )
    .option("--end", "give it work again")
    .option("--reason <text>", "why; it stays in the record", "")
    .action(act(context, drain));
  describe(
    agents.command("revoke <agent>"),
    "end the connection of an agent at once and for good; it can only join anew",
    ["chiffon agents revoke nas --reason 'sold'"],
  )
    .option("--reason <text>", "why; it stays in the record", "")
    .option("--user <name>", "the admin whose password is asked for, where one is needed")
    .action(act(context, revoke));
}

function collect(value: string, list: string[]): string[] {
  return [...list, value];
}

async function invite(
  session: Session,
  flags: CommonFlags & { type: string; label: string[]; user?: string },
): Promise<number> {
  const { api, out, me } = session;
  const invited = await withPassword(session, { user: flags.user }, () =>
    api.agents.invite({ type: flags.type, labels: flags.label }),
  );
  const { url } = await api.findServer();
  const address = url.origin + url.pathname.replace(/\/+$/, "");
  const command = `chiffon agent --join ${address} --server-key ${invited.serverKey}${invited.type === "infra" ? "" : ` --type ${invited.type}`}`;
  if (out.json) {
    out.object({ ...invited, command });
    return exitCodes.ok;
  }
  out.note("On the other machine, run this and type the code when it asks for it (or send it by stdin):");
  out.data(`  ${command}`, `  code: ${invited.code}`);
  out.note(`The code is for one agent, valid until ${localTime(invited.expiresAt)}, and is shown only now.`);
  if (url.protocol === "http:")
    out.note(
      "This server listens on this machine only. For agents on other machines start it with --host ADDRESS, then invite again.",
    );
  out.note(`See it come: ${me} agents list`);
  return exitCodes.ok;
}

async function showBrokerUser(
  { api, out, me }: Session,
  flags: CommonFlags & { vhost: string },
  id: string,
): Promise<number> {
  const agent = pick(await api.agents.list(), id, { noun: "agent", list: `${me} agents list` });
  if (agent.joined === null)
    throw new ChiffonError("bad-input", `${oneLine(agent.name)} is part of the server: it needs no broker.`);
  const commands = brokerUserCommands(agent.id, flags.vhost);
  if (out.json) {
    out.object({ agentId: agent.id, user: agentUser(agent.id), commands });
    return exitCodes.ok;
  }
  out.data(...commands);
  out.note(
    `Then start the agent with CHIFFON_RABBITMQ_URL_FILE: a file with amqps://${agentUser(agent.id)}:PASSWORD@HOST/${encodeURIComponent(flags.vhost)}`,
  );
  return exitCodes.ok;
}

async function drain(
  { api, out, me }: Session,
  flags: CommonFlags & { end?: true; reason: string },
  id: string,
): Promise<number> {
  const agent = pick(await api.agents.list(), id, { noun: "agent", list: `${me} agents list` });
  const draining = flags.end !== true;
  const now = await api.agents.drain(agent.id, { draining, reason: flags.reason });
  if (out.json) out.object(now);
  else out.note(drainedText(now, me));
  return exitCodes.ok;
}

function drainedText({ name, drainingSince, runningTasks }: Agent, me: string): string {
  const shown = oneLine(name);
  if (drainingSince === null) return `${shown} gets work again.`;
  const left =
    runningTasks.length === 0
      ? "It runs nothing."
      : `It still runs ${runningTasks.length} ${runningTasks.length === 1 ? "task" : "tasks"}: ${me} agents show ${shown}`;
  return `${shown} gets no new work. ${left}`;
}

async function revoke(
  session: Session,
  flags: CommonFlags & { reason: string; user?: string },
  id: string,
): Promise<number> {
  const { api, out, me } = session;
  const agent = pick(await api.agents.list(), id, { noun: "agent", list: `${me} agents list` });
  const revoked = await withPassword(session, { user: flags.user }, () =>
    api.agents.revoke(agent.id, flags.reason),
  );
  if (out.json) out.object(revoked);
  else
    out.note(`${oneLine(revoked.name)} is revoked: it was disconnected and cannot come back with its keys.`);
  return exitCodes.ok;
}

/** `capacity`: where so much is free. */
export function registerCapacity(program: Command, context: CliContext): void {
  describe(
    program.command("capacity"),
    "which machines have so much free, by what their agents have reported last; exit code 1 when none has",
    ["chiffon capacity", "chiffon capacity --vram-gb 16 --cores 4"],
  )
    .option("--vram-gb <number>", "GPU memory on one graphics processor", parseAmount, 0)
    .option("--cores <number>", "CPU cores", parseAmount, 0)
    .action(act(context, showCapacity));
}

async function showCapacity(
  { api, out }: Session,
  flags: CommonFlags & { vramGb: number; cores: number },
): Promise<number> {
  const found = await api.agents.capacity({ vramGb: flags.vramGb, cores: flags.cores });
  if (out.json) out.object(found);
  else {
    const columns = [
      { title: "agent" },
      { title: "name", flexible: true },
      { title: "type" },
      { title: "free", right: true },
      { title: "cores" },
      { title: "memory" },
      { title: "VRAM" },
      { title: "measured" },
    ];
    const rows = found.agents.map(({ gpu, ...agent }) => [
      shortId(agent.agentId),
      agent.name,
      agent.type,
      `${Math.round(agent.freeShare * 100)} %`,
      `${agent.cpuCores.available} of ${agent.cpuCores.physical}`,
      gb(agent.memoryGb.available, agent.memoryGb.total),
      gpu === null ? "-" : gb(gpu.vram_available_gb, gpu.vram_total_gb),
      localTime(agent.measuredAt),
    ]);
    if (rows.length === 0) out.note("No agent has that free.");
    else out.data(...table(columns, rows, out.width));
    out.note(...found.others.map(({ name, type, why }) => `not ${oneLine(name)} (${type}): ${oneLine(why)}`));
  }
  return found.agents.length > 0 ? exitCodes.ok : exitCodes.failed;
}

const gb = (free: number, all: number): string => `${free.toFixed(1)} of ${all.toFixed(1)} GB`;

function parseAmount(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= 0 && number <= 1_000_000) return number;
  throw new InvalidArgumentError("a number from 0");
}

async function list({ api, out }: Session, flags: CommonFlags & { type?: string }): Promise<number> {
  const agents = await api.agents.list(flags.type);
  if (out.json) out.object(agents);
  else if (agents.length === 0) out.note("There are no agents.");
  else {
    const columns = [
      { title: "agent" },
      { title: "name", flexible: true },
      { title: "type" },
      { title: "status" },
      { title: "load", right: true },
      { title: "cores free" },
      { title: "memory free" },
      { title: "VRAM free" },
      { title: "disk free" },
      { title: "tasks", right: true },
      { title: "last seen" },
    ];
    out.data(...table(columns, agents.map(row), out.width));
  }
  return exitCodes.ok;
}

function row(agent: Agent): string[] {
  const { metrics } = agent;
  const best = metrics?.gpus.toSorted((a, b) => b.vram_available_gb - a.vram_available_gb)[0];
  return [
    shortId(agent.id),
    agent.name,
    agent.type,
    agent.drainingSince === null ? agent.status : `${agent.status}, drained`,
    metrics === null ? "-" : metrics.cpu_load_1min.toFixed(2),
    metrics === null ? "-" : `${metrics.cpu_cores_available} of ${metrics.cpu_cores_physical}`,
    metrics === null ? "-" : gb(metrics.memory_available_gb, metrics.memory_total_gb),
    best === undefined ? "-" : gb(best.vram_available_gb, best.vram_total_gb),
    metrics === null ? "-" : gb(metrics.disk.available_gb, metrics.disk.total_gb),
    String(agent.runningTasks.length),
    localTime(agent.lastSeenAt),
  ];
}

async function show({ api, out, me }: Session, _flags: CommonFlags, id: string): Promise<number> {
  const agent = pick(await api.agents.list(), id, { noun: "agent", list: `${me} agents list` });
  if (out.json) out.object(agent);
  else out.data(...describeAgent(agent));
  return exitCodes.ok;
}

function describeAgent(agent: Agent): string[] {
  const { metrics } = agent;
  const line = (title: string, text: string): string => `${title.padEnd(13)}${oneLine(text)}`;
  const gb = (free: number, all: number): string => `${free.toFixed(2)} of ${all.toFixed(2)} GB free`;
  return [
    line("Agent", agent.id),
    line("Name", agent.name),
    line("Type", agent.type),
    line("Status", `${agent.status}${agent.reason === null ? "" : `: ${agent.reason}`}`),
    ...(agent.drainingSince === null
      ? []
      : [line("Drained", `it gets no new work since ${localTime(agent.drainingSince)}`)]),
    line("Version", agent.version),
    line("Can", agent.capabilities.join(", ")),
    ...(agent.labels.length === 0 ? [] : [line("Labels", agent.labels.join(", "))]),
    line(
      "Joined",
      agent.joined === null
        ? "part of the server"
        : `${localTime(agent.joined.at)}, from ${agent.joined.address ?? "an unknown address"}`,
    ),
    line("Last seen", localTime(agent.lastSeenAt)),
    line("Running", agent.runningTasks.length === 0 ? "nothing" : agent.runningTasks.join(", ")),
    ...(metrics === null
      ? [line("Machine", "has not told anything yet")]
      : [
          line("System", metrics.os),
          line(
            "Load",
            `${metrics.cpu_load_1min.toFixed(2)}, ${metrics.cpu_load_5min.toFixed(2)}, ${metrics.cpu_load_15min.toFixed(2)} (1, 5, 15 min)`,
          ),
          line("Cores", `${metrics.cpu_cores_available} of ${metrics.cpu_cores_physical} free`),
          line("Memory", gb(metrics.memory_available_gb, metrics.memory_total_gb)),
          line("Disk", `${gb(metrics.disk.available_gb, metrics.disk.total_gb)} (${metrics.disk.path})`),
          ...metrics.gpus.map((gpu) =>
            line(
              "GPU",
              `${gpu.vendor} ${gpu.name}, VRAM ${gb(gpu.vram_available_gb, gpu.vram_total_gb)}${gpu.utilisation === null ? "" : `, ${Math.round(gpu.utilisation * 100)} % in use`}`,
            ),
          ),
        ]),
  ];
}
