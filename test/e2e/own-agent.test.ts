import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../src/adapters/database/testing.ts";
import type { Invited } from "../../src/contracts/agent.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Run } from "../../src/contracts/run.ts";
import { online } from "../support/agent.ts";
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
import { startSshd } from "../support/sshd.ts";

const stack = new AsyncDisposableStack();
let world: World;
let server: Server;
let api: Api;
let folder: string;

beforeAll(async () => {
  world = stack.use(await createWorld());
  const sshd = stack.use(await startSshd(world));
  const { connection } = stack.use(await createTestDatabase());
  const repository = await writeRepository(world, {
    "hosts.yml": `all:
  hosts:
    box:
      ansible_host: 127.0.0.1
      ansible_port: ${sshd.port}
      ansible_user: ${sshd.user}
      ansible_ssh_private_key_file: ${sshd.identity}
      ansible_python_interpreter: /usr/bin/python3
`,
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

test("the example agent is written against the published package: it runs an approved step, obeys a cancel, and what kill -9 cut off is unknown and not run again", async () => {
  expect(checkExample(folder)).toBe("");
  const invited = await api.post<Invited>("/agents/invite", { type: "infra" });
  const joining = { args: [server.url, invited.serverKey], input: `${invited.code}\n` };
  const first = startEchoAgent(folder, joining);
  stack.use(first);
  const { id } = await online(api, "echo").catch((error: unknown) => {
    throw new Error(`the agent did not come: ${first.said()}`, { cause: error });
  });

  const done = await ended(api, await begin(2));
  expect(endOf(done)).toEqual({ state: "succeeded", attempts: [["succeeded", null]] });
  expect(done.tasks[0]?.attempts[0]?.agentId).toBe(id);
  expect(await readWholeLog(api, done.id)).toBe("asked for echo.yml on box\nsecond 1\nsecond 2\n");

  const cancelled = await begin(600);
  await api.post(`/runs/${cancelled}/cancel`);
  expect(endOf(await ended(api, cancelled))).toEqual({ state: "cancelled", attempts: [["cancelled", 5102]] });

  const cut = await begin(600);
  await first.kill();
  await using second = startEchoAgent(folder);
  const run = await ended(api, cut);
  expect(endOf(run)).toEqual({ state: "unknown", attempts: [["unknown", 5101]] });
  expect(run.tasks[0]?.attempts[0]?.error?.message).toContain("the process of its agent ended in the middle");
  const log = await readWholeLog(api, cut);
  expect(log.match(/asked for/g)).toHaveLength(1);

  // It goes on with what is new, and keeps nothing of what is over.
  expect(endOf(await ended(api, await begin(1)))).toMatchObject({ state: "succeeded" });
  const stopped = await begin(600);
  second.child.kill("SIGTERM");
  expect(await second.gone).toBe(0);
  expect(endOf(await ended(api, stopped))).toEqual({ state: "cancelled", attempts: [["cancelled", 5102]] });
  expect((await readdir(path.join(second.data, "runs"))).filter((name) => name !== ".done")).toEqual([]);

  await api.post(`/agents/${id}/revoke`, { reason: "sold" });
  await using third = startEchoAgent(folder);
  expect(await third.gone).toBe(1);
  expect(third.said()).toContain("The agent was revoked");
});

test("the example has no more than 30 lines and imports nothing but the published entry point", async () => {
  const text = await readFile(path.join(folder, "echo-agent.ts"), "utf8");
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(30);
  const imports = [...text.matchAll(/\bimport\b[^;]*?"([^"]+)"/g)].map(([, from]) => from);
  expect(imports).toEqual(["chiffonctl/agent"]);
});
