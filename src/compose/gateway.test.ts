import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test, vi } from "vitest";
import { WebSocketServer } from "ws";
import { openGateway as connect, type OpenGateway } from "../adapters/bus/websocket/open-gateway.ts";
import { createServerKey } from "../adapters/bus/websocket/testing.ts";
import { createAgentKeys, openAgentKeys, sealTo, type AgentKeys } from "../adapters/keys/agent-keys.ts";
import { queues, type Message, type WorkRequest } from "../contracts/agent-protocol.ts";
import type { Invited } from "../contracts/agent.ts";
import type { Enrolment, Login } from "../contracts/gateway.ts";
import { sealContext } from "../domain/approval.ts";
import type { ChiffonError } from "../domain/errors.ts";
import {
  enrolmentBytes,
  envelopeBytes,
  loginBytes,
  rotationBytes,
  type Handshake,
} from "../domain/gateway-proof.ts";
import { revokeAgent } from "../engine/agents/connection.ts";
import { inviteAgent } from "../engine/agents/join.ts";
import type { CoreDeps } from "../engine/core-deps.ts";
import { placeReadyTasks } from "../engine/dispatch/place.ts";
import { createRunOf, createTestCore, fromAgent, heartbeatOf, type TestCore } from "../engine/testing.ts";
import { handleAgentMessage } from "../engine/track/handle.ts";
import { openGateway } from "./gateway.ts";

const caller = { actor: { kind: "user" as const, name: "ada", id: null }, strong: true };
const patient = { timeout: 20_000 };
const file = { path: "site.yml", sha256: "a".repeat(64), size: 4, executable: false };

interface Stage extends AsyncDisposable {
  readonly core: TestCore;
  readonly deps: CoreDeps;
  readonly reachable: () => readonly string[];
  invite(type?: string): Promise<Invited>;
  /** @param change what the agent says otherwise than an honest one */
  enrol(invited: Invited, change?: (given: Enrolment, handshake: Handshake) => Enrolment): Promise<Joined>;
  login(agent: Joined, change?: (given: Login, handshake: Handshake) => Login): Promise<OpenGateway>;
  /** What stands in the record of this kind. */
  records(kind: string): Promise<Record<string, unknown>[]>;
}

interface Joined {
  readonly id: string;
  readonly keys: AgentKeys;
  readonly opened: OpenGateway;
}

/** A server on a real database that agents reach over real WebSockets. */
async function openStage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const core = stack.use(await createTestCore());
  const serverKey = createServerKey();
  const deps: CoreDeps = {
    ...core.deps,
    sign: serverKey.sign,
    sealSecrets: (_tx, { names, sealingKey, context }) => {
      const secrets = names.map((name) => ({ name, version: 1, value: `value of ${name}` }));
      return Promise.resolve(sealTo(sealingKey, JSON.stringify(secrets), context));
    },
  };
  const gateway = stack.use(
    await openGateway({
      core: deps,
      serverKey,
      snapshots: {
        open: () => Promise.resolve({ treeDir: "/nowhere", files: [file] }),
        async *readBlob() {
          yield Buffer.from("site");
        },
      },
      listen: core.listen,
      onChange: () => {},
      onError: (error) => {
        throw error;
      },
    }),
  );
  for (const queue of [queues.result, queues.log, queues.heartbeat])
    stack.use(gateway.consume(queue, { slots: 4 }, (envelope) => handleAgentMessage(deps, envelope)));
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
  const open = async (introduce: (handshake: Handshake) => Enrolment | Login): Promise<OpenGateway> => {
    const pin = { key: serverKey.publicKey };
    const opened = await connect({ url, pin, introduce, signal: AbortSignal.timeout(20_000) });
    clients.push(opened.socket);
    return opened;
  };
  const kept = stack.move();
  return {
    core,
    deps,
    reachable: gateway.reachable,
    invite: (type = "infra") =>
      inviteAgent({ ...deps, serverKeyFingerprint: "SHA256:test" }, caller, { type, labels: [] }),
    async enrol({ code, type }, change = (given) => given) {
      const keys = createAgentKeys();
      const { signingKey: signing_key, sealingKey: sealing_key } = keys;
      const about = { code, agent_type: type, name: "far", version: "1", instance: randomUUID() };
      const opened = await open((handshake) => {
        const given = { ...about, signing_key, sealing_key };
        const signature = keys.sign(enrolmentBytes(handshake, given));
        return change({ type: "enrol", ...given, signature }, handshake);
      });
      return { id: opened.session.agent_id, keys, opened };
    },
    login: ({ id, keys }, change = (given) => given) =>
      open((handshake) => {
        const given = { agent_id: id, instance: randomUUID() };
        const signature = keys.sign(loginBytes(handshake, given));
        return change({ type: "login", ...given, signature }, handshake);
      }),
    async records(kind) {
      const rows = await core.db.selectFrom("audit_record").select("body").where("kind", "=", kind).execute();
      return rows.map(
        ({ body }) => (JSON.parse(Buffer.from(body).toString()) as { data: Record<string, unknown> }).data,
      );
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: ChiffonError) => reason,
  );
  return error?.message ?? "it worked";
};

