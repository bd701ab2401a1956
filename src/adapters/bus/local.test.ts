import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createLocalTransport } from "./local.ts";
import { messageFrom, testTransport, textOf } from "./transport-contract.ts";

testTransport({
  name: "in one process",
  breaks: false,
  open: () => {
    const transport = createLocalTransport();
    return Promise.resolve({
      server: transport,
      agent: transport,
      agentId: randomUUID(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  },
});

const envelope = (text = "enough") => messageFrom("server", text);

test("a message for which nobody listens, or whose handler throws, is to be sent again; a malformed one is dead", async () => {
  const transport = createLocalTransport();
  expect(await transport.deliver("q", envelope())).toBe("retry");

  await using _ = transport.consume("q", { slots: 1 }, () => Promise.reject(new Error("no")));
  expect(await transport.deliver("q", envelope())).toBe("retry");
  expect(await transport.deliver("q", { ...envelope(), protocol_version: "2.0" })).toBe("dead");
});

test("what waits for a slot when the consumer closes is to be sent again", async () => {
  const transport = createLocalTransport();
  const running = Promise.withResolvers<void>();
  const calls: string[] = [];
  const consumer = transport.consume("q", { slots: 1 }, async (message) => {
    calls.push(textOf(message));
    await running.promise;
    return "ack";
  });
  const [first, second] = [
    transport.deliver("q", envelope("first")),
    transport.deliver("q", envelope("second")),
  ];

  const closing = consumer[Symbol.asyncDispose]();
  expect(await second).toBe("retry");
  running.resolve();
  await closing;

  expect(await first).toBe("ack");
  expect(calls).toEqual(["first"]);
});
