import { generateKeyPairSync, hash, randomUUID, sign, verify } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { WorkRequest } from "../contracts/agent-protocol.ts";
import type { PlanManifest, StepManifest } from "../contracts/plan.ts";
import { approvalBytes } from "../domain/approval.ts";
import { canonicalJson } from "../domain/canonical-json.ts";
import { hashPlan, hashStep } from "../domain/plan-hash.ts";
import { findFault, type OrderChecks } from "./check-order.ts";

const sha256 = (text: string) => hash("sha256", text);
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
const environment = sha256("environment");
const now = new Date("2026-11-22T12:00:00.000Z");
const collections = [
  { name: "community.docker", version: "3.4.11" },
  { name: "home.lab", version: null },
];
const checks: OrderChecks = {
  sha256,
  verify: (bytes, text) => {
    const signature = Buffer.from(text, "base64");
    return signature.toString("base64") === text && verify(null, bytes, publicKey, signature);
  },
  environment: () => environment,
  ansibleCore: "2.14.18",
  collections,
  now,
};

function stepOf(index: number): StepManifest {
  return {
    step: index,
    unit: `demo:step-${index}.yml`,
    project: "site",
    playbook: `site/step-${index}.yml`,
    inventory: "hosts.yml",
    snapshot: sha256(`snapshot ${index}`),
    hosts: ["web1", "web2"],
    hostsFile: ".chiffon-hosts.yml",
    delegates: ["localhost"],
    runsHere: true,
    variables: sha256(`variables ${index}`),
    collections,
    tags: ["setup"],
    startAt: null,
    vars: { port: 8080, names: ["a", "b"], deep: { on: true, note: null } },
    secrets: [{ name: "db_password", version: 3 }],
    knownHosts: ["web1 ssh-ed25519 AAAA"],
    become: true,
    check: false,
    timeoutSeconds: 600,
    after: index === 0 ? [] : [0],
    condition: index === 0 ? null : { kind: "changed", step: 0 },
    environment,
    ansibleCore: "2.14.18",
  };
}

function orderFor(index: number, stopBefore: number[] = []): WorkRequest {
  const steps = [stepOf(0), stepOf(1)];
  const step = steps[index] ?? stepOf(index);
  const plan: PlanManifest = {
    format: "chiffon-plan-1",
    planId: randomUUID(),
    requestId: randomUUID(),
    revision: 1,
    steps: steps.map((each) => hashStep(each, sha256)),
  };
  const run_id = randomUUID();
  const plan_hash = hashPlan(plan, sha256);
  const unsigned = {
    plan_id: plan.planId,
    plan_hash,
    run_id,
    approved_by: "ada",
    approved_at: "2026-11-22T11:00:00.000Z",
    expires_at: "2026-11-23T11:00:00.000Z",
    stop_before: stopBefore,
  };
  const signature = sign(null, approvalBytes(unsigned), privateKey).toString("base64");
  return {
    task_id: randomUUID(),
    attempt: 1,
    fence: 1,
    work_type: "ansible",
    run_id,
    purpose: "change",
    parameters: { plan, step },
    hints: { max_duration_seconds: 600, max_memory_mb: null, gpu_vram_mb: null, cpu_cores: null },
    lease: { expires_at: now.toISOString(), fence: 1 },
    orphan_limit_seconds: 1_800,
    plan_hash,
    approval: { ...unsigned, signature },
    inputs: null,
  };
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Every place of a value, as a path of names and positions. */
function placesIn(value: Json, at: (string | number)[] = []): (string | number)[][] {
  if (value === null || typeof value !== "object") return [at];
  const inner = Array.isArray(value)
    ? value.flatMap((each, index) => placesIn(each, [...at, index]))
    : Object.entries(value).flatMap(([name, each]) => placesIn(each, [...at, name]));
  return [at, ...inner];
}

function replaceAt(
  value: Json,
  at: readonly (string | number)[],
  change: (old: Json) => Json | undefined,
): Json {
  const [head, ...rest] = at;
  if (head === undefined) return change(value) ?? value;
  if (Array.isArray(value))
    return value.flatMap((each, index) => {
      if (index !== head) return [each];
      const next = rest.length === 0 ? change(each) : replaceAt(each, rest, change);
      return next === undefined ? [] : [next];
    });
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) => {
      if (name !== head) return [[name, each]];
      const next = rest.length === 0 ? change(each) : replaceAt(each, rest, change);
      return next === undefined ? [] : [[name, next]];
    }),
  );
}

