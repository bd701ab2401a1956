import { generateKeyPairSync, hash, randomUUID, sign, verify } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { WorkRequest } from "../contracts/agent-protocol.ts";
import { SnapshotFile, type PlanManifest, type StepManifest } from "../contracts/plan.ts";
import { digestOfFiles } from "../ansible/snapshot/manifest.ts";
import { approvalBytes, orderBytes } from "../domain/approval.ts";
import { canonicalJson } from "../domain/canonical-json.ts";
import { hashPlan, hashStep } from "../domain/plan-hash.ts";
import { findFault, type OrderChecks } from "./check-order.ts";

const sha256 = (text: string) => hash("sha256", text);
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
const environment = sha256("environment");
const now = new Date("2026-11-22T12:00:00.000Z");
const collections = [
  { name: "community.docker", version: "3.4.11", sha256: sha256("its files") },
  { name: "home.lab", version: null },
];
const agentId = randomUUID();
const checks: OrderChecks = {
  agentId,
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
    snapshot: digestOfFiles(filesOf(index)),
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
    restartsHere: ["site/step-0.yml:4"],
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
  const order: WorkRequest = {
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
    order_signature: "",
    inputs: null,
  };
  return resign(order);
}

const resign = (order: WorkRequest): WorkRequest => ({
  ...order,
  order_signature: sign(null, orderBytes(order, agentId), privateKey).toString("base64"),
});

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

/** A text that differs from `old` in one of the ways in which bytes and characters can. */
function otherText(old: string, seed: number): string {
  const at = old.length === 0 ? 0 : (seed >>> 4) % old.length;
  const [before, char, after] = [old.slice(0, at), old.slice(at, at + 1), old.slice(at + 1)];
  const flipped = String.fromCharCode((char.charCodeAt(0) || 0) ^ (1 << (seed & 7)));
  const others = [
    before + flipped + after,
    before + after,
    old + char,
    `${before}\u0000${char}${after}`,
    `${old} `,
    `${old}\n`,
    `${before}${char}\u200b${after}`,
    old.toUpperCase() === old ? old.toLowerCase() : old.toUpperCase(),
    "",
    `../${old}`,
    `${old},all`,
    old.slice(0, at),
    old.normalize("NFD") === old ? `${old}\u0301` : old.normalize("NFD"),
    [...old].toReversed().join(""),
    before + (char === "e" ? "\u0435" : `${char}${char}`) + after,
    "{{ lookup('pipe', 'id') }}",
  ];
  return others[seed % others.length] ?? "";
}

function otherNumber(old: number, seed: number): Json {
  return (
    [old + 1, old - 1, -old - 1, old + 0.5, old * 2 + 1, 0 === old ? 7 : 0, String(old), old + 2 ** 32][
      seed % 8
    ] ?? null
  );
}

/** What somebody who wants something else to run would do with one value; undefined = take it away. */
function changeOf(seed: number, extra: Json): (old: Json) => Json | undefined {
  return (old) => {
    const kind = seed % 8;
    if (kind === 0) return extra;
    if (kind === 1) return undefined;
    if (typeof old === "string") return otherText(old, seed >>> 3);
    if (typeof old === "number") return otherNumber(old, seed >>> 3);
    if (typeof old === "boolean") return kind < 5 ? !old : String(old);
    if (Array.isArray(old)) {
      const ways = [
        [...old, extra],
        old.toReversed(),
        old.slice(1),
        [...old, ...old],
        [old],
        old.slice(0, -1),
      ];
      return ways[kind - 2] ?? [];
    }
    if (old === null) return [extra, [], {}, "", 0, false][kind - 2] ?? extra;
    return kind < 5 ? { ...old, [`added${seed}`]: extra } : Object.fromEntries(Object.entries(old).slice(1));
  };
}

/** The files of the approved snapshot. */
function filesOf(index: number): SnapshotFile[] {
  return ["site/.chiffon-hosts.yml", `site/step-${index}.yml`, "site/roles/app/files/run.sh"].map(
    (path, at) => ({
      path,
      sha256: sha256(`${path} ${index}`),
      size: 100 + at,
      executable: path.endsWith(".sh"),
    }),
  );
}

/** What decides at the agent before anything is made: the order itself, and the list of files that it found. */
function isAccepted(order: WorkRequest, files: readonly SnapshotFile[]): boolean {
  return findFault(order, checks) === undefined && digestOfFiles(files) === order.parameters.step.snapshot;
}

test("the order of exactly the approved step is executed", () => {
  expect(findFault(orderFor(0), checks)).toBeUndefined();
  expect(findFault(orderFor(1), checks)).toBeUndefined();
});

