import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { createLocalTransport } from "../adapters/bus/local.ts";
import { sweepAttempt } from "../ansible/process/processes.ts";
import { runFiles } from "../ansible/process/run-files.ts";
import type { Supervised } from "../ansible/process/supervise.ts";
import { createLab, listMarked, playbook, until } from "../ansible/process/testing/lab.ts";
import { queues, type WorkResult } from "../contracts/agent-protocol.ts";
import { scaleWaits } from "../domain/waits.ts";
import { startExecutor } from "./executor.ts";
import { createOrderStore, type OrderStore } from "./order-store.ts";
import { createServerLink } from "./server-link.ts";
import { bareDeps, orderOf } from "./testing/orders.ts";

/** The second task stands for one that restarts the machine. */
const restartTask = "play-1.yml:5";

interface Given {
  /** Tasks that are to restart this machine, by the approved step. */
  readonly restartsHere?: readonly string[];
  readonly check?: boolean;
  /** Whether the machine has started anew when the agent does. */
  readonly anew: boolean;
  /** Whether the run comes as far as the second task. */
  readonly begins?: boolean;
  readonly cutOff: (supervised: Supervised) => void;
}

const killed = ({ pid }: Supervised) => void process.kill(pid, "SIGKILL");
const toldToEnd = ({ pid }: Supervised) => void process.kill(pid, "SIGTERM");

interface CutOff extends AsyncDisposable {
  readonly orders: OrderStore;
  readonly marker: string;
  /** As if this machine had started anew since. */
  startAnew(): Promise<void>;
}

/** Runs a playbook until it is cut off, as by a machine that goes down. */
async function runUntilCutOff(given: Given): Promise<CutOff> {
  const lab = await createLab();
  const orders = createOrderStore(path.join(lab.folder, "orders"));
  const step = { ...(given.restartsHere && { restartsHere: [...given.restartsHere] }) };
  const order = orderOf({ project: ".", check: given.check ?? false, ...step });
  const held = { order, marker: randomUUID(), redacted: [] };
  await orders.hold(held);
  // A stand-in for the real thing: the machine that runs the tests is to stay up.
  const wait = path.join(lab.folder, "wait");
  await writeFile(wait, "#!/bin/sh\nexec sleep 300\n", { mode: 0o755 });
  const first = given.begins === false ? `command: ${wait}` : "command: 'true'";
  const spec = await lab.spec(playbook(first, `command: ${wait}`), {
    attemptId: held.marker,
    runDir: orders.runDir(held),
  });
  const supervised = await lab.start(spec);
  const begun = given.begins === false ? "play-1.yml:4" : restartTask;
  const events = path.join(spec.runDir, runFiles.events);
  await until(async () => (await readFile(events, "utf8")).includes(`"path":"${begun}"`));
  given.cutOff(supervised);
  await supervised.ended;
  return {
    orders,
    marker: held.marker,
    async startAnew() {
      const file = path.join(spec.runDir, runFiles.supervisor);
      const identity = JSON.parse(await readFile(file, "utf8")) as object;
      await writeFile(file, JSON.stringify({ ...identity, bootId: randomUUID() }));
    },
    [Symbol.asyncDispose]: async () => {
      await sweepAttempt(held.marker);
      await lab[Symbol.asyncDispose]();
    },
  };
}

interface TestAgent extends AsyncDisposable {
  readonly result: Promise<WorkResult>;
  /** Types of the messages that it has sent. */
  readonly sent: readonly string[];
}

async function startAgent(orders: OrderStore, waits = bareDeps.waits): Promise<TestAgent> {
  const transport = createLocalTransport();
  const result = Promise.withResolvers<WorkResult>();
  const sent: string[] = [];
  const consumers = [queues.result, queues.log].map((queue) =>
    transport.consume(queue, { slots: 4 }, (envelope) => {
      sent.push(envelope.type);
      if (envelope.type === "work_result") result.resolve(envelope.payload);
      return Promise.resolve("ack");
    }),
  );
  const { clock } = bareDeps;
  const agentId = randomUUID();
  const link = createServerLink({ transport, clock, newId: randomUUID, agentId, resendAfter: 5 });
  const secrets = { values: () => Promise.resolve([]), redacted: () => Promise.resolve([]) };
  const deps = { ...bareDeps, waits, agentId, link, orders, secrets, onError: result.reject };
  const executor = await startExecutor(deps, transport);
  return {
    result: result.promise,
    sent,
    [Symbol.asyncDispose]: async () => {
      await executor[Symbol.asyncDispose]();
      for (const consumer of consumers) await consumer[Symbol.asyncDispose]();
    },
  };
}

/** What an agent says that starts after it was cut off. */
async function outcomeOf(given: Given): Promise<WorkResult> {
  await using cut = await runUntilCutOff(given);
  if (given.anew) await cut.startAnew();
  await using agent = await startAgent(cut.orders);
  const result = await agent.result;
  expect(await listMarked(cut.marker)).toEqual([]);
  return result;
}

test("a run that restarts this machine, as its step says, has succeeded when the machine is back", async () => {
  for (const cutOff of [killed, toldToEnd]) {
    const result = await outcomeOf({ restartsHere: [restartTask], anew: true, cutOff });
    expect(result).toMatchObject({
      outcome: "succeeded",
      error: { code: 5107, message: "the machine restarted, as it was meant to" },
    });
  }
});

test.for<[string, Given, WorkResult["outcome"]]>([
  ["its step does not say so", { anew: true, cutOff: killed }, "unknown"],
  ["its step does not say so, and it was told to end", { anew: true, cutOff: toldToEnd }, "cancelled"],
  ["the machine has not restarted", { restartsHere: [restartTask], anew: false, cutOff: killed }, "unknown"],
  [
    "the task that restarts it had not begun",
    { restartsHere: [restartTask], anew: true, begins: false, cutOff: killed },
    "unknown",
  ],
  [
    "it was in check mode",
    { restartsHere: [restartTask], anew: true, check: true, cutOff: killed },
    "unknown",
  ],
])("a run that was cut off has not succeeded when %s", async ([, given, outcome]) => {
  expect((await outcomeOf(given)).outcome).toBe(outcome);
});

test("an agent that is told to stop while the machine goes down says nothing; its next start knows", async () => {
  await using cut = await runUntilCutOff({ restartsHere: [restartTask], anew: false, cutOff: toldToEnd });
  {
    await using agent = await startAgent(cut.orders, scaleWaits(1));
    // All that was written is sent, and the lease is kept, while nobody knows yet how it ended.
    await until(() => Promise.resolve(agent.sent.includes("work_output")));
    agent.result.catch(() => {});
    await agent[Symbol.asyncDispose]();
    expect(agent.sent).not.toContain("work_result");
  }
  await cut.startAnew();
  await using agent = await startAgent(cut.orders);
  expect((await agent.result).outcome).toBe("succeeded");
});
