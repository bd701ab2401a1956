import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { protocolVersion, type Envelope } from "../../contracts/agent-protocol.ts";
import { createLocalTransport } from "./local.ts";

const key = { task_id: randomUUID(), attempt: 1, fence: 1 };

function envelope(reason = "enough"): Envelope {
  const id = randomUUID();
  return {
    protocol_version: protocolVersion,
    message_id: id,
    from_agent: "server",
    to_agent: "agent",
    timestamp: "2026-11-22T12:00:00.000Z",
    trace_id: id,
    request_id: id,
    priority: 3,
    attempt: null,
    seq: null,
    x_custom_fields: {},
    signature: null,
    type: "control",
    payload: { ...key, command: "cancel", reason },
  };
}

test("a message for which nobody listens, or whose handler throws, is to be sent again; a malformed one is dead", async () => {
  const transport = createLocalTransport();
  expect(await transport.deliver("q", envelope())).toBe("retry");

  await using _ = transport.consume("q", { slots: 1 }, () => Promise.reject(new Error("no")));
  expect(await transport.deliver("q", envelope())).toBe("retry");
  expect(await transport.deliver("q", { ...envelope(), protocol_version: "2.0" })).toBe("dead");
});

test("one slot keeps the order, and no more handlers run at a time than there are slots", async () => {
  const transport = createLocalTransport();
  const seen: string[] = [];
  let open = 0;
  let most = 0;
  await using _ = transport.consume("q", { slots: 1 }, async (message) => {
    most = Math.max(most, (open += 1));
    await new Promise((resolve) => setImmediate(resolve));
    if (message.type === "control") seen.push(message.payload.reason);
    open -= 1;
    return "ack";
  });
  const reasons = Array.from({ length: 20 }, (_, index) => String(index));

  await Promise.all(reasons.map((reason) => transport.deliver("q", envelope(reason))));

  expect(seen).toEqual(reasons);
  expect(most).toBe(1);
});

test("closing waits for the handler that runs, and calls none afterwards", async () => {
  const transport = createLocalTransport();
  const running = Promise.withResolvers<void>();
  const calls: string[] = [];
  const consumer = transport.consume("q", { slots: 1 }, async (message) => {
    if (message.type === "control") calls.push(message.payload.reason);
    await running.promise;
    return "ack";
  });
  const [first, second] = [
    transport.deliver("q", envelope("first")),
    transport.deliver("q", envelope("second")),
  ];
  let closed = false;

  const closing = consumer[Symbol.asyncDispose]().then(() => (closed = true));
  expect(await second).toBe("retry");
  expect(closed).toBe(false);
  running.resolve();
  await closing;

  expect(await first).toBe("ack");
  expect(calls).toEqual(["first"]);
});