test(
  "[P3] of 20,000 random changes to order, plan, step, approval and list of files none is accepted",
  { timeout: 180_000 },
  () => {
    const order = orderFor(1);
    const { parameters, plan_hash, approval, run_id, task_id, attempt, fence, order_signature } = order;
    const files = filesOf(1);
    expect(isAccepted(order, files)).toBe(true);
    // What the signatures cover; the rest (lease, hints) decides nothing about what runs where. The purpose has its own test.
    const which = { run_id, task_id, attempt, fence, order_signature };
    const covered = { parameters, plan_hash, approval, ...which, files } as unknown as Json;
    const places = placesIn(covered).filter((at) => at.length > 0);
    const original = canonicalOf(order, files);
    const written = JSON.stringify(covered);
    const extras = fc.sample(fc.jsonValue({ maxDepth: 1 }), { numRuns: 500, seed: 20_261_130 }) as Json[];
    const seeds = fc.sample(fc.nat({ max: 0x3fffffff }), { numRuns: 40_000, seed: 20_261_130 });
    let [changed, understood] = [0, 0];
    const accepted: Json[] = [];
    const touched = new Set<number>();
    for (const [index, seed] of seeds.entries()) {
      if (changed === 20_000) break;
      const place = index % places.length;
      const mutated = replaceAt(
        covered,
        places[place] ?? [],
        changeOf(seed, extras[seed % extras.length] ?? null),
      );
      if (JSON.stringify(mutated) === written) continue;
      const { files: list, ...rest } = mutated as { files?: unknown };
      // As at the edge: members that nobody knows fall away there, and what is missing gets its default.
      const parsed = WorkRequest.safeParse({ ...order, ...dropped(covered, rest), ...rest });
      const listed = SnapshotFile.array().safeParse(list);
      if (parsed.success && listed.success) {
        if (canonicalOf(parsed.data, listed.data) === original) continue;
        understood += 1;
        if (isAccepted(parsed.data, listed.data)) accepted.push(mutated);
      }
      changed += 1;
      touched.add(place);
    }
    expect(accepted.slice(0, 1)).toEqual([]);
    expect({ changed, everyPlace: touched.size === places.length }).toEqual({
      changed: 20_000,
      everyPlace: true,
    });
    expect(understood).toBeGreaterThanOrEqual(5_000);
    process.stdout.write(
      `[P3] ${changed} changes in ${places.length} places, ${understood} of them well formed: 0 accepted\n`,
    );
  },
);

/** A list of files means the same in any order. */
function canonicalOf(order: WorkRequest, files: readonly SnapshotFile[]): string {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return canonicalJson({ ...order, files: sorted } as unknown as Json);
}

/** Members that were taken away must stay away, not come back from the order that is changed. */
function dropped(before: Json, after: object): Record<string, undefined> {
  const names = Object.keys(before as object).filter((name) => !Object.hasOwn(after, name));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

test("a step that waits for its second approval runs as a preview only, and no order can pretend that it has it", () => {
  const order = orderFor(1, [1]);
  expect(findFault(order, checks)).toEqual({ code: 5007, message: "step 2 needs its second approval" });
  expect(findFault({ ...order, purpose: "preview" }, checks)?.message).toContain("another attempt");
  expect(findFault(resign({ ...order, purpose: "preview" }), checks)).toBeUndefined();
  expect(findFault(orderFor(0, [1]), checks)).toBeUndefined();
  const forged = { ...order, approval: { ...order.approval, stop_before: [] } };
  expect(findFault(forged, checks)?.message).toContain("not signed");
});

test("an approval does not pass for another run, another plan, after its time, or from another server", () => {
  const [mine, other] = [orderFor(0), orderFor(0)];
  const cases: [string, WorkRequest, Partial<OrderChecks>][] = [
    ["another attempt", { ...mine, run_id: randomUUID() }, {}],
    ["another attempt", { ...mine, task_id: other.task_id }, {}],
    ["another agent", mine, { agentId: randomUUID() }],
    ["another plan or run", resign({ ...mine, run_id: randomUUID() }), {}],
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
    ["than was approved: community.docker, home.lab", mine, { collections: [] }],
    [
      "with other files, than was approved: community.docker.",
      mine,
      {
        collections: collections.map((each) => ("sha256" in each ? { ...each, sha256: sha256("x") } : each)),
      },
    ],
    ["configuration differs", mine, { environment: () => sha256("changed") }],
  ];
  for (const [message, order, more] of cases)
    expect(findFault(order, { ...checks, ...more })?.message).toContain(message);
});
