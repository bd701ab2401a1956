import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test, vi } from "vitest";
import { WebSocketServer } from "ws";
import type { Gateway } from "../adapters/bus/websocket/gateway.ts";
import { openGateway as connect, type OpenGateway } from "../adapters/bus/websocket/open-gateway.ts";
import { createServerKey } from "../adapters/bus/websocket/testing.ts";
import { createAgentKeys, type AgentKeys } from "../adapters/keys/agent-keys.ts";
import { queues } from "../contracts/agent-protocol.ts";
import { loginBytes, rotationBytes } from "../domain/gateway-proof.ts";
import { findHolder, insertJoined } from "../engine/agents/identity-sql.ts";
import { setSeen } from "../engine/replicas/sql.ts";
import { createTestCore, type TestCore } from "../engine/testing.ts";
import { openGateway } from "./gateway.ts";

const patient = { timeout: 20_000 };
const refusal = "Another process with the same keys is connected";

interface OneServer extends AsyncDisposable {
  readonly replica: string;
  readonly gateway: Gateway;
  /** @param given.rotate changes the keys to these */
  login(agent: Agent, given: { instance: string; rotate?: AgentKeys }): Promise<OpenGateway>;
}

interface Agent {
  readonly id: string;
  readonly keys: AgentKeys;
}

interface Stage extends AsyncDisposable {
  readonly core: TestCore;
  readonly servers: readonly [OneServer, OneServer];
  agent(): Promise<Agent>;
  holderOf(agent: Agent): Promise<string | null>;
  /** Kinds of what the record has about the agent, the oldest first. */
  recordsOf(agent: Agent): Promise<string[]>;
}

const serverKey = createServerKey();

