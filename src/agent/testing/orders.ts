import { hash, randomUUID } from "node:crypto";
import type { WorkRequest } from "../../contracts/agent-protocol.ts";
import type { StepManifest } from "../../contracts/plan.ts";
import { scaleWaits } from "../../domain/waits.ts";
import type { ExecutorDeps } from "../executor-deps.ts";

const digest = "0".repeat(64);
const never = (what: string) => () => Promise.reject(new Error(`never ${what} here`));

/** An agent without Ansible that has no snapshots and gets none: it can take orders over, adopt and report. */
export const bareDeps: Omit<ExecutorDeps, "agentId" | "link" | "orders" | "secrets" | "onError"> = {
  clock: { now: () => new Date() },
  waits: scaleWaits(0.01),
  waitScale: 0.01,
  newId: randomUUID,
  sha256: (text) => hash("sha256", text),
  tools: () => Promise.resolve(undefined),
  verify: () => true,
  snapshots: {
    open: never("opened"),
    receive: never("received"),
    verify: never("verified"),
    digest: () => digest,
  },
  blobs: {
    list: never("asked for"),
    read: () => {
      throw new Error("never read here");
    },
  },
  outputCapBytes: 1_000,
};

/** An order of one step; its approval is expired and its files are nowhere. */
export function orderOf(step: Partial<StepManifest> = {}): WorkRequest {
  const planId = randomUUID();
  const runId = randomUUID();
  const at = "2026-11-22T12:00:00.000Z";
  return {
    task_id: randomUUID(),
    attempt: 1,
    fence: 7,
    work_type: "ansible",
    run_id: runId,
    purpose: "change",
    parameters: {
      plan: { format: "chiffon-plan-1", planId, requestId: randomUUID(), revision: 1, steps: [digest] },
      step: {
        step: 0,
        unit: "demo:site.yml",
        project: ".",
        playbook: "site.yml",
        inventory: "hosts.yml",
        snapshot: digest,
        hosts: ["web1"],
        hostsFile: ".chiffon-hosts.yml",
        delegates: [],
        runsHere: true,
        variables: null,
        collections: [],
        tags: [],
        startAt: null,
        vars: {},
        secrets: [],
        knownHosts: [],
        become: false,
        check: false,
        timeoutSeconds: 60,
        after: [],
        condition: null,
        environment: digest,
        ansibleCore: "2.14.18",
        ...step,
      },
    },
    hints: { max_duration_seconds: 60, max_memory_mb: null, gpu_vram_mb: null, cpu_cores: null },
    lease: { expires_at: at, fence: 7 },
    orphan_limit_seconds: 60,
    plan_hash: digest,
    approval: {
      plan_id: planId,
      plan_hash: digest,
      run_id: runId,
      approved_by: "ada",
      approved_at: at,
      expires_at: "2026-11-22T12:00:00.000Z",
      stop_before: [],
      signature: "",
    },
    order_signature: "",
    inputs: null,
  };
}
