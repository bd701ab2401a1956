import { generateKeyPairSync, hash, randomUUID, sign, verify } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { createLocalTransport } from "../adapters/bus/local.ts";
import { startExecutor, type Executor } from "../agent/executor.ts";
import { createOrderStore } from "../agent/order-store.ts";
import { createServerLink } from "../agent/server-link.ts";
import { queues, type Envelope } from "../contracts/agent-protocol.ts";
import { approvalBytes } from "../domain/approval.ts";
import { hashPlan, hashStep } from "../domain/plan-hash.ts";
import { scaleWaits } from "../domain/waits.ts";
import { startRelay } from "../engine/bus/relay.ts";
import type { CoreDeps } from "../engine/core-deps.ts";
import { placeReadyTasks } from "../engine/dispatch/place.ts";
import { createTestCore, createTestRun, fromAgent, heartbeatOf, type TestCore } from "../engine/testing.ts";
import { handleAgentMessage } from "../engine/track/handle.ts";
import type { Transport } from "../ports/bus.ts";

const sha256 = (text: string) => hash("sha256", text);
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const signBytes = (bytes: Uint8Array) => sign(null, bytes, privateKey).toString("base64");
const day = 86_400_000;

type OrderEnvelope = Extract<Envelope, { type: "work_request" }>;
type ResultEnvelope = Extract<Envelope, { type: "work_result" }>;

/** Server and two agents over one transport, on a real database. The agents have no Ansible: an order that passes every check ends with 5006. */
interface Stage extends AsyncDisposable {
  readonly deps: CoreDeps;
  readonly agents: Readonly<Record<"one" | "two", { id: string; executor: Executor }>>;
  readonly transport: Transport;
  /** Every order that went over the transport. */
  readonly orders: OrderEnvelope[];
  /** Orders of this task are caught, and not delivered. */
  intercept: string | undefined;
  /** Results that an agent has sent, by error code. */
  codes(): number[];
}

async function createStage(core: TestCore): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const deps: CoreDeps = { ...core.deps, sign: signBytes };
  const transport = createLocalTransport();
  const [orders, results]: [OrderEnvelope[], ResultEnvelope[]] = [[], []];
  for (const queue of [queues.result, queues.log])
    stack.use(
      transport.consume(queue, { slots: 8 }, async (envelope) => {
        if (envelope.type === "work_result") results.push(envelope);
        return await handleAgentMessage(deps, envelope);
      }),
    );
  const start = async () => {
    const id = randomUUID();
    const folder = await mkdtemp(path.join(tmpdir(), "chiffon-replay-"));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    await handleAgentMessage(deps, fromAgent(id, heartbeatOf(id)));
    const { clock } = deps;
    const executor = await startExecutor(
      {
        agentId: id,
        link: createServerLink({ transport, clock, newId: randomUUID, agentId: id, resendAfter: 5 }),
        orders: createOrderStore(folder),
        clock,
        waits: scaleWaits(0.01),
        waitScale: 0.01,
        newId: randomUUID,
        sha256,
        tools: () => Promise.resolve(undefined),
        verify: (bytes, text) => verify(null, bytes, publicKey, Buffer.from(text, "base64")),
        snapshots: {
          open: () => Promise.reject(new Error("never opened here")),
          receive: () => Promise.reject(new Error("never received here")),
          verify: () => Promise.reject(new Error("never verified here")),
          digest: () => "",
        },
        blobs: {
          list: () => Promise.reject(new Error("never asked for here")),
          read: () => {
            throw new Error("never read here");
          },
        },
        secrets: { values: () => Promise.resolve([]), redacted: () => Promise.resolve([]) },
        outputCapBytes: 1_000,
        onError: () => {},
      },
      transport,
    );
    return { id, executor: stack.use(executor) };
  };
  const agents = { one: await start(), two: await start() };
  const onTheWay: Transport = {
    ...transport,
    async deliver(queue, envelope) {
      if (envelope.type === "work_request") {
        if (!orders.some((each) => each.message_id === envelope.message_id)) orders.push(envelope);
        if (envelope.payload.task_id === stage.intercept) return "ack";
      }
      return await transport.deliver(queue, envelope);
    },
  };
  const relay = startRelay({
    db: deps.db,
    clock: deps.clock,
    transport: onTheWay,
    onError: () => {},
    resendAfter: 10,
  });
  stack.use(relay);
  const kept = stack.move();
  const stage: Stage = {
    deps,
    agents,
    transport,
    orders,
    intercept: undefined,
    codes: () => results.map((each) => each.payload.error?.code ?? 0),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
  return stage;
}

