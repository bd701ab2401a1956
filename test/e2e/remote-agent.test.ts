import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { createTestDatabase } from "../../src/adapters/database/testing.ts";
import type { Agent, Invited } from "../../src/contracts/agent.ts";
import type { AuditPage } from "../../src/contracts/audit.ts";
import type { Request } from "../../src/contracts/request.ts";
import { joinAgent, online, startAgent } from "../support/agent.ts";
import { approve, ended, plan, playbook, readWholeLog, running, writeRepository } from "../support/jobs.ts";
import {
  createWorld,
  signUp,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";
import { brokerUserCommands } from "../../src/domain/broker-user.ts";
import { startBroker } from "../support/rabbitmq.ts";
import { sshInventory, startSshd } from "../support/sshd.ts";

const secret = "s3cret-of-the-far-machine";

interface Stage extends AsyncDisposable {
  readonly world: World;
  readonly server: Server;
  readonly api: Api;
  restart(): Promise<void>;
}

/** A server without agents of its own on a PostgreSQL server, one host by SSH, and playbooks for it. */
async function openStage(env: Record<string, string> = {}): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await createWorld());
  const sshd = stack.use(await startSshd(world));
  const { connection } = stack.use(await createTestDatabase());
  const repository = await writeRepository(world, {
    "hosts.yml": sshInventory(sshd),
    "keep.yml": playbook(
      "keep",
      `    - name: Write the secret
      ansible.builtin.copy:
        content: "{{ far_secret }}"
        dest: ${world.dir}/kept
        mode: "0600"
    - name: Say it
      ansible.builtin.debug:
        msg: "it is {{ far_secret }}"
`,
      "# chiffon:secret=far_secret\n",
    ),
    "slow.yml": playbook(
      "slow",
      `    - name: Wait for the word
      ansible.builtin.wait_for:
        path: ${world.dir}/go
        sleep: 1
        timeout: 120
    - name: Note that it ran
      ansible.builtin.shell: echo ran >> ${world.dir}/ran
`,
    ),
  });
  const host = encodeURIComponent(connection.host);
  const url = `postgresql://${connection.user}:${connection.password}@localhost:${connection.port}/${connection.database}?host=${host}`;
  const options = {
    command: "server" as const,
    args: ["--repo", repository],
    env: { ...env, CHIFFON_DATABASE_URL: url },
  };
  let server = await startServer(world, options);
  stack.defer(async () => await server[Symbol.asyncDispose]());
  const port = Number(new URL(server.url).port);
  const api = await signUp(server);
  const asked = await api.post<Request>("/requests", { text: "Deploy slow" });
  const answers = asked.questions.map(({ id, options: [first] }) => ({
    question: id,
    value: first?.value ?? "",
  }));
  await api.post<Request>(`/requests/${asked.id}/answer`, { answers });
  await setSecret(server, api);
  const kept = stack.move();
  return {
    world,
    get server() {
      return server;
    },
    api,
    async restart() {
      await server.kill();
      server = await startServer(world, { ...options, port });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function setSecret(server: Server, { token }: Api): Promise<void> {
  const answer = await fetch(`${server.url}/api/v1/secrets/far_secret`, {
    method: "PUT",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ value: secret }),
  });
  expect(answer.status).toBe(204);
}

const kindsOf = async (api: Api): Promise<string[]> =>
  (await api.get<AuditPage>("/audit/query?limit=200")).items.map(({ kind }) => kind);

/** Every file below a folder, as text. */
async function readAll(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(
    files.map((entry) => readFile(path.join(entry.parentPath, entry.name), "latin1")),
  );
  return texts.join("\n");
}

test("an agent joins by a code, gets the frozen files and the sealed secret, and runs what was approved; a revoked one is gone", async () => {
  await using stage = await openStage();
  const { world, api } = stage;
  await using agent = await joinAgent(world, stage, { name: "far", labels: ["cellar"] });
  expect(await api.get<Agent[]>("/agents")).toMatchObject([
    { id: agent.id, name: "far", type: "infra", labels: ["cellar"], joined: { address: "127.0.0.1" } },
  ]);

  const run = await ended(api, await approve(api, await plan(api, "Deploy keep")));
  const log = await readWholeLog(api, run.id);
  const why = JSON.stringify(run.tasks[0]?.attempts[0]?.error);
  expect(`${run.state} ${run.state === "succeeded" ? "" : `${why} ${log}`}`).toBe("succeeded ");
  expect(run.tasks[0]?.attempts[0]?.agentId).toBe(agent.id);
  expect(await readFile(path.join(world.dir, "kept"), "utf8")).toBe(secret);
  expect(log).toContain("it is");
  expect(log).not.toContain(secret);
  expect(await readAll(agent.data)).not.toContain(secret);

  await api.post(`/agents/${agent.id}/revoke`, { reason: "sold" });
  expect(await agent.gone).toBe(1);
  expect(agent.said()).toContain("The agent was revoked");
  expect(await api.get<Agent>(`/agents/${agent.id}`)).toMatchObject({
    status: "offline",
    reason: "revoked by ada: sold",
  });
  await using again = startAgent(world, { name: "far" });
  expect(await again.gone).toBe(1);
  expect(again.said()).toContain("The agent was revoked");
  expect(await kindsOf(api)).toEqual(
    expect.arrayContaining(["agent.invited", "agent.enrolled", "agent.online", "agent.revoked"]),
  );
});

