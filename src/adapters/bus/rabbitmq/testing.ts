import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { connect, type Channel } from "amqplib";
import { generate } from "selfsigned";
import { expect, vi } from "vitest";
import { startFaultProxy, type FaultProxy } from "../../../../test/support/fault-proxy.ts";
import type { Broker } from "../../../../test/support/rabbitmq.ts";
import type { DeadMessage } from "../../../ports/bus.ts";
import type { Ends } from "../transport-contract.ts";
import { createRabbitAgent } from "./agent.ts";
import { agentUser } from "../../../domain/broker-user.ts";
import { createRabbitServer, type RabbitServer } from "./server.ts";

const password = "the password of an agent";

/** Users of agents that tests take one after the other. */
export interface Users {
  /** Where the broker is for this agent. */
  url(agentId: string): string;
  readonly password: string;
  next(): string;
}

/** Does the same as the commands for a person, for many agents in one call: each of those costs seconds. */
export async function makeUsers(broker: Broker, count: number): Promise<Users> {
  const ids = Array.from({ length: count }, () => randomUUID());
  let used = 0;
  await broker.evaluate(String.raw`lists:foreach(fun(Id) ->
    User = <<"agent-", Id/binary>>, By = <<"test">>,
    Own = <<"^(chf\\.work\\.agent\\.", Id/binary, "|chf\\.ctl\\.agent\\.", Id/binary, ")$">>,
    rabbit_auth_backend_internal:add_user(User, <<"${password}">>, By),
    rabbit_auth_backend_internal:set_permissions(User, <<"/">>, <<"^$">>, <<"^chf\\.up$">>, Own, By),
    rabbit_auth_backend_internal:set_topic_permissions(User, <<"/">>, <<"chf.up">>, <<"^", Id/binary, "\\..*$">>, <<"^$">>, By)
  end, [${ids.map((id) => `<<"${id}">>`).join(",")}]).`);
  return {
    url: (agentId) => broker.url({ name: agentUser(agentId), password }),
    password,
    next() {
      const id = ids[used];
      used += 1;
      if (id === undefined) throw new Error("make more users");
      return id;
    },
  };
}

export interface RabbitEnds extends Ends {
  readonly server: RabbitServer;
  readonly proxy: FaultProxy;
  /** What either side has reported. */
  readonly errors: string[];
}

/** Server and agent, connected to the broker through a proxy. */
export async function openEnds(
  broker: Broker,
  agentId: string,
  options: { heartbeat?: number; giveWayAfter?: number } = {},
): Promise<RabbitEnds> {
  await using stack = new AsyncDisposableStack();
  const proxy = stack.use(await startFaultProxy({ target: { host: "127.0.0.1", port: broker.port } }));
  const through = (url: string) => url.replace(`:${broker.port}`, `:${proxy.port}`);
  const errors: string[] = [];
  const onError = (error: unknown) => errors.push(String(error));
  const server = stack.use(createRabbitServer({ url: through(broker.url()), onError, ...options }));
  server.declareAgent(agentId);
  const url = through(broker.url({ name: agentUser(agentId), password }));
  const agent = stack.use(createRabbitAgent({ url, agentId, onError, ...options }));
  await connected({ server, agent });
  const kept = stack.move();
  return {
    server,
    agent,
    agentId,
    proxy,
    errors,
    interrupt: () => void proxy.cut(),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export async function connected({ server, agent }: Pick<Ends, "server" | "agent">): Promise<void> {
  await vi.waitFor(() => expect([server.reachable().length, agent.reachable().length]).toEqual([2, 3]), {
    timeout: 30_000,
  });
}

/** The dead letters of one test; all are taken. */
export interface Collected extends AsyncDisposable {
  readonly all: DeadMessage[];
  found(text: string): DeadMessage | undefined;
}

export function collectDead(server: RabbitServer): Collected {
  const all: DeadMessage[] = [];
  const consumer = server.consumeDead(async (letter) => {
    all.push(letter);
    return "ack";
  });
  return {
    all,
    found: (text) => all.find(({ body }) => body.includes(text)),
    [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose](),
  };
}

/** A channel as an agent's program could open one that follows no rules. */
export async function asAgent(url: string, work: (channel: Channel) => Promise<void>): Promise<void> {
  const model = await connect(url);
  const channel = await model.createChannel();
  await work(channel);
  await channel.close();
  await model.close();
}

/** The code with which the broker refuses it. */
export async function refusal(url: string, attempt: (channel: Channel) => unknown): Promise<unknown> {
  const model = await connect(url);
  const channel = await model.createChannel();
  const refused = new Promise<unknown>((resolve) =>
    channel.on("error", (error: Error & { code?: number }) => resolve(error.code)),
  );
  await Promise.resolve(attempt(channel)).catch(() => {});
  const code = await refused;
  await model.close();
  return code;
}

export async function makeCertificate(
  folder: string,
  name: string,
): Promise<{ key: string; cert: string; file: string }> {
  const made = await generate([{ name: "commonName", value: name }], {
    algorithm: "sha256",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  const file = path.join(folder, `${name}.pem`);
  await writeFile(file, made.cert);
  return { key: made.private, cert: made.cert, file };
}
