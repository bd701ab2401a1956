import { randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import { protocolVersion, queues, type Envelope } from "../../contracts/agent-protocol.ts";
import type { Transport } from "../../ports/bus.ts";

/** Both ends of a transport. In one process they may be the same. */
export interface Ends extends AsyncDisposable {
  readonly server: Transport;
  readonly agent: Transport;
  readonly agentId: string;
  /** Addresses and signs a message, where the other side looks at that. */
  readonly sign?: (envelope: Envelope) => Envelope;
  /** Ends all connections, as a network does. */
  readonly interrupt?: () => void;
}

const patient = { timeout: 20_000 };

/** A message that either side may send; `text` tells it from others. */
export function messageFrom(from: string, text: string): Envelope {
  const key = { task_id: randomUUID(), attempt: 1, fence: 1 };
  return { ...around(from), type: "error", payload: { ...key, code: 5003, message: text } };
}

function around(from: string) {
  const id = randomUUID();
  return {
    protocol_version: protocolVersion,
    message_id: id,
    from_agent: from,
    to_agent: "somebody",
    timestamp: "2026-11-22T12:00:00.000Z",
    trace_id: id,
    request_id: id,
    priority: 3,
    attempt: null,
    seq: null,
    x_custom_fields: {},
    signature: null,
  };
}

export function textOf(envelope: Envelope): string {
  return envelope.type === "error" ? envelope.payload.message : "";
}

/** What outbox and agent do: send until it is taken. */
export async function sendUntilTaken(sender: Transport, queue: string, envelope: Envelope): Promise<void> {
  await vi.waitFor(async () => expect(await sender.deliver(queue, envelope)).toBe("ack"), {
    ...patient,
    interval: 20,
  });
}

/**
 * What every transport promises, for tests of each of them.
 * @param transport `breaks`: its ends have connections, which `interrupt` ends
 */
export function testTransport(transport: { name: string; open: () => Promise<Ends>; breaks: boolean }): void {
  const { name, open, breaks } = transport;
  const work = (ends: Ends) => queues.work(ends.agentId);
  const made = (ends: Ends, from: string, text: string): Envelope => {
    const envelope = messageFrom(from, text);
    return ends.sign?.(envelope) ?? envelope;
  };

  test(`${name}: a message gets to the other side as it was sent, both ways`, async () => {
    await using ends = await open();
    const down = made(ends, "server", "down");
    const up = made(ends, ends.agentId, "up");
    const atAgent: Envelope[] = [];
    const atServer: Envelope[] = [];
    await using _agent = ends.agent.consume(work(ends), { slots: 1 }, collect(atAgent));
    await using _server = ends.server.consume(queues.result, { slots: 1 }, collect(atServer));

    await sendUntilTaken(ends.server, work(ends), down);
    await sendUntilTaken(ends.agent, queues.result, up);

    await vi.waitFor(() => expect([atAgent, atServer]).toEqual([[down], [up]]), patient);
  });

  test(`${name}: a message for which nobody listens waits, here or with its sender, until somebody does`, async () => {
    await using ends = await open();
    const message = made(ends, "server", "early");
    const seen: Envelope[] = [];

    const verdict = await ends.server.deliver(work(ends), message);
    await using _ = ends.agent.consume(work(ends), { slots: 1 }, collect(seen));
    if (verdict === "retry") await sendUntilTaken(ends.server, work(ends), message);

    expect(["ack", "retry"]).toContain(verdict);
    await vi.waitFor(() => expect(seen).toEqual([message]), patient);
  });

  test(`${name}: a message whose handler throws, or says "not now", comes again with the same id`, async () => {
    await using ends = await open();
    const message = made(ends, ends.agentId, "again");
    const ids: string[] = [];
    await using _ = ends.server.consume(queues.result, { slots: 1 }, async ({ message_id }) => {
      ids.push(message_id);
      if (ids.length === 1) throw new Error("no");
      return ids.length < 4 ? "retry" : "ack";
    });

    await sendUntilTaken(ends.agent, queues.result, message);

    await vi.waitFor(() => expect(ids.length).toBe(4), patient);
    expect(new Set(ids)).toEqual(new Set([message.message_id]));
  });

  test(`${name}: a malformed message is dead, and no handler sees it`, async () => {
    await using ends = await open();
    const seen: Envelope[] = [];
    await using _ = ends.agent.consume(work(ends), { slots: 1 }, collect(seen));
    const good = made(ends, "server", "good");

    const verdict = await ends.server.deliver(work(ends), { ...good, protocol_version: "2.0" });
    await sendUntilTaken(ends.server, work(ends), good);

    expect(verdict).toBe("dead");
    await vi.waitFor(() => expect(seen).toEqual([good]), patient);
  });

  test(`${name}: one slot keeps the order, and more run no more handlers at a time`, async () => {
    await using ends = await open();
    const texts = Array.from({ length: 20 }, (_, index) => String(index));
    for (const slots of [1, 3]) {
      const seen: string[] = [];
      let running = 0;
      let most = 0;
      await using _ = ends.agent.consume(work(ends), { slots }, async (message) => {
        most = Math.max(most, (running += 1));
        await new Promise((resolve) => setTimeout(resolve, 5));
        seen.push(textOf(message));
        running -= 1;
        return "ack";
      });

      await Promise.all(texts.map((text) => ends.server.deliver(work(ends), made(ends, "server", text))));

      await vi.waitFor(() => expect(seen).toHaveLength(texts.length), patient);
      expect(most).toBe(slots);
      expect(slots === 1 ? seen : seen.toSorted(byNumber)).toEqual(texts);
    }
  });

  test(`${name}: closing waits for the handler that runs, and calls none afterwards`, async () => {
    await using ends = await open();
    const running = Promise.withResolvers<void>();
    const calls: string[] = [];
    const consumer = ends.agent.consume(work(ends), { slots: 1 }, async (message) => {
      calls.push(textOf(message));
      await running.promise;
      return "ack";
    });
    const second = made(ends, "server", "second");
    const sent = [made(ends, "server", "first"), second].map((each) => ends.server.deliver(work(ends), each));
    await vi.waitFor(() => expect(calls).toEqual(["first"]), patient);
    let closed = false;

    const closing = consumer[Symbol.asyncDispose]().then(() => (closed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    running.resolve();
    await closing;
    const verdicts = await Promise.all(sent);

    expect(calls).toEqual(["first"]);
    expect(verdicts[0]).toBe("ack");
    const later: string[] = [];
    await using _ = ends.agent.consume(work(ends), { slots: 1 }, async (message) => {
      later.push(textOf(message));
      return "ack";
    });
    if (verdicts[1] === "retry") await sendUntilTaken(ends.server, work(ends), second);
    await vi.waitFor(() => expect(later).toEqual(["second"]), patient);
  });

  test(`${name}: the largest piece of output gets through`, async () => {
    await using ends = await open();
    const text = "ü\u0001".repeat(300_000);
    const key = { task_id: randomUUID(), attempt: 1, fence: 1 };
    const seen: Envelope[] = [];
    await using _ = ends.server.consume(queues.log, { slots: 1 }, collect(seen));
    const piece = {
      ...around(ends.agentId),
      type: "work_output" as const,
      payload: { ...key, offset: 0, text },
    };

    await sendUntilTaken(ends.agent, queues.log, piece);

    await vi.waitFor(() => expect(seen).toHaveLength(1), patient);
    expect(seen[0]?.payload).toEqual(piece.payload);
  });

  if (!breaks) return;
  test(`${name}: both sides connect again, and nothing that was sent until taken is lost`, async () => {
    await using ends = await open();
    const atAgent = new Set<string>();
    const atServer = new Set<string>();
    await using _agent = ends.agent.consume(work(ends), { slots: 1 }, collectTexts(atAgent));
    await using _server = ends.server.consume(queues.result, { slots: 1 }, collectTexts(atServer));
    const wanted = Array.from({ length: 40 }, (_, index) => String(index));

    for (const text of wanted) {
      if (Number(text) % 10 === 5) ends.interrupt?.();
      await Promise.all([
        sendUntilTaken(ends.server, work(ends), made(ends, "server", text)),
        sendUntilTaken(ends.agent, queues.result, made(ends, ends.agentId, text)),
      ]);
    }

    await vi.waitFor(() => expect([atAgent.size, atServer.size]).toEqual([40, 40]), patient);
  });
}

function collect(into: Envelope[]) {
  return (envelope: Envelope) => {
    into.push(envelope);
    return Promise.resolve("ack" as const);
  };
}

function collectTexts(into: Set<string>) {
  return (envelope: Envelope) => {
    into.add(textOf(envelope));
    return Promise.resolve("ack" as const);
  };
}

function byNumber(one: string, other: string): number {
  return Number(one) - Number(other);
}