test("kill -9 of the agent and of the server in the middle of a run: the playbook goes on, is adopted, and ran once", async () => {
  await using stage = await openStage();
  const { world, api } = stage;
  const agent = await joinAgent(world, stage, { name: "far" });
  const runId = await approve(api, await plan(api, "Deploy slow"));
  await running(api, runId);

  await agent.kill();
  await using next = startAgent(world, { name: "far" });
  await waitUntil(() => next.said().includes("connected to"));
  await stage.restart();
  await online(api, "far");

  await writeFile(path.join(world.dir, "go"), "");

  const run = await ended(api, runId);
  expect([run.state, run.tasks[0]?.attempts[0]?.error]).toEqual(["succeeded", null]);
  expect(run.tasks[0]?.attempts).toHaveLength(1);
  expect(await readFile(path.join(world.dir, "ran"), "utf8")).toBe("ran\n");
});

test("a wrong code, another server's key, a used invitation and a copied identity are refused with the reason", async () => {
  await using stage = await openStage();
  const { world, server, api } = stage;
  const invited = await api.post<Invited>("/agents/invite", {});
  const join = ["--join", server.url, "--server-key", invited.serverKey];
  const attempt = async (name: string, args: readonly string[], code: string): Promise<string> => {
    await using agent = startAgent(world, { name, args, input: code });
    expect(await agent.gone).toBe(1);
    return agent.said();
  };

  const wrong = `${invited.code.slice(0, -1)}${invited.code.endsWith("0") ? "1" : "0"}`;
  expect(await attempt("one", join, wrong)).toContain("The code is wrong; 4 tries are left.");
  expect(await attempt("two", [...join, "--type", "desktop"], invited.code)).toContain(
    "The invitation is for an agent of type infra, not desktop.",
  );
  const other = ["--join", server.url, "--server-key", `SHA256:${"A".repeat(43)}`];
  expect(await attempt("three", other, invited.code)).toContain(
    "is not the server that this agent was told of",
  );

  await using agent = startAgent(world, { name: "far", args: join, input: invited.code });
  const { id } = await online(api, "far");
  expect(await attempt("four", join, invited.code)).toContain("This invitation has been used.");

  await cp(agent.data, path.join(world.dir, "copy"), {
    recursive: true,
    filter: (from) => !from.endsWith(".lock"),
  });
  await using copy = startAgent(world, { name: "copy" });
  await waitUntil(() => copy.said().includes("Another process with the same keys is connected"));
  expect(await api.get<Agent>(`/agents/${id}`)).toMatchObject({ status: "online", name: "far" });
  expect(await kindsOf(api)).toEqual(expect.arrayContaining(["agent.join-refused", "agent.refused"]));
});

test("[MSG-01] over RabbitMQ: orders and results go through the broker, and over the agent's connection while the broker is away", async () => {
  await using broker = await startBroker();
  await using stage = await openStage({ CHIFFON_RABBITMQ_URL: broker.url() });
  const { world, api } = stage;
  // Joined first: the broker's user is named after the agent.
  const joined = await joinAgent(world, stage, { name: "near" });
  await joined[Symbol.asyncDispose]();
  const [add = "", ...rights] = brokerUserCommands(joined.id);
  await broker.command(add, "the agent's password\n");
  for (const line of rights) await broker.command(line, "");
  const url = broker.url({ name: `agent-${joined.id}`, password: "the agent's password" });
  await using _agent = startAgent(world, { name: "near", env: { CHIFFON_RABBITMQ_URL: url } });
  await online(api, "near");
  await waitUntil(async () => (await broker.evaluate("length(rabbit_amqqueue:list()).")).trim() === "6");

  const run = await ended(api, await approve(api, await plan(api, "Deploy keep")));
  expect([run.state, run.tasks[0]?.attempts[0]?.error]).toEqual(["succeeded", null]);
  // Accepted, output, progress and result at the least.
  const counters = await broker.evaluate("rabbit_global_counters:overview().");
  const acknowledged = [...counters.matchAll(/messages_acknowledged_total => (\d+)/g)].map(([, text]) =>
    Number(text),
  );
  expect(Math.max(...acknowledged)).toBeGreaterThan(5);

  await broker.kill();
  const second = await ended(api, await approve(api, await plan(api, "Deploy keep")));
  expect([second.state, second.tasks[0]?.attempts[0]?.error]).toEqual(["succeeded", null]);
});
