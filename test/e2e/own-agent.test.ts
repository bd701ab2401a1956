import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../src/adapters/database/testing.ts";
import type { Invited } from "../../src/contracts/agent.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Run } from "../../src/contracts/run.ts";
import { online, type AgentProcess } from "../support/agent.ts";
import { approve, ended, planAnswering, readWholeLog, writeRepository } from "../support/jobs.ts";
import { checkExample, installSdk, startEchoAgent } from "../support/own-agent.ts";
import {
  createWorld,
  signUp,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";
import { sshInventory, startSshd } from "../support/sshd.ts";

const stack = new AsyncDisposableStack();
let world: World;
let server: Server;
let api: Api;
let folder: string;
let agent: AgentProcess;

beforeAll(async () => {
  world = stack.use(await createWorld());
  stack.defer(async () => await agent?.[Symbol.asyncDispose]());
  const sshd = stack.use(await startSshd(world));
  const { connection } = stack.use(await createTestDatabase());
  const repository = await writeRepository(world, {
    "hosts.yml": sshInventory(sshd),
    "echo.yml": `# chiffon:service=echo
- name: Say it
  hosts: all
  gather_facts: false
  vars:
    seconds: 1
  tasks:
    - name: Say for how long
      ansible.builtin.debug:
        msg: "{{ seconds }}"
`,
  });
  const host = encodeURIComponent(connection.host);
  const url = `postgresql://${connection.user}:${connection.password}@localhost:${connection.port}/${connection.database}?host=${host}`;
  server = stack.use(
    await startServer(world, {
      command: "server",
      args: ["--repo", repository],
      env: { CHIFFON_DATABASE_URL: url },
    }),
  );
  api = await signUp(server);
  // The key of the host is asked for once.
  await planAnswering(api, "Deploy echo");
  folder = await installSdk(path.join(world.dir, "own"));
}, 240_000);

afterAll(async () => {
  await stack.disposeAsync();
});

/** Has the echo agent work for so many seconds, and gives the run once it has said something. */
async function begin(seconds: number): Promise<string> {
  const { planId } = await api.post<{ planId: string }>("/dispatch", {
    unit: "echo",
    hosts: ["box"],
    vars: { seconds },
  });
  const runId = await approve(api, await api.get<Plan>(`/plans/${planId}`));
  await waitUntil(async () => (await readLog(runId)).includes("second 1\n"));
  return runId;
}

const readLog = async (runId: string): Promise<string> =>
  (await api.get<{ text: string }>(`/runs/${runId}/log?after=0&limit=100000`)).text;

const endOf = ({ state, tasks }: Run) => ({
  state,
  attempts: tasks.flatMap((task) =>
    task.attempts.map(({ outcome, error }) => [outcome, error?.code ?? null]),
  ),
});

test("the example agent, written against the published package, joins, runs an approved step and obeys a cancel", async () => {
  expect(checkExample(folder)).toBe("");
  const invited = await api.post<Invited>("/agents/invite", { type: "infra" });
  const joining = { args: [server.url, invited.serverKey], input: `${invited.code}\n` };
  agent = startEchoAgent(folder, joining);
  const { id } = await online(api, "echo").catch((error: unknown) => {
    throw new Error(`the agent did not come: ${agent.said()}`, { cause: error });
  });

  const done = await ended(api, await begin(2));
  expect(endOf(done)).toEqual({ state: "succeeded", attempts: [["succeeded", null]] });
  expect(done.tasks[0]?.attempts[0]?.agentId).toBe(id);
  expect(await readWholeLog(api, done.id)).toBe("asked for echo.yml on box\nsecond 1\nsecond 2\n");

  const cancelled = await begin(600);
  await api.post(`/runs/${cancelled}/cancel`);
  expect(endOf(await ended(api, cancelled))).toEqual({
    state: "cancelled",
    attempts: [["cancelled", 5102]],
  });
});

test("work that kill -9 of the example agent cut off is unknown after its next start, and is not run again", async () => {
  const cut = await begin(600);
  await agent.kill();
  agent = startEchoAgent(folder);
  const run = await ended(api, cut);
  expect(endOf(run)).toEqual({ state: "unknown", attempts: [["unknown", 5101]] });
  expect(run.tasks[0]?.attempts[0]?.error?.message).toContain("the process of its agent ended in the middle");
  // It goes on with what is new.
  expect(endOf(await ended(api, await begin(1)))).toMatchObject({ state: "succeeded" });
  expect((await readWholeLog(api, cut)).match(/asked for/g)).toHaveLength(1);
});

test("the example agent that is told to end says what became of its work and keeps nothing; once revoked it ends with the reason", async () => {
  const stopped = await begin(600);
  agent.child.kill("SIGTERM");
  expect(await agent.gone).toBe(0);
  const run = await ended(api, stopped);
  expect(endOf(run)).toEqual({ state: "cancelled", attempts: [["cancelled", 5102]] });
  expect((await readdir(path.join(agent.data, "runs"))).filter((name) => name !== ".done")).toEqual([]);

  await api.post(`/agents/${run.tasks[0]?.attempts[0]?.agentId ?? ""}/revoke`, { reason: "sold" });
  await using revoked = startEchoAgent(folder);
  expect(await revoked.gone).toBe(1);
  expect(revoked.said()).toContain("The agent was revoked");
});

test("the example has no more than 30 lines and imports nothing but the published entry point", async () => {
  const text = await readFile(path.join(folder, "echo-agent.ts"), "utf8");
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(30);
  const imports = [...text.matchAll(/\bimport\b[^;]*?"([^"]+)"/g)].map(([, from]) => from);
  expect(imports).toEqual(["chiffonctl/agent"]);
});
