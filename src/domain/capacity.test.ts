import { expect, test } from "vitest";
import type { Agent } from "../contracts/agent.ts";
import type { Gpu, MachineMetrics } from "../contracts/metrics.ts";
import { findCapacity } from "./capacity.ts";

const gpu = (free: number, total: number): Gpu => ({
  vendor: "nvidia",
  name: "RTX",
  vram_total_gb: total,
  vram_available_gb: free,
  utilisation: null,
});

function agent(name: string, metrics: Partial<MachineMetrics> | null, more: Partial<Agent> = {}): Agent {
  return {
    id: `00000000-0000-4000-8000-00000000000${name.at(-1)}`,
    type: "desktop",
    name,
    status: "online",
    reason: null,
    capabilities: [],
    version: "0.1.0",
    metrics: metrics && {
      cpu_load_1min: 0,
      cpu_load_5min: 0,
      cpu_load_15min: 0,
      cpu_cores_physical: 8,
      cpu_cores_available: 8,
      memory_total_gb: 32,
      memory_available_gb: 32,
      gpus: [],
      disk: { path: "/", total_gb: 100, available_gb: 50 },
      os: "test",
      ...metrics,
    },
    runningTasks: [],
    lastSeenAt: "2026-11-22T12:00:00.000Z",
    createdAt: "2026-11-22T12:00:00.000Z",
    joined: null,
    labels: [],
    drainingSince: null,
    ...more,
  };
}

const namesOf = (found: ReturnType<typeof findCapacity>) =>
  found.agents.map((each) => `${each.name} ${each.freeShare}`);

test("agents that have what is needed come with the scarcest share that is free, the freest first", () => {
  const agents = [
    agent("box1", { cpu_cores_available: 2 }),
    agent("box2", { memory_available_gb: 8, gpus: [gpu(2, 8), gpu(6, 24)] }),
    agent("box3", { gpus: [gpu(24, 24)] }),
    agent("box4", {}),
  ];
  expect(namesOf(findCapacity(agents, { gpu_vram_gb: 0, cpu_cores: 0 }))).toEqual([
    "box3 1",
    "box4 1",
    "box1 0.25",
    "box2 0.25",
  ]);
  // GPU memory counts where it is needed, on the one processor that has the most free.
  const wanted = findCapacity(agents, { gpu_vram_gb: 4, cpu_cores: 4 });
  expect(namesOf(wanted)).toEqual(["box3 1", "box2 0.25"]);
  expect(wanted.agents[1]).toMatchObject({
    gpu: { vram_available_gb: 6, vram_total_gb: 24 },
    cpuCores: { available: 8, physical: 8 },
    memoryGb: { available: 8, total: 32 },
    runningTasks: 0,
    measuredAt: "2026-11-22T12:00:00.000Z",
  });
});

test("each of the others says why it is not among them", () => {
  const agents = [
    agent("box1", {}, { status: "offline", reason: "no sign of life" }),
    agent("box2", null),
    agent("box3", { cpu_cores_available: 3 }),
    agent("box4", {}),
    agent("box5", { gpus: [gpu(7.5, 24)] }),
    agent("box6", { gpus: [gpu(16, 16)], cpu_cores_available: 4 }),
  ];
  const found = findCapacity(agents, { gpu_vram_gb: 16, cpu_cores: 4 });
  expect(namesOf(found)).toEqual(["box6 0.5"]);
  expect(found.others.map(({ name, why }) => `${name}: ${why}`)).toEqual([
    "box1: it is offline: no sign of life",
    "box2: it has not told anything about its machine yet",
    "box3: 3 of 8 cores are free, 4 are needed",
    "box4: it has no graphics processor",
    "box5: 7.5 of 24 GB of GPU memory are free, 16 are needed",
  ]);
  expect(found.needs).toEqual({ gpu_vram_gb: 16, cpu_cores: 4 });
});

test("a machine without memory or more load than cores has no share below nothing", () => {
  const found = findCapacity([agent("box1", { memory_total_gb: 0, memory_available_gb: 0 })], {
    gpu_vram_gb: 0,
    cpu_cores: 0,
  });
  expect(namesOf(found)).toEqual(["box1 0"]);
});
