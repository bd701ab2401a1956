import type { Agent, AgentCapacity, AvailableCapacity, CapacityNeeds } from "../contracts/agent.ts";
import type { Gpu, MachineMetrics } from "../contracts/metrics.ts";

/** Which agents have what is needed free, by what they have reported last: the freest first. Pure. */
export function findCapacity(agents: readonly Agent[], needs: CapacityNeeds): AvailableCapacity {
  const fitting: AgentCapacity[] = [];
  const others: AvailableCapacity["others"] = [];
  for (const agent of agents) {
    const why = whyNot(agent, needs);
    if (agent.metrics === null || why !== undefined)
      others.push({ agentId: agent.id, name: agent.name, type: agent.type, why: why ?? nothingTold });
    else fitting.push(capacityOf(agent, agent.metrics, needs));
  }
  const order = (a: AgentCapacity, b: AgentCapacity) =>
    b.freeShare - a.freeShare || a.name.localeCompare(b.name);
  return { needs, agents: fitting.toSorted(order), others };
}

const nothingTold = "it has not told anything about its machine yet";

function whyNot({ status, reason, metrics, drainingSince }: Agent, needs: CapacityNeeds): string | undefined {
  if (status === "offline") return `it is offline${reason === null ? "" : `: ${reason}`}`;
  if (drainingSince !== null) return "it takes no new work now";
  if (metrics === null) return nothingTold;
  const { cpu_cores_available: cores, cpu_cores_physical: allCores } = metrics;
  if (cores < needs.cpu_cores) return `${cores} of ${allCores} cores are free, ${needs.cpu_cores} are needed`;
  const gpu = freestGpu(metrics);
  if (needs.gpu_vram_gb === 0) return undefined;
  if (gpu === undefined) return "it has no graphics processor";
  return gpu.vram_available_gb < needs.gpu_vram_gb
    ? `${gpu.vram_available_gb} of ${gpu.vram_total_gb} GB of GPU memory are free, ${needs.gpu_vram_gb} are needed`
    : undefined;
}

function capacityOf(agent: Agent, metrics: MachineMetrics, needs: CapacityNeeds): AgentCapacity {
  const gpu = freestGpu(metrics) ?? null;
  const shares = [
    metrics.cpu_cores_available / metrics.cpu_cores_physical,
    shareOf(metrics.memory_available_gb, metrics.memory_total_gb),
    ...(gpu === null || needs.gpu_vram_gb === 0 ? [] : [shareOf(gpu.vram_available_gb, gpu.vram_total_gb)]),
  ];
  return {
    agentId: agent.id,
    name: agent.name,
    type: agent.type,
    cpuCores: { available: metrics.cpu_cores_available, physical: metrics.cpu_cores_physical },
    memoryGb: { available: metrics.memory_available_gb, total: metrics.memory_total_gb },
    gpu,
    freeShare: Math.round(Math.min(1, ...shares) * 100) / 100,
    runningTasks: agent.runningTasks.length,
    measuredAt: agent.lastSeenAt,
  };
}

/** A task gets one graphics processor: that with the most memory free counts. */
function freestGpu({ gpus }: MachineMetrics): Gpu | undefined {
  return gpus.toSorted((a, b) => b.vram_available_gb - a.vram_available_gb)[0];
}

const shareOf = (free: number, total: number): number => (total === 0 ? 0 : free / total);
