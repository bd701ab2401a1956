import { expect, test } from "vitest";
import type { Agent } from "../../contracts/agent.ts";
import type { InventoryHost, ResourceNeeds, UnitChoice } from "../../contracts/catalogue.ts";
import { compareResources } from "./resources.ts";

interface Has {
  readonly cores?: [total: number, free: number];
  readonly memory?: [total: number, free: number];
  readonly gpu?: [total: number, free: number];
  readonly status?: "online" | "offline";
  readonly capabilities?: string[];
}

function agent(name: string, has: Has = {}): Agent {
  const { cores = [4, 4], memory = [8, 8], gpu } = has;
  return {
    id: `id-of-${name}`,
    type: "infra",
    name,
    status: has.status ?? "online",
    reason: null,
    capabilities: has.capabilities ?? [],
    version: "0.1.0",
    metrics: {
      cpu_load_1min: 0,
      cpu_load_5min: 0,
      cpu_load_15min: 0,
      cpu_cores_physical: cores[0],
      cpu_cores_available: cores[1],
      memory_total_gb: memory[0],
      memory_available_gb: memory[1],
      gpus:
        gpu === undefined
          ? []
          : [
              {
                vendor: "nvidia",
                name: "x",
                vram_total_gb: gpu[0],
                vram_available_gb: gpu[1],
                utilisation: 0,
              },
            ],
      disk: { path: "/", total_gb: 10, available_gb: 5 },
      os: "test",
    },
    runningTasks: [],
    lastSeenAt: null,
    createdAt: "2026-11-22T12:00:00.000Z",
    joined: null,
    labels: [],
    drainingSince: null,
  };
}

const host = (name: string, connection = "ssh"): InventoryHost => ({
  name,
  groups: [],
  connection,
  address: name,
  port: 22,
  user: null,
});
const compare = (
  needs: ResourceNeeds,
  agents: Agent[],
  more: { on?: InventoryHost[]; choices?: UnitChoice[] } = {},
) =>
  compareResources({
    unit: { needs, choices: more.choices ?? [] },
    hosts: more.on ?? [host("web1")],
    inventory: ["web1", "gpu1"],
    agents,
  });

test("what is free where it runs is met", () => {
  expect(compare({ cpu_cores: 4, memory_gb: 8 }, [agent("web1")])).toEqual({
    needs: { cpu_cores: 4, memory_gb: 8 },
    state: "met",
    text: "web1 has 4 CPU cores and 8 GB of memory free",
    alternatives: [],
  });
});

test("what nobody has is missing, with the most that is known and what could be done", () => {
  const choices = ["small", "large"].map((value) => ({
    variable: "model_size",
    value,
    needs: [],
    version: null,
  }));
  expect(
    compare({ gpu_vram_gb: 24 }, [agent("web1"), agent("gpu1", { gpu: [12, 12] })], { choices }),
  ).toMatchObject({
    state: "missing",
    text: "web1 has 0 GB of GPU memory, not 24 GB of GPU memory",
    alternatives: [
      "another value of model_size, if one needs less: small, large",
      "connect a machine that has it: its agent reports what there is",
    ],
  });
  expect(compare({ gpu_vram_gb: 24 }, [agent("gpu1", { gpu: [12, 12] })]).text).toBe(
    "nobody is known to have 24 GB of GPU memory; the most is 12 GB of GPU memory on gpu1",
  );
  expect(compare({ cpu_cores: 1 }, [agent("web1", { status: "offline" })])).toMatchObject({
    state: "missing",
    text: "nobody is known to have 1 CPU core: no agent is online",
  });
});

test("another host that has it free is offered by its name, one outside the inventory as a machine", () => {
  const needs = { gpu_vram_gb: 8 };
  const agents = [agent("web1"), agent("gpu1", { gpu: [24, 20] }), agent("desk", { gpu: [24, 20] })];
  expect(compare(needs, agents).alternatives).toEqual([
    'another host: say "on gpu1", which has it free',
    "another machine: desk has it free, but is no host of this inventory",
  ]);
});

test("what is in use at the moment can be waited for; what nobody reports about is not known", () => {
  expect(compare({ memory_gb: 6 }, [agent("web1", { memory: [8, 2] })])).toMatchObject({
    state: "wait",
    text: "web1 has 8 GB of memory, but only 2 GB of memory free now",
    alternatives: ["wait: approve it when the machine is less busy"],
  });
  expect(compare({ memory_gb: 6 }, [agent("other")])).toMatchObject({
    state: "unknown",
    text: "no agent reports what web1 has",
  });
});

test("without SSH it runs where the agent runs; of several hosts the worst one counts", () => {
  const here = host("box", "local");
  const agents = [agent("my-machine", { capabilities: ["ansible"] }), agent("web1", { cores: [2, 2] })];
  expect(compare({ cpu_cores: 4 }, agents, { on: [here] }).state).toBe("met");
  expect(compare({ cpu_cores: 4 }, agents, { on: [here, host("web1")] })).toMatchObject({
    state: "missing",
    text: "box has 4 CPU cores free; web1 has 2 CPU cores, not 4 CPU cores",
  });
});
