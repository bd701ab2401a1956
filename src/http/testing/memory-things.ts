import type { Agent } from "../../contracts/agent.ts";
import type { Unit } from "../../contracts/catalogue.ts";
import type { RepositoryView } from "../../contracts/first-run.ts";
import type { Plan } from "../../contracts/plan.ts";
import type { Run, Task } from "../../contracts/run.ts";
import type { RepositoryTrust } from "../../contracts/trust.ts";

/* What the engine in memory has: one of each. */

export const at = "2026-11-22T12:00:00.000Z";
export const sha = "a".repeat(64);

export function makePlan(id: string, requestId: string): Plan {
  return {
    id,
    requestId,
    requestText: "Deploy the status page",
    revision: 1,
    state: "proposed",
    reason: null,
    hash: sha,
    summary: "deploy status-page on web1",
    steps: [],
    notes: [],
    risk: "R1",
    riskReasons: [],
    approvalForm: { kind: "click", typed: null },
    approval: null,
    runId: null,
    createdBy: "ada",
    createdAt: at,
  };
}

export function makeTask(id: string, runId: string, planId: string): Task {
  return {
    id,
    runId,
    planId,
    step: 0,
    state: "running",
    reason: null,
    name: "status-page",
    hosts: ["web1"],
    after: [],
    attempts: [],
    startedAt: at,
    endedAt: null,
  };
}

export function makeRun(id: string, plan: Plan, task: Task): Run {
  return {
    id,
    planId: plan.id,
    planHash: sha,
    purpose: "change",
    requestText: plan.requestText,
    state: "running",
    reason: null,
    priority: 3,
    tasks: [task],
    stops: [],
    createdAt: at,
    startedAt: at,
    endedAt: null,
    lastSeq: 0,
  };
}

export function makeAgent(id: string): Agent {
  return {
    id,
    type: "infra",
    name: "here",
    status: "online",
    reason: null,
    capabilities: ["ansible"],
    version: "0.1.0",
    metrics: null,
    runningTasks: [],
    lastSeenAt: at,
    joined: null,
    labels: [],
    drainingSince: null,
    createdAt: at,
  };
}

export const memoryUnit: Unit = {
  id: "homelab:playbooks/status page.yml",
  kind: "playbook",
  name: "status-page",
  path: "playbooks/status page.yml",
  playbook: "playbooks/status page.yml",
  project: ".",
  repository: "homelab",
  tags: [],
  enableVar: null,
  description: "",
  services: [],
  aliases: [],
  verbs: ["deploy"],
  vars: [],
  secrets: [],
  portals: null,
  choices: [],
  problem: null,
  plays: [],
  sha256: sha,
  minor: false,
};

export const memoryTrust: RepositoryTrust = {
  repository: "homelab",
  state: "none",
  hash: "0".repeat(64),
  files: [],
  trustedBy: null,
  trustedAt: null,
  sandboxProblem: null,
};

export const memoryRepository: RepositoryView = {
  name: "homelab",
  source: "flag",
  root: "/srv/homelab",
  url: null,
  branch: null,
  commit: null,
  units: 1,
  findings: 0,
  inventory: null,
  hosts: 0,
  inventories: [],
  requirements: [],
  problem: null,
  trust: { state: "none", files: 0, trustedAt: null },
  addedBy: null,
  addedAt: null,
};
