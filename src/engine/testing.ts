import { randomUUID } from "node:crypto";
import path from "node:path";
import { openDatabase, type OpenDatabase } from "../adapters/database/open.ts";
import { createTestDatabase } from "../adapters/database/testing.ts";
import type { Envelope, Message } from "../contracts/agent-protocol.ts";
import { protocolVersion } from "../contracts/agent-protocol.ts";
import type { StepManifest } from "../contracts/plan.ts";
import type { Parallel, Priority } from "../contracts/vocabulary.ts";
import { queueTime } from "../domain/queue/queue.ts";
import { scaleWaits } from "../domain/waits.ts";
import { insertRun, insertTasks } from "./approve/sql.ts";
import type { CoreDeps } from "./core-deps.ts";
import type { PlanDocument } from "./core-tables.ts";
import { getPlanRow, insertPlan } from "./plan/sql.ts";
import { insertRequest } from "./request/sql.ts";
import { applyRunEvent } from "./run/apply.ts";
import type { Database, Tables } from "./schema.ts";

export interface TestCore extends AsyncDisposable {
  readonly deps: CoreDeps;
  readonly db: Database;
  readonly listen: OpenDatabase<Tables>["listen"];
  /** Moves the clock that the core sees. */
  advance(milliseconds: number): void;
}