/** Says something over an open session and gives the verdict. */
async function say({ opened, keys, id }: Joined, queue: string, message: Message): Promise<string> {
  const { socket } = opened;

  const envelope = fromAgent(id, message);
  const number = 1 + Math.floor(Math.random() * 1_000_000);
  const verdict = new Promise<string>((resolve) => {
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) return;
      const frame = JSON.parse(data.toString()) as { type: string; id: number; verdict: string };
      if (frame.type === "verdict" && frame.id === number) resolve(frame.verdict);
    });
  });
  const signed = { ...envelope, signature: keys.sign(envelopeBytes(envelope)) };
  socket.send(JSON.stringify({ type: "deliver", id: number, queue, envelope: signed }));
  return await verdict;
}

/** Asks for files of a snapshot; gives what comes, or the problem. */
async function ask({ opened: { socket } }: Joined, question: object): Promise<unknown> {
  const number = 1 + Math.floor(Math.random() * 1_000_000);
  let got: unknown;
  const answer = new Promise<unknown>((resolve) => {
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) return void (got = data.subarray(4).toString());
      const frame = JSON.parse(data.toString()) as {
        type: string;
        id: number;
        files?: unknown;
        problem?: string | null;
      };
      if (frame.id !== number) return;
      if (frame.type === "files") got = frame.files;
      if (frame.type === "end") resolve(frame.problem ?? got);
    });
  });
  socket.send(JSON.stringify({ type: "ask", id: number, question }));
  return await answer;
}

async function orderOf(stage: Stage, agentId: string): Promise<WorkRequest> {
  await placeReadyTasks(stage.deps);
  const rows = await stage.core.db
    .selectFrom("outbox")
    .selectAll()
    .where("queue", "=", queues.work(agentId))
    .execute();
  const envelope = rows.at(-1)?.envelope;
  if (envelope?.type !== "work_request") throw new Error("no order for that agent");
  return envelope.payload;
}

test("an invitation is for one agent of its type, for 15 minutes and five tries", async () => {
  await using stage = await openStage();
  const first = await stage.invite();
  const wrong = { ...first, code: `${first.code.slice(0, 5)}AAAA${first.code.slice(9)}` };
  for (const left of [4, 3, 2, 1, 0])
    expect(await refusalOf(stage.enrol(wrong))).toContain(`The code is wrong; ${left} tries are left.`);
  expect(await refusalOf(stage.enrol(first))).toContain("there were five wrong tries");

  const late = await stage.invite();
  stage.core.advance(15 * 60_000);
  expect(await refusalOf(stage.enrol(late))).toContain("This invitation has expired");

  const invited = await stage.invite();
  expect(await refusalOf(stage.enrol({ ...invited, type: "desktop" }))).toContain(
    "The invitation is for an agent of type infra, not desktop.",
  );
  await stage.enrol(invited);
  expect(await refusalOf(stage.enrol(invited))).toContain("This invitation has been used.");
  expect(await refusalOf(stage.enrol({ ...invited, code: "nothing like it" }))).toContain(
    "There is no invitation with this code.",
  );
  expect(await stage.records("agent.enrolled")).toHaveLength(1);
  expect((await stage.records("agent.join-refused")).length).toBeGreaterThanOrEqual(7);
  const stored = await stage.core.db.selectFrom("agent_invite").selectAll().execute();
  expect(JSON.stringify(stored)).not.toContain(invited.code.replaceAll("-", ""));
});

