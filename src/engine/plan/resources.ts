import type { Agent } from "../../contracts/agent.ts";
import type { InventoryHost, ResourceNeeds, Unit, UnitChoice } from "../../contracts/catalogue.ts";
import type { MachineMetrics } from "../../contracts/metrics.ts";
import type { StepResources } from "../../contracts/plan.ts";

export interface ResourceQuestion {
  readonly unit: Pick<Unit, "choices"> & { readonly needs: ResourceNeeds };
  readonly hosts: readonly InventoryHost[];
  /** Names of all hosts of the inventory: where else it could run. */
  readonly inventory: readonly string[];
  readonly agents: readonly Agent[];
}

type Name = keyof ResourceNeeds;
interface Machine {
  readonly name: string;
  readonly total: Readonly<Record<Name, number>>;
  readonly free: Readonly<Record<Name, number>>;
}

const words: Readonly<Record<Name, (amount: number) => string>> = {
  gpu_vram_gb: (amount) => `${amount} GB of GPU memory`,
  cpu_cores: (amount) => `${amount} CPU core${amount === 1 ? "" : "s"}`,
  memory_gb: (amount) => `${amount} GB of memory`,
};
const order: readonly StepResources["state"][] = ["met", "unknown", "wait", "missing"];

/** Compares what a unit says it needs with what agents have reported last, and says what else could be done. Pure. */
export function compareResources(question: ResourceQuestion): StepResources {
  const { unit, hosts, agents } = question;
  const online = agents.filter((agent) => agent.status === "online");
  const machines = machinesOf(online);
  const verdicts = hosts.map((host) => judge(host, { needs: unit.needs, machines, online }));
  const worst = verdicts.toSorted((a, b) => order.indexOf(b.state) - order.indexOf(a.state))[0];
  const state = worst?.state ?? "unknown";
  return {
    needs: unit.needs,
    state,
    text: [...new Set(verdicts.map((each) => each.text))].join("; "),
    alternatives: state === "met" ? [] : listAlternatives(question, { state, machines }),
  };
}

/** One machine for each name: the agents of one machine report the same. */
function machinesOf(online: readonly Agent[]): Machine[] {
  const found = new Map<string, Machine>();
  for (const { name, metrics } of online)
    if (metrics !== null && !found.has(name)) found.set(name, machineOf(name, metrics));
  return [...found.values()];
}

function machineOf(name: string, metrics: MachineMetrics): Machine {
  const { gpus } = metrics;
  return {
    name,
    total: {
      gpu_vram_gb: Math.max(0, ...gpus.map((gpu) => gpu.vram_total_gb)),
      cpu_cores: metrics.cpu_cores_physical,
      memory_gb: metrics.memory_total_gb,
    },
    free: {
      gpu_vram_gb: Math.max(0, ...gpus.map((gpu) => gpu.vram_available_gb)),
      cpu_cores: metrics.cpu_cores_available,
      memory_gb: metrics.memory_available_gb,
    },
  };
}

function judge(
  host: InventoryHost,
  at: { needs: ResourceNeeds; machines: readonly Machine[]; online: readonly Agent[] },
): Pick<StepResources, "state" | "text"> {
  const { needs, machines } = at;
  const machine = machines.find((each) => isMachineOf(each.name, host, at.online));
  if (machine === undefined) {
    const known = machines.some((each) => lacking(needs, each.total).length === 0);
    return known
      ? { state: "unknown", text: `no agent reports what ${host.name} has` }
      : { state: "missing", text: `nobody is known to have ${tell(needs)}${best(needs, machines)}` };
  }
  const never = lacking(needs, machine.total);
  if (never.length > 0)
    return {
      state: "missing",
      text: `${host.name} has ${amounts(never, machine.total)}, not ${tell(needs, never)}`,
    };
  const busy = lacking(needs, machine.free);
  if (busy.length > 0)
    return {
      state: "wait",
      text: `${host.name} has ${amounts(busy, machine.total)}, but only ${amounts(busy, machine.free)} free now`,
    };
  return { state: "met", text: `${host.name} has ${tell(needs)} free` };
}

/** An agent reports about its own machine: by its name, or, for what runs without SSH, the one that runs Ansible. */
function isMachineOf(name: string, host: InventoryHost, online: readonly Agent[]): boolean {
  if (host.connection === "local")
    return online.some((agent) => agent.name === name && agent.capabilities.includes("ansible"));
  return name === host.name || name === host.address;
}

function lacking(needs: ResourceNeeds, has: Readonly<Record<Name, number>>): Name[] {
  return namesOf(needs).filter((name) => has[name] < (needs[name] ?? 0));
}

const namesOf = (needs: ResourceNeeds): Name[] =>
  (Object.keys(words) as Name[]).filter((name) => needs[name] !== undefined);

function tell(needs: ResourceNeeds, names: readonly Name[] = namesOf(needs)): string {
  return names.map((name) => words[name](needs[name] ?? 0)).join(" and ");
}

function amounts(names: readonly Name[], has: Readonly<Record<Name, number>>): string {
  return names.map((name) => words[name](has[name])).join(" and ");
}

/** The most that anybody has of what is missing. */
function best(needs: ResourceNeeds, machines: readonly Machine[]): string {
  if (machines.length === 0) return ": no agent is online";
  const most = namesOf(needs).map((name) => {
    const top = machines.reduce((a, b) => (b.total[name] > a.total[name] ? b : a));
    return `${words[name](top.total[name])} on ${top.name}`;
  });
  return `; the most is ${most.join(", ")}`;
}

function listAlternatives(
  { unit, hosts, inventory }: ResourceQuestion,
  { state, machines }: { state: StepResources["state"]; machines: readonly Machine[] },
): string[] {
  const own = new Set(hosts.flatMap((host) => [host.name, host.address]));
  const others = machines.filter(
    (machine) => !own.has(machine.name) && lacking(unit.needs, machine.free).length === 0,
  );
  const found = others.map(({ name }) =>
    inventory.includes(name)
      ? `another host: say "on ${name}", which has it free`
      : `another machine: ${name} has it free, but is no host of this inventory`,
  );
  found.push(...smallerValues(unit.choices));
  if (state === "wait") found.push("wait: approve it when the machine is less busy");
  if (state === "missing" && others.length === 0)
    found.push("connect a machine that has it: its agent reports what there is");
  return found;
}

/** The unit says itself which values it knows; only a person can say which of them needs less. */
function smallerValues(choices: readonly UnitChoice[]): string[] {
  const byVariable = Map.groupBy(choices, (choice) => choice.variable);
  return [...byVariable].flatMap(([variable, values]) =>
    values.length < 2
      ? []
      : [`another value of ${variable}, if one needs less: ${values.map((each) => each.value).join(", ")}`],
  );
}
