import type { Plan, PlanStep } from "../../contracts/plan.ts";
import type { Question, Request } from "../../contracts/request.ts";
import type { Run } from "../../contracts/run.ts";

/*
 * Whole objects of the API to change in tests.
 */

export const at = "2026-11-22T12:00:00.000Z";
export const hash = `9f86d081884c${"7".repeat(52)}`;
export const ids = {
  plan: "15c4a236-0000-4000-8000-000000000001",
  request: "15c4a236-0000-4000-8000-000000000002",
  run: "e6775852-0000-4000-8000-000000000003",
  task: "e6775852-0000-4000-8000-000000000004",
  agent: "e6775852-0000-4000-8000-000000000005",
};

export const exampleStep: PlanStep = {
  index: 0,
  text: "Deploy the status page on web1",
  verb: "deploy",
  target: "status page",
  services: ["status-page"],
  unit: {
    id: "homelab:playbooks/status-page.yml",
    kind: "playbook",
    name: "status-page",
    path: "playbooks/status-page.yml",
    repository: "homelab",
    confidence: 0.97,
    evidence: 'Its name is "status-page".',
  },
  inventory: "inventory/hosts.yml",
  hosts: ["web1", "web2"],
  tags: [],
  vars: [{ name: "port", value: 8087, source: "from the request" }],
  secrets: ["DB_PASSWORD"],
  become: true,
  after: [],
  condition: null,
  ansibleTasks: [
    {
      name: "Install",
      module: "ansible.builtin.copy",
      source: "playbooks/status-page.yml:4",
      tags: [],
      become: true,
      dynamic: false,
      previewable: true,
    },
    {
      name: "Restart",
      module: "ansible.builtin.command",
      source: "playbooks/status-page.yml:9",
      tags: [],
      become: true,
      dynamic: false,
      previewable: false,
    },
  ],
  decidedAtRunTime: ["lookup of url at playbooks/status-page.yml:12"],
  previewable: 0.5,
  previewableAfter: [],
  snapshot: "b".repeat(64),
  fileCount: 3,
  expected: { p50: 12_000, p90: 30_000, samples: 5 },
  risk: "R2",
  riskReasons: ["half of it cannot be previewed"],
};

export function makePlan(change: Partial<Plan> = {}): Plan {
  return {
    id: ids.plan,
    requestId: ids.request,
    requestText: "Deploy the status page on web1",
    revision: 1,
    state: "proposed",
    reason: null,
    hash,
    summary: "deploy status-page on web1, web2",
    steps: [exampleStep],
    notes: [],
    risk: "R2",
    riskReasons: ["half of it cannot be previewed"],
    approvalForm: { kind: "review", typed: null },
    approval: null,
    runId: null,
    createdBy: "ada",
    createdAt: at,
    ...change,
  };
}

export function makeRequest(change: Partial<Request> = {}): Request {
  return {
    id: ids.request,
    text: "Deploy the status page on web1",
    priority: 3,
    highValue: false,
    status: "planned",
    intents: [],
    questions: [],
    planId: ids.plan,
    problem: null,
    createdBy: "ada",
    createdAt: at,
    ...change,
  };
}

export function makeQuestion(change: Partial<Question> = {}): Question {
  return {
    id: "unit:0",
    kind: "unit",
    step: 0,
    text: 'What should run for "deploy the page"?',
    options: [
      { value: "homelab:playbooks/status-page.yml", label: "status-page (playbooks/status-page.yml)" },
      { value: "leave out", label: "leave this step out" },
    ],
    free: false,
    answer: null,
    ...change,
  };
}

export function makeRun(change: Partial<Run> = {}): Run {
  return {
    id: ids.run,
    planId: ids.plan,
    planHash: hash,
    purpose: "change",
    requestText: "Deploy the status page on web1",
    state: "running",
    reason: null,
    priority: 3,
    tasks: [
      {
        id: ids.task,
        runId: ids.run,
        planId: ids.plan,
        step: 0,
        state: "running",
        reason: null,
        name: "status-page",
        hosts: ["web1", "web2"],
        after: [],
        attempts: [],
        startedAt: at,
        endedAt: null,
      },
    ],
    stops: [],
    createdAt: at,
    startedAt: at,
    endedAt: null,
    lastSeq: 0,
    ...change,
  };
}