test("a join is refused whose keys were exchanged on the way, and a code is good on the connection only that it was said on", async () => {
  await using stage = await openStage();
  const invited = await stage.invite();
  const other = createAgentKeys();
  const change = (given: Enrolment): Enrolment => ({ ...given, signing_key: other.signingKey });
  expect(await refusalOf(stage.enrol(invited, change))).toContain("could not sign with the key");
  const sealed = (given: Enrolment): Enrolment => ({ ...given, sealing_key: other.sealingKey });
  expect(await refusalOf(stage.enrol(invited, sealed))).toContain("could not sign with the key");
  let captured: Enrolment | undefined;
  await refusalOf(stage.enrol({ ...invited, type: "desktop" }, (given) => (captured = given)));
  expect(await refusalOf(stage.enrol(invited, () => captured ?? fail()))).toContain(
    "could not sign with the key",
  );
  // None of this used the invitation up but the wrong type.
  await stage.enrol(invited);
});

function fail(): never {
  throw new Error("nothing was captured");
}

test("keys are changed by who has the old ones, and the old ones are worth nothing afterwards", async () => {
  await using stage = await openStage();
  const agent = await stage.enrol(await stage.invite());
  agent.opened.socket.terminate();
  const next = createAgentKeys();
  const fresh = { signing_key: next.signingKey, sealing_key: next.sealingKey };
  const rotate =
    (by: AgentKeys) =>
    (given: Login, handshake: Handshake): Login => {
      const signature = by.sign(rotationBytes(handshake, { agent_id: agent.id, ...fresh }));
      return { ...given, rotate: { ...fresh, signature } };
    };
  expect(await refusalOf(stage.login(agent, rotate(next)))).toContain("not signed by the old one");
  (await stage.login(agent, rotate(agent.keys))).socket.terminate();
  expect(await refusalOf(stage.login(agent))).toContain("the signature is not by its key");
  const reopened = await stage.login({ ...agent, keys: openAgentKeys(next.file) });
  expect(reopened.session.agent_id).toBe(agent.id);
  expect(await stage.records("agent.rotated")).toHaveLength(1);
  expect(await stage.records("agent.refused")).toHaveLength(2);
});

test("a revoked agent is disconnected at once, and neither comes back nor is heard", async () => {
  await using stage = await openStage();
  const agent = await stage.enrol(await stage.invite());
  await vi.waitFor(() => expect(stage.reachable()).toContain(queues.work(agent.id)), patient);
  const closed = new Promise<number>((resolve) => agent.opened.socket.on("close", resolve));
  await revokeAgent(stage.deps, caller, { id: agent.id, reason: "sold" });
  await revokeAgent(stage.deps, caller, { id: agent.id, reason: "again" });
  expect(await closed).toBe(4403);
  expect(await refusalOf(stage.login(agent))).toContain("The agent was revoked.");
  expect(await handleAgentMessage(stage.deps, fromAgent(agent.id, heartbeatOf(agent.id)))).toBe("dead");
  expect(await stage.records("agent.revoked")).toEqual([{ agent_id: agent.id, reason: "sold" }]);
});

test("what runs on this machine is for the server's own agent; orders for others carry secrets that only they can open", async () => {
  await using stage = await openStage();
  const agent = await stage.enrol(await stage.invite());
  expect(await say(agent, queues.heartbeat, heartbeatOf(agent.id))).toBe("ack");
  await createRunOf({ deps: stage.deps }, { steps: [{ hosts: ["here"], here: true }] });
  await expect(orderOf(stage, agent.id)).rejects.toThrow("no order");

  const secrets = [{ name: "token", version: 1 }];
  await createRunOf({ deps: stage.deps }, { steps: [{ hosts: ["web"], here: false, secrets }] });
  const order = await orderOf(stage, agent.id);
  const context = sealContext(order, agent.id);
  const opened = agent.keys.open(order.secrets ?? "", context);
  expect(JSON.parse(opened ?? "")).toEqual([{ name: "token", version: 1, value: "value of token" }]);
  expect(
    agent.keys.open(order.secrets ?? "", sealContext({ ...order, attempt: 2 }, agent.id)),
  ).toBeUndefined();
  expect(createAgentKeys().open(order.secrets ?? "", context)).toBeUndefined();
  const outbox = await stage.core.db.selectFrom("outbox").selectAll().execute();
  expect(JSON.stringify(outbox)).not.toContain("value of token");
});

