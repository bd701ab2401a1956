import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../src/adapters/database/testing.ts";
import type { Agent } from "../../src/contracts/agent.ts";
import type { AuditPage } from "../../src/contracts/audit.ts";
import type { Run } from "../../src/contracts/run.ts";
import { joinAgent, online, type AgentProcess } from "../support/agent.ts";
import { approve, ended, planAnswering, playbook, running, writeRepository } from "../support/jobs.ts";
import { createWorld, signUp, startServer, waitUntil, type Api, type World } from "../support/server.ts";
import { sshInventory, startSshd } from "../support/sshd.ts";

/** Silence is 9 s. */
const waitScale = "0.1";
const stack = new AsyncDisposableStack();
let stage: {
  readonly world: World;
  readonly api: Api;
  readonly agent: AgentProcess & { readonly id: string };
  marks(): Promise<string>;
};

beforeAll(async () => {
  const world = stack.use(await createWorld());
  const sshd = stack.use(await startSshd(world));
  const { connection } = stack.use(await createTestDatabase());
  const repository = await writeRepository(world, {
    "hosts.yml": sshInventory(sshd),
    "slow.yml": playbook(
      "slow",
      `    - name: Wait for the word
      ansible.builtin.shell: echo begun >> ${world.dir}/marks; until [ -e ${world.dir}/go ]; do sleep 0.2; done; echo ended >> ${world.dir}/marks; rm ${world.dir}/go
`,
    ),
  });
  const { user, password, port, database, host } = connection;
  const env = {
    CHIFFON_DATABASE_URL: `postgresql://${user}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`,
    CHIFFON_WAIT_SCALE: waitScale,
  };
  const server = stack.use(
    await startServer(world, { command: "server", args: ["--repo", repository], env }),
  );
  const api = await signUp(server);
  const agent = stack.use(
    await joinAgent(world, { server, api }, { name: "far", env: { CHIFFON_WAIT_SCALE: waitScale } }),
  );
  const marks = () => readFile(path.join(world.dir, "marks"), "utf8").catch(() => "");
  stage = { world, api, agent, marks };
  // What a test that failed has left waiting would wait for ever.
  stack.defer(() => writeFile(path.join(world.dir, "go"), ""));
  // A frozen process cannot be told to end.
  stack.defer(async () => {
    for (const pid of await listAll()) signal(pid, "SIGCONT");
  });
});

afterAll(async () => {
  await stack.disposeAsync();
});

/** Processes of the agent's machine: itself, its supervisors and what they run. What runs on hosts is not among them. */
async function listAll(): Promise<number[]> {
  const { agent } = stage;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const texts = await Promise.all(
        ["cmdline", "environ"].map((each) => readFile(`/proc/${pid}/${each}`, "latin1").catch(() => "")),
      );
      return texts.some((text) => text.includes(agent.data));
    }),
  );
  return pids.filter((_, index) => found[index]).map(Number);
}

function signal(pid: number, name: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}

/** Waits until the server has noticed; gives the run. */
async function lost(runId: string): Promise<Run> {
  const { api, agent } = stage;
  await waitUntil(async () => (await api.get<Agent>(`/agents/${agent.id}`)).status === "offline");
  return await waitUntil(async () => {
    const run = await api.get<Run>(`/runs/${runId}`);
    return run.state === "unknown" ? run : undefined;
  });
}

const kindsOf = async (runId: string): Promise<string[]> =>
  (await stage.api.get<AuditPage>(`/audit/query?run=${runId}&limit=200`)).items.map(({ kind, status }) =>
    `${kind} ${status ?? ""}`.trim(),
  );

async function begin(): Promise<string> {
  const { api } = stage;
  const runId = await approve(api, await planAnswering(api, "Deploy slow"));
  await running(api, runId);
  return runId;
}

test("[P10] an agent that is frozen while its playbook runs: it is offline and the outcome unknown with the reason, nothing runs again, and its result counts when it is back", async () => {
  const { world, api, agent, marks } = stage;
  const runId = await begin();
  await waitUntil(async () => (await marks()) === "begun\n");
  const { pid = 0 } = agent.child;
  signal(pid, "SIGSTOP");

  const run = await lost(runId);
  expect(run.tasks[0]).toMatchObject({
    state: "unknown",
    reason: "the agent fell silent while it was executing",
  });
  expect(run.tasks[0]?.attempts.at(-1)).toMatchObject({ state: "ended", outcome: null });
  expect(await api.get<Agent>(`/agents/${agent.id}`)).toMatchObject({ reason: "no sign of life" });
  // Its playbook may still be at work: nobody may say how it ended, and its host is given to no other run.
  const mark = { step: 0, outcome: "failed", reason: "looks so" };
  await expect(api.post(`/runs/${runId}/mark`, mark)).rejects.toThrow("may still be at work");
  const next = await approve(api, await planAnswering(api, "Deploy slow"));
  // The playbook ends while its agent cannot say so.
  await writeFile(path.join(world.dir, "go"), "");
  await waitUntil(async () => (await marks()) === "begun\nended\n");
  const waiting = await api.get<Run>(`/runs/${next}`);
  expect(waiting.tasks[0]?.attempts).toEqual([]);
  await api.post(`/runs/${next}/cancel`, {});

  signal(pid, "SIGCONT");
  await online(api, "far");
  const back = await waitUntil(async () => {
    const shown = await api.get<Run>(`/runs/${runId}`);
    return shown.state === "succeeded" ? shown : undefined;
  });
  expect(back.tasks[0]?.attempts.at(-1)).toMatchObject({ outcome: "succeeded", error: null });
  expect(await marks()).toBe("begun\nended\n");
  // Newest first: what was not known, and what is.
  const kinds = (await kindsOf(runId)).filter((kind) => kind.startsWith("task."));
  expect(kinds.filter((kind) => kind.startsWith("task.finished"))).toEqual([
    "task.finished succeeded",
    "task.finished unknown",
  ]);
  expect(kinds.filter((kind) => kind.startsWith("task.started")).length).toBeLessThanOrEqual(2);
  expect((await api.get<Run>(`/runs/${next}`)).state).toBe("cancelled");
});

test("[P10] a machine that sleeps with its agent, its supervisor and its playbook: the outcome is unknown, and known again when it is awake", async () => {
  const { world, api, marks } = stage;
  const before = await marks();
  const runId = await begin();
  await waitUntil(async () => (await marks()) === `${before}begun\n`);
  for (const pid of await listAll()) signal(pid, "SIGSTOP");
  await lost(runId);
  for (const pid of await listAll()) signal(pid, "SIGCONT");

  // It says that it is still at work, and nobody has begun anything else.
  await online(api, "far");
  await waitUntil(async () => (await api.get<Run>(`/runs/${runId}`)).state === "running");
  await writeFile(path.join(world.dir, "go"), "");
  const run = await ended(api, runId);
  expect([run.state, run.tasks[0]?.attempts.at(-1)?.error]).toEqual(["succeeded", null]);
  expect(await marks()).toBe(`${before}begun\nended\n`);
});