/** The gateways of two servers on one real database. */
async function openStage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const core = stack.use(await createTestCore());
  const open = async () => stack.use(await openServer(core));
  const servers = [await open(), await open()] as const;
  const kept = stack.move();
  return {
    core,
    servers,
    async agent() {
      const [id, keys] = [randomUUID(), createAgentKeys()];
      const { signingKey, sealingKey } = keys;
      const about = { type: "infra", name: "far", version: "1", labels: [], address: "-" };
      const joined = { ...about, id, signingKey, sealingKey, instance: randomUUID() };
      await core.db.transaction().execute((tx) => insertJoined(tx, { ...joined, at: core.deps.clock.now() }));
      return { id, keys };
    },
    holderOf: async ({ id }) => (await findHolder(core.db, id, { within: 90_000 }))?.server ?? null,
    async recordsOf({ id }) {
      const rows = await core.db
        .selectFrom("audit_record")
        .select("kind")
        .where("actor_id", "=", id)
        .orderBy("arrival")
        .execute();
      return rows.map(({ kind }) => kind);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function openServer(core: TestCore): Promise<OneServer> {
  await using stack = new AsyncDisposableStack();
  const replica = randomUUID();
  await setSeen(core.db, replica);
  const gateway = stack.use(
    await openGateway({
      core: { ...core.deps, replica },
      serverKey,
      snapshots: {
        open: () => Promise.reject(new Error("nothing is asked for here")),
        readBlob: () => {
          throw new Error("nothing is asked for here");
        },
      },
      listen: core.listen,
      onChange: () => {},
      onError: (error) => {
        throw error;
      },
    }),
  );
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => gateway.serve(socket, { address: "127.0.0.1", certificate: null }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const clients: OpenGateway["socket"][] = [];
  stack.defer(async () => {
    for (const client of clients) client.terminate();
    sockets.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const kept = stack.move();
  return {
    replica,
    gateway,
    async login({ id: agent_id, keys }, { instance, rotate }) {
      const opened = await connect({
        url,
        pin: { key: serverKey.publicKey },
        introduce: (handshake) => {
          const fresh = rotate && { signing_key: rotate.signingKey, sealing_key: rotate.sealingKey };
          return {
            type: "login",
            agent_id,
            instance,
            signature: keys.sign(loginBytes(handshake, { agent_id, instance })),
            ...(fresh && {
              rotate: { ...fresh, signature: keys.sign(rotationBytes(handshake, { agent_id, ...fresh })) },
            }),
          };
        },
        signal: AbortSignal.timeout(20_000),
      });
      clients.push(opened.socket);
      return opened;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const isReachable = ({ gateway }: OneServer, { id }: Agent): boolean =>
  gateway.reachable().includes(queues.work(id));

test("a copy of an agent's keys gets in at no server while the agent is connected to one, changes no keys, and is recorded", async () => {
  await using stage = await openStage();
  const [first, second] = stage.servers;
  const agent = await stage.agent();
  const instance = randomUUID();
  const { socket } = await first.login(agent, { instance });
  await vi.waitFor(() => expect(isReachable(first, agent)).toBe(true), patient);

  for (const { login } of stage.servers) {
    const copy = { instance: randomUUID(), rotate: createAgentKeys() };
    await expect(login(agent, copy)).rejects.toThrow(refusal);
  }
  expect(await stage.holderOf(agent)).toBe(first.replica);
  expect(isReachable(first, agent)).toBe(true);
  expect(await stage.recordsOf(agent)).toEqual(["agent.connected", "agent.refused", "agent.refused"]);

  // Once it is gone, whoever has the keys is the agent, wherever it comes.
  socket.terminate();
  await vi.waitFor(async () => expect(await stage.holderOf(agent)).toBeNull(), patient);
  await second.login(agent, { instance: randomUUID() });
  await vi.waitFor(() => expect(isReachable(second, agent)).toBe(true), patient);
});

test("an agent that goes on at another server is let in at once, and the connection that it left is closed", async () => {
  await using stage = await openStage();
  const [first, second] = stage.servers;
  const agent = await stage.agent();
  const instance = randomUUID();
  const left = await first.login(agent, { instance });
  await vi.waitFor(() => expect(isReachable(first, agent)).toBe(true), patient);
  const closed = new Promise<number>((resolve) => left.socket.on("close", resolve));
  await second.login(agent, { instance });
  expect(await closed).toBe(4403);
  await vi.waitFor(() => expect(isReachable(first, agent)).toBe(false), patient);
  expect(isReachable(second, agent)).toBe(true);
  expect(await stage.holderOf(agent)).toBe(second.replica);
  expect(await stage.recordsOf(agent)).toEqual(["agent.connected"]);
});

test("a server that was killed keeps nobody out: its agents get in elsewhere, and what it noted is gone with its next start", async () => {
  await using stage = await openStage();
  const [first] = stage.servers;
  const agent = await stage.agent();
  const killed = randomUUID();
  const holds = async () =>
    void (await stage.core.db
      .updateTable("agent")
      .set({ connected_to: killed })
      .where("id", "=", agent.id)
      .execute());
  // Of a server that nobody has seen for long.
  await holds();
  (await first.login(agent, { instance: randomUUID() })).socket.terminate();
  await vi.waitFor(async () => expect(await stage.holderOf(agent)).toBeNull(), patient);

  // Killed a moment ago, and the agent has started anew as well: nobody answers for it.
  await setSeen(stage.core.db, killed);
  await holds();
  await first.login(agent, { instance: randomUUID() });
  await vi.waitFor(() => expect(isReachable(first, agent)).toBe(true), patient);
  expect(await stage.holderOf(agent)).toBe(first.replica);

  // Without it this server would have to be asked about itself.
  await stage.core.db.updateTable("agent").set({ connected_to: first.replica }).execute();
  await using _again = await openGateway({
    core: { ...stage.core.deps, replica: first.replica },
    serverKey,
    snapshots: { open: () => Promise.reject(new Error("no")), readBlob: () => fail() },
    listen: stage.core.listen,
    onChange: () => {},
    onError: () => {},
  });
  expect(await stage.holderOf(agent)).toBeNull();
});

function fail(): never {
  throw new Error("nothing is asked for here");
}