/** A run of one step whose plan is hashed and whose approval is signed for real. */
async function approveRun(stage: Stage, core: TestCore, host: string): Promise<{ taskId: string }> {
  const { runId } = await createTestRun(core, [[host]]);
  const { db, clock } = stage.deps;
  const run = await db.selectFrom("run").selectAll().where("id", "=", runId).executeTakeFirstOrThrow();
  const row = await db.selectFrom("plan").selectAll().where("id", "=", run.plan_id).executeTakeFirstOrThrow();
  const steps = row.manifests.steps;
  const plan = { ...row.manifests.plan, steps: steps.map((step) => hashStep(step, sha256)) };
  const planHash = hashPlan(plan, sha256);
  const unsigned = {
    ...run.approval,
    plan_hash: planHash,
    expires_at: new Date(clock.now().getTime() + day).toISOString(),
  };
  const approval = { ...unsigned, signature: signBytes(approvalBytes(unsigned)) };
  const manifests = JSON.stringify({ plan, steps });
  await db.updateTable("plan").set({ hash: planHash, manifests }).where("id", "=", row.id).execute();
  await db
    .updateTable("run")
    .set({ plan_hash: planHash, approval: JSON.stringify(approval) })
    .where("id", "=", runId)
    .execute();
  const task = await db.selectFrom("task").select("id").where("run_id", "=", runId).executeTakeFirstOrThrow();
  return { taskId: task.id };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}

const fresh = (envelope: OrderEnvelope, agentId: string): OrderEnvelope => ({
  ...envelope,
  to_agent: agentId,
  message_id: randomUUID(),
  request_id: randomUUID(),
});

test("[P4] every captured order, replayed on the same agent, another agent, another task and after its time, is refused", async () => {
  await using core = await createTestCore();
  await using stage = await createStage(core);
  const { agents, deps, transport } = stage;
  const all = Object.values(agents);
  const atRest = () => all.every(({ executor }) => executor.running().length === 0);
  const deliver = async (agentId: string, envelope: OrderEnvelope) => {
    await transport.deliver(queues.work(agentId), envelope);
    await until(atRest);
  };
  for (const host of ["web1", "web2", "web3"]) await approveRun(stage, core, host);
  await placeReadyTasks(deps);
  await until(() => stage.codes().length === 3);
  await until(atRest);
  // Each of them was executed once, as far as an agent without Ansible can.
  expect(stage.codes()).toEqual([5006, 5006, 5006]);
  const captured = [...stage.orders];
  let replayed = 0;
  const replay = async (agentId: string, envelope: OrderEnvelope) => {
    replayed += 1;
    await deliver(agentId, envelope);
  };
  const everywhere = async (envelope: OrderEnvelope) => {
    for (const { id } of all) {
      await replay(id, envelope);
      await replay(id, envelope);
      await replay(id, fresh(envelope, id));
    }
  };
  for (const envelope of captured) await everywhere(envelope);
  expect(stage.codes()).toHaveLength(3);

  // On another task: its own order is caught, and an old one comes in its name. The server grants it; the agent does not.
  for (const envelope of captured) {
    const { taskId } = await approveRun(stage, core, "web4");
    stage.intercept = taskId;
    await placeReadyTasks(deps);
    await until(() => stage.orders.some((each) => each.payload.task_id === taskId));
    const caught = stage.orders.find((each) => each.payload.task_id === taskId);
    if (!caught) throw new Error("nothing was caught");
    const { task_id, attempt, fence } = caught.payload;
    const forged = { ...envelope, payload: { ...envelope.payload, task_id, attempt, fence } };
    const before = stage.codes().length;
    await replay(caught.to_agent, fresh(forged, caught.to_agent));
    await until(() => stage.codes().length > before);
    expect(stage.codes().at(-1)).toBe(5007);
    await everywhere(caught);
  }
  core.advance(day + 1);
  for (const envelope of stage.orders) await everywhere(envelope);

  expect(stage.codes().filter((code) => code !== 5007)).toEqual([5006, 5006, 5006]);
  process.stdout.write(`[P4] ${stage.orders.length} captured orders, ${replayed} replays: 0 accepted\n`);
});
