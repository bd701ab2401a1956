import { createHash, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLocalTransport } from "../adapters/bus/local.ts";
import {
  protocolVersion,
  queues,
  type Envelope,
  type Message,
  type WorkRequest,
  type WorkResult,
} from "../contracts/agent-protocol.ts";
import type { StepManifest } from "../contracts/plan.ts";
import { hashPlan, hashStep } from "../domain/plan-hash.ts";
import { takeOrders, type Executor } from "./executor.ts";
import { createOrderStore, type OrderStore } from "./order-store.ts";
import { createServerLink } from "./server-link.ts";
import { bareDeps, orderOf } from "./testing/orders.ts";
import { liveWork, type WorkCode } from "./work-life.ts";
import type { Work } from "./work.ts";

const agentId = randomUUID();
const secret = { name: "token", version: 1, value: "hush-hush-1234" };
const transport = createLocalTransport();
let folder: string;
let orders: OrderStore;
let server: Server;
let executor: Executor | undefined;

interface Server extends AsyncDisposable {
  readonly results: WorkResult[];
  readonly types: string[];
  /** Everything that came as output, put together by offset. */
  output(): string;
  readonly progress: unknown[];
}

/** Grants what is accepted, and takes everything else. */
function listen(): Server {
  const results: WorkResult[] = [];
  const types: string[] = [];
  const progress: unknown[] = [];
  let output = "";
  const take = async (envelope: Envelope): Promise<"ack"> => {
    types.push(envelope.type);
    if (envelope.type === "work_accepted") void grant(envelope.payload);
    if (envelope.type === "work_result") results.push(envelope.payload);
    if (envelope.type === "work_output")
      output = output.slice(0, envelope.payload.offset) + envelope.payload.text;
    if (envelope.type === "work_status") progress.push(...envelope.payload.progress);
    return await Promise.resolve("ack");
  };
  const consumers = [queues.result, queues.log].map((queue) => transport.consume(queue, { slots: 1 }, take));
  return {
    results,
    types,
    progress,
    output: () => output,
    [Symbol.asyncDispose]: async () => {
      for (const consumer of consumers) await consumer[Symbol.asyncDispose]();
    },
  };
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-work-"));
  orders = createOrderStore(folder);
  server = listen();
});
afterEach(async () => {
  await executor?.[Symbol.asyncDispose]();
  executor = undefined;
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function start(code: WorkCode, clock = { now: () => new Date() }): Promise<void> {
  const link = createServerLink({ transport, clock, newId: randomUUID, agentId, resendAfter: 5 });
  const secrets = {
    values: (_: WorkRequest, refs: readonly { name: string }[]) =>
      Promise.resolve(refs.some(({ name }) => name === secret.name) ? [secret] : []),
    redacted: () => Promise.resolve([{ name: secret.name, version: secret.version }]),
  };
  const deps = { ...bareDeps, agentId, clock, link, orders, secrets, code, onError: () => {} };
  executor = await takeOrders(
    { ...deps, redacted: secrets.redacted, live: (held, signal) => liveWork(deps, held, signal) },
    transport,
  );
}

/** An order that was approved as it is. */
function approved(step: Partial<StepManifest> = {}): WorkRequest {
  const order = orderOf(step);
  const { sha256 } = bareDeps;
  const plan = { ...order.parameters.plan, steps: [hashStep(order.parameters.step, sha256)] };
  const plan_hash = hashPlan(plan, sha256);
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  return {
    ...order,
    parameters: { ...order.parameters, plan },
    plan_hash,
    approval: { ...order.approval, plan_hash, expires_at },
  };
}

async function deliver(queue: string, message: Message): Promise<string> {
  const id = randomUUID();
  return await transport.deliver(queue, {
    protocol_version: protocolVersion,
    message_id: id,
    from_agent: "server",
    to_agent: agentId,
    timestamp: "2026-11-22T12:00:00.000Z",
    trace_id: id,
    request_id: id,
    priority: 3,
    attempt: null,
    seq: null,
    x_custom_fields: {},
    signature: null,
    ...message,
  });
}

type Key = Pick<WorkRequest, "task_id" | "attempt" | "fence">;
const keyOf = ({ task_id, attempt, fence }: Key): Key => ({ task_id, attempt, fence });
const send = (order: WorkRequest) => deliver(queues.work(agentId), { type: "work_request", payload: order });
const grant = (order: Key) =>
  deliver(queues.control(agentId), { type: "lease_renew", payload: { ...keyOf(order), expires_at: null } });

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Its result, once nothing of it is left on the agent. */
async function resultOf(order: WorkRequest): Promise<WorkResult | undefined> {
  await until(async () => (await readdir(folder)).every((name) => name === ".done"));
  return server.results.find(({ task_id }) => task_id === order.task_id);
}

const isAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

test("what the code says comes in order and without secrets, and its result vouches for all of it", async () => {
  const order = approved({ secrets: [{ name: secret.name, version: 1 }], vars: { size: 3 } });
  const seen: Work[] = [];
  await start({
    execute(work) {
      seen.push(work);
      const token = work.secrets["token"] ?? "";
      // In two pieces: neither holds all of it.
      work.output(`the token is ${token.slice(0, 7)}`);
      work.output(`${token.slice(7)}\n`);
      work.progress({ kind: "play", name: `with ${secret.value}` });
      expect(() => work.progress({ kind: "play" } as never)).toThrow("Invalid input");
      work.output("done\n");
      return { outcome: "failed", message: `refused by ${secret.value}` };
    },
  });
  expect(await send(order)).toBe("ack");
  const result = await resultOf(order);

  expect(seen).toMatchObject([
    { taskId: order.task_id, check: false, parameters: { step: { vars: { size: 3 } } } },
  ]);
  const said = server.output();
  expect(said).toMatch(/^the token is .*\ndone\n$/);
  expect(JSON.stringify([said, server.progress, result])).not.toContain("hush");
  expect(server.progress).toMatchObject([{ kind: "play" }]);
  expect(result).toMatchObject({
    outcome: "failed",
    error: { code: 5100 },
    output_length: said.length,
    progress_count: 1,
    output_sha256: createHash("sha256").update(said).digest("hex"),
  });
});

test("what is returned is the outcome, what is thrown a failure, and a copy of the order begins nothing", async () => {
  let count = 0;
  const ends: (() => Awaited<ReturnType<WorkCode["execute"]>>)[] = [
    () => undefined,
    () => "unknown",
    () => {
      throw new Error("no luck");
    },
  ];
  await start({ execute: () => ends[count++]?.() });
  const results: (WorkResult | undefined)[] = [];
  for (const _ of ends) {
    const order = approved();
    await Promise.all([send(order), send(order)]);
    results.push(await resultOf(order));
    expect(await send(order)).toBe("ack");
  }
  expect(results).toMatchObject([
    { outcome: "succeeded", error: null },
    { outcome: "unknown", error: { code: 5101 } },
    { outcome: "failed", error: { code: 5100, message: "no luck" } },
  ]);
  expect(count).toBe(ends.length);
});

test("what nobody approved does not reach the code, although the server granted it", async () => {
  let reached = false;
  await start({ execute: () => void (reached = true) });
  const changed = approved();
  changed.parameters.step.vars = { size: 4 };
  const moved = approved({ secrets: [{ name: secret.name, version: 2 }] });
  for (const order of [orderOf(), changed, moved]) {
    await send(order);
    expect(await resultOf(order)).toMatchObject({
      outcome: "failed",
      error: { code: 5007 },
      output_length: 0,
    });
  }
  expect(reached).toBe(false);
});

test("a preview says so, and a cancel ends work as cancelled; work that goes on all the same is unknown", async () => {
  const checks: boolean[] = [];
  let deaf = false;
  await start({
    async execute({ check, signal }) {
      checks.push(check);
      if (deaf) await new Promise(() => {});
      await isAborted(signal);
    },
  });
  const cancel = async (order: WorkRequest, count: number): Promise<WorkResult | undefined> => {
    await send(order);
    await until(() => checks.length === count);
    const payload = { ...keyOf(order), command: "cancel" as const, reason: "enough" };
    await deliver(queues.control(agentId), { type: "control", payload });
    return await resultOf(order);
  };
  const preview = { ...approved(), purpose: "preview" as const };
  expect(await cancel(preview, 1)).toMatchObject({
    outcome: "cancelled",
    error: { code: 5102, message: "stopped: enough" },
  });
  deaf = true;
  expect(await cancel(approved(), 2)).toMatchObject({ outcome: "unknown", error: { code: 5101 } });
  expect(checks).toEqual([true, false]);
});

test("work stops without a result when the lease is lost, and with one when its time is over or the server is away for too long", async () => {
  let begun = 0;
  let stopped = 0;
  await start({
    async execute({ signal }) {
      begun += 1;
      await isAborted(signal);
      stopped += 1;
    },
  });
  const lost = approved();
  await send(lost);
  await until(() => begun === 1);
  await deliver(queues.control(agentId), {
    type: "error",
    payload: { ...keyOf(lost), code: 5009, message: "over" },
  });
  expect(await resultOf(lost)).toBeUndefined();
  expect(stopped).toBe(1);

  const long = approved({ timeoutSeconds: 1 });
  await send(long);
  expect(await resultOf(long)).toMatchObject({ outcome: "failed", error: { code: 5001 } });

  const alone = { ...approved(), orphan_limit_seconds: 0.2 };
  await send(alone);
  await until(() => begun === 3);
  await server[Symbol.asyncDispose]();
  await until(() => stopped === 3);
  server = listen();
  expect(await resultOf(alone)).toMatchObject({ outcome: "failed", error: { code: 5103 } });
});

test("work whose machine slept for too long is stopped, although the server answers again", async () => {
  let asleep = 0;
  let isStopped = false;
  let isBegun = false;
  const clock = { now: () => new Date(Date.now() + asleep) };
  await start(
    {
      async execute({ signal }) {
        isBegun = true;
        await isAborted(signal);
        isStopped = true;
      },
    },
    clock,
  );
  const order = { ...approved(), orphan_limit_seconds: 1_800 };
  await send(order);
  await until(() => isBegun && server.types.includes("lease_renew"));
  expect(isStopped).toBe(false);
  asleep = 1_800_001;
  expect(await resultOf(order)).toMatchObject({ outcome: "failed", error: { code: 5103 } });
  expect(isStopped).toBe(true);
});

/** What kill -9 of the agent's process leaves of an attempt that had begun. */
async function leave(order: WorkRequest, files: Record<string, string>): Promise<void> {
  const held = { order, marker: randomUUID(), redacted: [] };
  await orders.hold(held);
  await mkdir(orders.runDir(held));
  for (const [name, text] of Object.entries({ begun: "", ...files }))
    await writeFile(path.join(orders.runDir(held), name), text);
}

test("after kill -9 work that had begun is unknown, an end that was kept is told, and nothing begins again", async () => {
  const [cut, over] = [approved(), approved()];
  const kept = { outcome: "succeeded", exit_code: null, error: null };
  const used = { cpu_time_ms: 1, wall_ms: 2, memory_peak_mb: null, gpu_vram_mb: null, bytes_out: 3 };
  await leave(cut, { "output.log": "half\n" });
  await leave(over, { "ending.json": JSON.stringify({ ...kept, resources_used: used }) });
  let reached = false;
  await start({ execute: () => void (reached = true) });

  expect(await resultOf(cut)).toMatchObject({ outcome: "unknown", error: { code: 5101 }, output_length: 5 });
  expect(await resultOf(over)).toMatchObject({ outcome: "succeeded", resources_used: used });
  expect(await send(cut)).toBe("ack");
  expect(reached).toBe(false);
});

test("code that adopts goes on with work that had begun, and with its output and progress", async () => {
  const order = approved();
  const line = JSON.stringify({ kind: "play", name: "one" });
  await leave(order, { "output.log": "half\n", "events.jsonl": `${line}\n${line.slice(0, 9)}` });
  await start({
    execute: () => "failed",
    adopt({ output, progress, taskId }) {
      output(`the rest of ${taskId}\n`);
      progress({ kind: "play", name: "two" });
      return "succeeded";
    },
  });
  expect(await resultOf(order)).toMatchObject({ outcome: "succeeded", progress_count: 2 });
  expect(server.output()).toBe(`half\nthe rest of ${order.task_id}\n`);
  expect(server.progress).toMatchObject([{ name: "one" }, { name: "two" }]);
});

test("an agent that is told to end stops its work, and says what became of it before it goes", async () => {
  const order = approved();
  let began = false;
  await start({
    async execute({ signal, output }) {
      began = true;
      await isAborted(signal);
      output("put away\n");
    },
  });
  await send(order);
  await until(() => began);
  await executor?.[Symbol.asyncDispose]();
  expect(server.results).toMatchObject([{ outcome: "cancelled", error: { code: 5102 } }]);
  expect(server.output()).toBe("put away\n");
});
