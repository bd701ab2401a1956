import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLocalTransport } from "../../adapters/bus/local.ts";
import type { Envelope } from "../../contracts/agent-protocol.ts";
import type { Transport, Verdict } from "../../ports/bus.ts";
import type { Loop } from "../loop.ts";
import { createTestCore, fromAgent, type TestCore } from "../testing.ts";
import { startRelay } from "./relay.ts";
import { publish } from "./sql.ts";

const patient = { timeout: 20_000 };
let core: TestCore;

beforeEach(async () => {
  core = await createTestCore();
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
});

const start = (transport: Transport): Loop =>
  startRelay({ ...core.deps, transport, onError: (error) => expect.fail(String(error)), resendAfter: 50 });

async function send(queue: string, reason: string): Promise<void> {
  const payload = { task_id: randomUUID(), attempt: 1, fence: 1, command: "cancel" as const, reason };
  const envelope = fromAgent("server", { type: "control", payload });
  await core.db.transaction().execute((tx) => publish(tx, queue, { envelope, at: core.deps.clock.now() }));
}

const reasonOf = (envelope: Envelope): string =>
  envelope.type === "control" ? envelope.payload.reason : envelope.type;

const waiting = async () => {
  const rows = await core.db
    .selectFrom("outbox")
    .select(["envelope", "dead", "last_error"])
    .orderBy("id")
    .execute();
  return rows.map((row) => [reasonOf(row.envelope), row.dead, row.last_error]);
};

test("what the outbox holds gets to its queue in order, and leaves the outbox when it was taken", async () => {
  const transport = createLocalTransport();
  const seen: Record<string, string[]> = { one: [], two: [] };
  for (let at = 0; at < 300; at += 1) await send(at % 2 === 0 ? "one" : "two", String(at));
  await using _one = transport.consume("one", { slots: 1 }, take(seen, "one"));
  await using _two = transport.consume("two", { slots: 1 }, take(seen, "two"));

  await using _ = start(transport);

  await vi.waitFor(async () => expect(await waiting()).toEqual([]), patient);
  const numbers = Array.from({ length: 300 }, (_each, at) => at);
  expect(seen["one"]).toEqual(numbers.filter((at) => at % 2 === 0).map(String));
  expect(seen["two"]).toEqual(numbers.filter((at) => at % 2 === 1).map(String));
});

test("a receiver that never answers holds up nobody else, gets no message twice meanwhile, and does not keep the relay from stopping", async () => {
  const transport = createLocalTransport();
  const gone = Promise.withResolvers<Verdict>();
  const tries: string[] = [];
  await using _gone = transport.consume("gone", { slots: 4 }, async (envelope) => {
    tries.push(reasonOf(envelope));
    return await gone.promise;
  });
  const seen: Record<string, string[]> = { here: [] };
  await using _here = transport.consume("here", { slots: 1 }, take(seen, "here"));
  await send("gone", "lost");
  const relay = start(transport);
  await vi.waitFor(() => expect(tries).toEqual(["lost"]), patient);

  for (const reason of ["first", "second"]) {
    await send("here", reason);
    // The first try is hidden no more.
    core.advance(10_000);
    relay.nudge();
    await vi.waitFor(() => expect(seen["here"]?.at(-1)).toBe(reason), patient);
  }
  expect(tries).toEqual(["lost"]);
  await relay[Symbol.asyncDispose]();
  gone.resolve("retry");
});

test("what is not taken stays and is sent again, what can never be is given up with the reason, and neither holds up others", async () => {
  const transport = createLocalTransport();
  let patience: Verdict = "retry";
  for (const reason of ["later", "never", "now"]) await send("q", reason);
  const tries: string[] = [];
  await using _consumer = transport.consume("q", { slots: 3 }, async (envelope) => {
    tries.push(reasonOf(envelope));
    return reasonOf(envelope) === "never" ? "dead" : reasonOf(envelope) === "now" ? "ack" : patience;
  });

  await using relay = start(transport);
  await vi.waitFor(
    async () =>
      expect(await waiting()).toEqual([
        ["later", false, null],
        ["never", true, "the receiver can never handle this message"],
      ]),
    patient,
  );
  patience = "ack";
  core.advance(50);
  relay.nudge();

  await vi.waitFor(async () => expect(await waiting()).toHaveLength(1), patient);
  expect(tries.filter((reason) => reason === "later").length).toBeGreaterThan(1);
  expect(tries.filter((reason) => reason === "now")).toEqual(["now"]);
});

function take(seen: Record<string, string[]>, queue: string) {
  return async (envelope: Envelope) => {
    seen[queue]?.push(reasonOf(envelope));
    return "ack" as const;
  };
}