test("an agent gets the files of its own open orders only, and content only after their list", async () => {
  await using stage = await openStage();
  const [agent, other] = [await stage.enrol(await stage.invite()), await stage.enrol(await stage.invite())];
  expect(await say(agent, queues.heartbeat, heartbeatOf(agent.id))).toBe("ack");
  const digest = "0".repeat(64);
  expect(await ask(agent, { kind: "snapshot", digest })).toBe(
    "no open order of this agent is of that snapshot",
  );
  await createRunOf({ deps: stage.deps }, { steps: [{ hosts: ["web"], here: false }] });
  await orderOf(stage, agent.id);

  const blob = { kind: "blob", sha256: file.sha256 };
  expect(await ask(agent, blob)).toContain("in no snapshot whose list was given");
  expect(await ask(agent, { kind: "snapshot", digest })).toEqual([file]);
  expect(await ask(agent, blob)).toBe("site");
  expect(await ask(agent, { kind: "blob", sha256: "b".repeat(64) })).toContain("in no snapshot");
  expect(await ask(other, { kind: "snapshot", digest })).toBe(
    "no open order of this agent is of that snapshot",
  );
  expect(await ask(other, blob)).toContain("in no snapshot");
});

test("an agent changes nothing of another agent's work, and is no other type than it was invited as; each try is recorded", async () => {
  await using stage = await openStage();
  const [agent, thief] = [await stage.enrol(await stage.invite()), await stage.enrol(await stage.invite())];
  const desktop = await stage.enrol(await stage.invite("desktop"));
  expect(await say(agent, queues.heartbeat, heartbeatOf(agent.id))).toBe("ack");
  expect(await say(desktop, queues.heartbeat, heartbeatOf(desktop.id))).toBe("dead");
  const { runId } = await createRunOf({ deps: stage.deps }, { steps: [{ hosts: ["web"], here: false }] });
  const { task_id, attempt, fence } = await orderOf(stage, agent.id);
  const key = { task_id, attempt, fence };
  const resources_used = { cpu_time_ms: 0, wall_ms: 0, memory_peak_mb: 0, gpu_vram_mb: null, bytes_out: 0 };
  const result: Message = {
    type: "work_result",
    payload: {
      ...key,
      outcome: "succeeded",
      exit_code: 0,
      error: null,
      recap: null,
      resources_used,
      output_length: 0,
      progress_count: 0,
    },
  };
  const attacks: [string, Message][] = [
    [queues.result, { type: "work_accepted", payload: { ...key, agent_id: thief.id } }],
    [queues.result, { type: "lease_renew", payload: { ...key, expires_at: null } }],
    [queues.result, { type: "error", payload: { ...key, code: 5001, message: "give it to me" } }],
    [queues.result, result],
    [queues.log, { type: "work_output", payload: { ...key, offset: 0, text: "forged" } }],
    [
      queues.log,
      {
        type: "work_status",
        payload: { ...key, first_seq: 1, progress: [{ kind: "play", name: "forged" }] },
      },
    ],
  ];
  for (const [queue, message] of attacks) expect(await say(thief, queue, message)).toBe("dead");
  const stored = await stage.core.db.selectFrom("attempt").selectAll().executeTakeFirstOrThrow();
  expect(stored).toMatchObject({ state: "leased", outcome: null, output_length: 0, progress_count: 0 });
  expect(
    await stage.core.db.selectFrom("run").select("state").where("id", "=", runId).executeTakeFirst(),
  ).toEqual({
    state: "running",
  });
  await vi.waitFor(async () => {
    const refused = await stage.records("agent.refused");
    expect(new Set(refused.map(({ agent_id }) => agent_id))).toEqual(new Set([desktop.id, thief.id]));
  }, patient);
  // The agent itself goes on.
  expect(
    await say(agent, queues.result, { type: "work_accepted", payload: { ...key, agent_id: agent.id } }),
  ).toBe("ack");
});