/** The execution core on a real PostgreSQL with a clock of the test's own. */
export async function createTestCore(): Promise<TestCore> {
  const stack = new AsyncDisposableStack();
  const migrations = path.join(import.meta.dirname, "migrations");
  const database = stack.use(await createTestDatabase({ migrations }));
  const opened = stack.use(openDatabase<Tables>({ connection: database.connection }));
  let now = Date.parse("2026-11-22T12:00:00.000Z");
  const clock = { now: () => new Date(now) };
  const listeningSince = new Date(now);
  const deps: CoreDeps = {
    db: opened.db,
    clock,
    waits: scaleWaits(1),
    attemptsPerAgent: 4,
    newId: randomUUID,
    replica: randomUUID(),
    sign: () => "",
    sealSecrets: () => Promise.reject(new Error("no agent of these tests is on another machine")),
    random: () => 0.5,
    listeningSince,
  };
  return {
    deps,
    db: opened.db,
    listen: opened.listen,
    advance: (milliseconds) => {
      now += milliseconds;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const system = { kind: "system" as const, name: "test", id: null };
const digest = "0".repeat(64);

interface TestStep {
  readonly hosts: string[];
  readonly after?: number[];
  readonly parallel?: Parallel;
  /** Default: one of its own. */
  readonly services?: string[];
  /** Whether anything of it runs on the machine that Ansible runs on; default: yes. */
  readonly here?: boolean;
  readonly secrets?: StepManifest["secrets"];
}

function manifestOf(
  step: number,
  { hosts, after = [], parallel, here = true, secrets = [] }: TestStep,
): StepManifest {
  return {
    ...(parallel === undefined ? {} : { parallel }),
    step,
    unit: `demo:step-${step}.yml`,
    project: ".",
    playbook: `step-${step}.yml`,
    inventory: "hosts.yml",
    snapshot: digest,
    hosts,
    hostsFile: ".chiffon-hosts.yml",
    delegates: [],
    runsHere: here,
    variables: null,
    collections: [],
    tags: [],
    startAt: null,
    vars: {},
    secrets,
    knownHosts: [],
    become: false,
    check: false,
    timeoutSeconds: 60,
    after,
    condition: null,
    environment: digest,
    ansibleCore: "2.14.18",
  };
}

function documentOf(steps: readonly StepManifest[], asked: readonly TestStep[]): PlanDocument {
  return {
    notes: [],
    riskReasons: [],
    steps: steps.map((manifest) => ({
      index: manifest.step,
      text: `step ${manifest.step}`,
      verb: "deploy",
      target: `step-${manifest.step}`,
      services: asked[manifest.step]?.services ?? [`step-${manifest.step}`],
      unit: {
        id: manifest.unit,
        kind: "playbook",
        name: `step-${manifest.step}`,
        path: manifest.playbook,
        repository: "demo",
        confidence: 1,
        evidence: "test",
      },
      inventory: manifest.inventory,
      hosts: manifest.hosts,
      tags: [],
      vars: [],
      secrets: [],
      become: false,
      after: manifest.after,
      condition: null,
      ansibleTasks: [],
      decidedAtRunTime: [],
      previewable: 1,
      previewableAfter: [],
      snapshot: digest,
      fileCount: 1,
      expected: null,
      risk: "R1",
      riskReasons: [],
    })),
  };
}

/** An approved run whose steps follow one another; `hosts` per step. */
export async function createTestRun(
  core: Pick<TestCore, "deps">,
  hosts: readonly string[][],
  stopBefore: number[] = [],
): Promise<{ runId: string }> {
  const steps = hosts.map((names, step) => ({ hosts: names, after: step === 0 ? [] : [step - 1] }));
  return await createRunOf(core, { steps, stopBefore });
}

/** An approved run of these steps. */
export async function createRunOf(
  { deps }: Pick<TestCore, "deps">,
  run: { steps: readonly TestStep[]; stopBefore?: number[]; priority?: Priority },
): Promise<{ runId: string }> {
  const { stopBefore = [], priority = 3 } = run;
  const at = deps.clock.now();
  const [requestId, planId, runId] = [randomUUID(), randomUUID(), randomUUID()];
  const steps = run.steps.map((each, step) => manifestOf(step, each));
  await deps.db.transaction().execute(async (tx) => {
    const body = { text: "do it", priority, highValue: false };
    await insertRequest(tx, { id: requestId, body, by: system, at });
    await insertPlan(tx, {
      id: planId,
      request_id: requestId,
      revision: 1,
      state: "approved",
      hash: digest,
      summary: "test",
      risk: "R1",
      document: documentOf(steps, run.steps),
      manifests: {
        plan: { format: "chiffon-plan-1", planId, requestId, revision: 1, steps: steps.map(() => digest) },
        steps,
      },
      created_by: system,
      created_at: at,
    });
    const row = await getPlanRow(tx, planId);
    const signed = {
      plan_id: planId,
      plan_hash: digest,
      run_id: runId,
      approved_by: "test",
      approved_at: at.toISOString(),
      expires_at: new Date(at.getTime() + deps.waits.approvalValid).toISOString(),
      stop_before: stopBefore,
      signature: "",
    };
    await insertRun(tx, { runId, row, signed, at });
    const queueAt = new Date(queueTime({ createdAt: at.getTime(), priority }, deps.waits.agePriority));
    await insertTasks(tx, { runId, row, stopBefore, queueAt, newId: randomUUID });
    await applyRunEvent(deps, tx, { runId, event: { type: "begun" } });
  });
  return { runId };
}

/** A message as an agent sends it. */
export function fromAgent(agentId: string, message: Message, messageId: string = randomUUID()): Envelope {
  return {
    protocol_version: protocolVersion,
    message_id: messageId,
    from_agent: agentId,
    to_agent: "server",
    timestamp: "2026-11-22T12:00:00.000Z",
    trace_id: messageId,
    request_id: messageId,
    priority: 3,
    attempt: null,
    seq: null,
    x_custom_fields: {},
    signature: null,
    ...message,
  };
}

export function heartbeatOf(agentId: string, more: { leaving?: boolean } = {}): Message {
  return {
    type: "heartbeat",
    payload: {
      agent_id: agentId,
      agent_type: "infra",
      name: "box",
      capabilities: ["ansible"],
      version: "0.1.0",
      running_tasks: [],
      leaving: more.leaving ?? false,
      metrics: {
        cpu_load_1min: 0,
        cpu_load_5min: 0,
        cpu_load_15min: 0,
        cpu_cores_physical: 2,
        cpu_cores_available: 2,
        memory_total_gb: 8,
        memory_available_gb: 4,
        gpus: [],
        disk: { path: "/", total_gb: 10, available_gb: 5 },
        os: "test",
      },
    },
  };
}
