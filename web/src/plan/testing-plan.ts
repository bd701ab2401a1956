import type { Plan, PlanStep } from "../../../src/contracts/plan.ts";

/** A step as the server describes one, for tests. */
export function makeStep(over: Partial<PlanStep> = {}): PlanStep {
  return {
    index: 0,
    text: "deploy uptime kuma",
    verb: "deploy",
    target: "uptime kuma",
    services: ["uptime-kuma"],
    unit: {
      id: "homelab:playbooks/uptime-kuma.yml",
      kind: "playbook",
      name: "uptime-kuma",
      path: "playbooks/uptime-kuma.yml",
      repository: "homelab",
      confidence: 0.97,
      evidence: "its name is 'uptime-kuma'",
    },
    inventory: "inventory.yml",
    hosts: ["web1"],
    tags: [],
    vars: [],
    secrets: [],
    become: false,
    after: [],
    condition: null,
    ansibleTasks: [],
    decidedAtRunTime: [],
    previewable: 1,
    previewableAfter: [],
    snapshot: "a".repeat(64),
    fileCount: 3,
    expected: null,
    risk: "R1",
    riskReasons: [],
    ...over,
  };
}

/** A proposed plan, for tests. */
export function makePlan(over: Partial<Plan> = {}): Plan {
  return {
    id: "11111111-1111-4111-8111-111111111111",
    requestId: "22222222-2222-4222-8222-222222222222",
    requestText: "Deploy Uptime Kuma",
    revision: 1,
    state: "proposed",
    reason: null,
    hash: "0123456789abcdef".repeat(4),
    summary: "Deploy uptime-kuma on web1",
    steps: [makeStep()],
    notes: [],
    risk: "R1",
    riskReasons: [],
    approvalForm: { kind: "click", typed: null },
    approval: null,
    runId: null,
    createdBy: "ada",
    createdAt: "2026-11-22T12:00:00.000Z",
    ...over,
  };
}