/** What somebody who wants something else to run would do with one value; undefined = take it away. */
function changeOf(seed: number, extra: Json): (old: Json) => Json | undefined {
  return (old) => {
    switch (seed % 4) {
      case 0:
        return extra;
      case 1:
        return undefined;
      case 2:
        if (typeof old === "string") return old.slice(0, seed % (old.length + 1)) + "x";
        if (typeof old === "number") return old + 1;
        if (typeof old === "boolean") return !old;
        return Array.isArray(old) ? [...old, extra] : { ...old, added: extra };
      default:
        return Array.isArray(old) ? old.toReversed() : [old];
    }
  };
}

test("the order of exactly the approved step is executed", () => {
  expect(findFault(orderFor(0), checks)).toBeUndefined();
  expect(findFault(orderFor(1), checks)).toBeUndefined();
});

test("of 20,000 random changes to plan, step and approval none is accepted", () => {
  const order = orderFor(1);
  const { parameters, plan_hash, approval, run_id } = order;
  // What the approval covers; the rest (lease, hints) decides nothing about what runs where.
  const covered = { parameters, plan_hash, approval, run_id } as unknown as Json;
  const rest = {
    ...order,
    parameters: undefined,
    plan_hash: undefined,
    approval: undefined,
    run_id: undefined,
  };
  const places = placesIn(covered).filter((at) => at.length > 0);
  const original = canonicalJson(order as unknown as Json);
  let [changed, understood] = [0, 0];
  const accepted: Json[] = [];
  const mutation = fc.record({
    place: fc.integer({ min: 0, max: places.length - 1 }),
    seed: fc.nat({ max: 1_000 }),
    extra: fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>,
  });
  for (const { place, seed, extra } of fc.sample(mutation, 26_000)) {
    const mutated = replaceAt(covered, places[place] ?? [], changeOf(seed, extra));
    if (canonicalJson(mutated) === canonicalJson(covered)) continue;
    // As at the edge: members that nobody knows fall away there.
    const parsed = WorkRequest.safeParse({ ...rest, ...(mutated as object) });
    if (parsed.success && canonicalJson(parsed.data as unknown as Json) === original) continue;
    changed += 1;
    if (!parsed.success) continue;
    understood += 1;
    if (findFault(parsed.data, checks) === undefined) accepted.push(mutated);
  }
  expect(changed).toBeGreaterThanOrEqual(20_000);
  expect(understood).toBeGreaterThanOrEqual(5_000);
  expect(accepted.slice(0, 1)).toEqual([]);
});

test("a step that waits for its second approval runs as a preview only, and no order can pretend that it has it", () => {
  const order = orderFor(1, [1]);
  expect(findFault(order, checks)).toEqual({ code: 5007, message: "step 2 needs its second approval" });
  expect(findFault({ ...order, purpose: "preview" }, checks)).toBeUndefined();
  expect(findFault(orderFor(0, [1]), checks)).toBeUndefined();
  const forged = { ...order, approval: { ...order.approval, stop_before: [] } };
  expect(findFault(forged, checks)?.message).toContain("not signed");
});

test("an approval does not pass for another run, another plan, after its time, or from another server", () => {
  const [mine, other] = [orderFor(0), orderFor(0)];
  const cases: [string, WorkRequest, Partial<OrderChecks>][] = [
    ["another plan or run", { ...mine, run_id: randomUUID() }, {}],
    ["another plan or run", { ...mine, approval: other.approval }, {}],
    [
      "the plan differs",
      { ...mine, parameters: { ...other.parameters, plan: { ...mine.parameters.plan, revision: 2 } } },
      {},
    ],
    ["expired", mine, { now: new Date("2026-11-23T11:00:00.000Z") }],
    [
      "not signed",
      mine,
      {
        verify: (bytes, signature) =>
          verify(null, bytes, stranger.publicKey, Buffer.from(signature, "base64")),
      },
    ],
    ["Ansible 2.14.18 was approved", mine, { ansibleCore: "2.17.0" }],
    ["has no Ansible", mine, { ansibleCore: undefined }],
    ["another version of a collection", mine, { collections: [] }],
    ["configuration differs", mine, { environment: () => sha256("changed") }],
  ];
  for (const [message, order, more] of cases)
    expect(findFault(order, { ...checks, ...more })?.message).toContain(message);
});
