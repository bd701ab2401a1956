import { cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Agent } from "../../src/contracts/agent.ts";
import type { AuditPage, AuditVerifyResult } from "../../src/contracts/audit.ts";
import type { Run } from "../../src/contracts/run.ts";
import { joinAgent, startAgent, type AgentProcess } from "../support/agent.ts";
import { startBalancer } from "../support/balancer.ts";
import { askEverywhere, type Everywhere } from "../support/everywhere.ts";
import { approve, ended, planAnswering, playbook, running, writeRepository } from "../support/jobs.ts";
import { startPostgres, type PostgresServer } from "../support/postgres.ts";
import {
  createWorld,
  findFreePort,
  signUp,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";
import { startSshd } from "../support/sshd.ts";

/** Two servers on one PostgreSQL behind a balancer, and an agent that reaches hosts by SSH. */
interface Stage {
  readonly world: World;
  readonly postgres: PostgresServer;
  readonly agent: AgentProcess & { readonly id: string };
  readonly api: Api;
  readonly everywhere: Everywhere;
  readonly urls: readonly string[];
  readonly servers: Server[];
  /** @param tree folder of another version */
  start(index: number, tree?: string): Promise<Server>;
  lines(file: string): Promise<string[]>;
}

const root = path.join(import.meta.dirname, "../..");
const hosts = ["one", "two", "three"];
const stack = new AsyncDisposableStack();
let stage: Stage;

beforeAll(async () => {
  const world = stack.use(await createWorld());
  const sshd = stack.use(await startSshd(world));
  const postgres = stack.use(await startPostgres());
  const address = `
      ansible_host: 127.0.0.1
      ansible_port: ${sshd.port}
      ansible_user: ${sshd.user}
      ansible_ssh_private_key_file: ${sshd.identity}
      ansible_python_interpreter: /usr/bin/python3
`;
  await mkdir(path.join(world.dir, "held"));
  const repository = await writeRepository(world, {
    "hosts.yml": `all:\n  hosts:\n${hosts.map((host) => `    ${host}:${address}`).join("")}`,
    // A host may be touched by one run at a time: another one finds the folder there.
    "mark.yml": playbook(
      "mark",
      `    - name: Mark
      ansible.builtin.shell: mkdir ${world.dir}/held/{{ inventory_hostname }} && echo {{ inventory_hostname }} >> ${world.dir}/marks && rmdir ${world.dir}/held/{{ inventory_hostname }}
`,
    ),
    "slow.yml": playbook(
      "slow",
      `    - name: Wait for the word
      ansible.builtin.shell: echo begun >> ${world.dir}/slow; until [ -e ${world.dir}/go ]; do sleep 0.2; done; echo ended >> ${world.dir}/slow
`,
    ),
  });
  const ports = [await findFreePort(), await findFreePort()];
  const balancer = stack.use(await startBalancer(() => ports));
  const name = `127.0.0.1:${balancer.port}`;
  const servers: Server[] = [];
  const start = async (index: number, tree = root): Promise<Server> => {
    const port = ports[index] ?? 0;
    const through = tree === root ? {} : { through: [path.join(tree, "instead")] };
    const env = {
      CHIFFON_DATABASE_URL: postgres.url,
      CHIFFON_SHARED: path.join(world.dir, "shared"),
      // What is compiled of another version is gone with it.
      ...(tree === root ? {} : { NODE_COMPILE_CACHE: path.join(world.dir, "compiled") }),
    };
    const data = path.join(world.dir, `data-${index}`);
    const args = ["--data", data, "--repo", repository, "--name", name];
    return (servers[index] = await startServer(world, { command: "server", port, env, args, ...through }));
  };
  stack.defer(async () => {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  });
  const first = await start(0);
  await start(1);
  const api = await signUp(first);
  // Once, for the key of the host.
  await planAnswering(api, "Deploy mark on one");
  const agent = stack.use(
    await joinAgent(world, { server: { ...first, url: `http://${name}` }, api }, { name: "far" }),
  );
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const lines = async (file: string): Promise<string[]> =>
    (await readFile(path.join(world.dir, file), "utf8").catch(() => "")).split("\n").filter(Boolean);
  const everywhere = askEverywhere(urls, api.token);
  // What a test that failed has left waiting would wait for ever.
  stack.defer(() => writeFile(path.join(world.dir, "go"), ""));
  stage = { world, postgres, agent, api, everywhere, urls, servers, start, lines };
});

afterAll(async () => {
  await stack.disposeAsync();
});

const ready = async (url: string): Promise<{ status: number; text: string }> => {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, text: await answer.text() };
};

async function verified(url: string): Promise<AuditVerifyResult> {
  const answer = await fetch(`${url}/api/v1/audit/verify`, {
    method: "POST",
    headers: { authorization: `Bearer ${stage.api.token}`, "content-type": "application/json" },
    body: "{}",
  });
  return (await answer.json()) as AuditVerifyResult;
}

test("the database stops at once under two servers in the middle of a run: both say so, the run ends once, and both work on", async () => {
  const { world, api, postgres, urls, everywhere, lines } = stage;
  const runId = await approve(api, await planAnswering(api, "Deploy slow on one"));
  await running(api, runId);
  await waitUntil(async () => (await lines("slow")).length === 1);

  await postgres.stop();
  for (const url of urls) {
    const { status, text } = await waitUntil(async () => {
      const answer = await ready(url);
      return answer.status === 200 ? undefined : answer;
    });
    expect(status).toBe(503);
    expect(text).toMatch(/database/i);
    const refused = await fetch(`${url}/api/v1/requests`, {
      method: "POST",
      headers: { authorization: `Bearer ${api.token}`, "content-type": "application/json" },
      body: JSON.stringify({ text: "Deploy mark on two" }),
    });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({
      code: "database-unavailable",
      retryable: true,
      hint: expect.stringContaining("tries again by itself"),
    });
  }
  // The playbook ends while nobody can store it.
  await writeFile(path.join(world.dir, "go"), "");
  await waitUntil(async () => (await lines("slow")).length === 2);
  await postgres.start();
  for (const url of urls) await waitUntil(async () => (await ready(url)).status === 200);

  const run = await waitUntil(async () => {
    const shown = await everywhere.get<Run>(`/runs/${runId}`);
    return shown.endedAt === null ? undefined : shown;
  });
  expect([run.state, run.tasks[0]?.attempts.length]).toEqual(["succeeded", 1]);
  expect(await lines("slow")).toEqual(["begun", "ended"]);
  // One by each of the servers.
  const after = urls.map(async (url, index) => {
    const one = askEverywhere([url], api.token);
    const id = await one.order(`Deploy mark on ${hosts[index]}`, `after-${index}`);
    return (await ended({ ...api, get: one.get }, id)).state;
  });
  expect(await Promise.all(after)).toEqual(["succeeded", "succeeded"]);
  expect((await lines("marks")).toSorted()).toEqual(["one", "two"]);
  for (const url of urls) expect(await verified(url)).toMatchObject({ ok: true });
});

test("a copy of an agent is refused at the server that has the agent and at the other one, and the record has both tries", async () => {
  const { world, api, agent, urls } = stage;
  const copies = urls.map(async (url, index) => {
    const name = `copy-${index}`;
    const data = path.join(world.dir, name);
    await cp(agent.data, data, { recursive: true, filter: (from) => !from.endsWith(".lock") });
    const file = path.join(data, "agent.json");
    const identity = JSON.parse(await readFile(file, "utf8")) as object;
    await writeFile(file, JSON.stringify({ ...identity, url }), { mode: 0o600 });
    await using copy = startAgent(world, { name });
    await waitUntil(() => copy.said().includes("Another process with the same keys is connected"));
  });
  await Promise.all(copies);
  const { items } = await api.get<AuditPage>("/audit/query?kind=agent.refused&limit=10");
  expect(items.length).toBeGreaterThanOrEqual(2);
  for (const { data } of items)
    expect(data).toMatchObject({
      agent_id: agent.id,
      why: "another process with the same keys is connected",
    });
  expect(await api.get<Agent>(`/agents/${agent.id}`)).toMatchObject({ status: "online", name: "far" });
});

/** A newer version of Chiffon in a folder of its own: this one, whose changes of the schema are a copy to which some can be added. */
async function makeVersion(name: string): Promise<{ tree: string; migrations: string }> {
  const tree = path.join(stage.world.dir, name);
  const src = path.join(tree, "src");
  const migrations = path.join(src, "engine/migrations");
  await mkdir(path.dirname(migrations), { recursive: true });
  // Modules are found where their files are, so what looks for the changes has to be a copy too.
  const copied = ["compose", "main.ts", "config.ts", "engine"];
  for (const each of copied.slice(0, 3))
    await cp(path.join(root, "src", each), path.join(src, each), { recursive: true });
  await cp(path.join(root, "src/engine/migrations"), migrations, { recursive: true });
  const link = async (folder: string, but: readonly string[]): Promise<void> => {
    for (const each of await readdir(path.join(root, folder)))
      if (!but.includes(each)) await symlink(path.join(root, folder, each), path.join(tree, folder, each));
  };
  await link("src", copied);
  await link("src/engine", ["migrations"]);
  for (const each of ["node_modules", "web", "examples", "package.json"])
    await symlink(path.join(root, each), path.join(tree, each));
  const instead = `#!/bin/sh\nnode=$1\nshift 2\nexec "$node" ${tree}/src/main.ts "$@"\n`;
  await writeFile(path.join(tree, "instead"), instead, { mode: 0o755 });
  return { tree, migrations };
}

const noServer = async (start: Promise<Server>): Promise<string> =>
  await start.then(
    () => "it started",
    (error: unknown) => String(error instanceof Error ? error.cause : error),
  );

test("[P12] servers are brought to a version with a newer schema one after the other while runs go through them: nothing is lost or doubled", async () => {
  const { world, start, servers, urls, everywhere, lines } = stage;
  const { tree, migrations } = await makeVersion("newer");
  const added = `${await nextNumber(1)}-one-more.sql`;
  await writeFile(path.join(migrations, added), "ALTER TABLE run ADD COLUMN of_the_newer text;\n");
  const before = (await lines("marks")).length;
  const orders: Promise<string>[] = [];
  const order = (through: Everywhere): void => {
    const { length } = orders;
    orders.push(through.order(`Deploy mark on ${hosts[length % hosts.length]}`, `upgrade-${length}`));
  };
  const [first, second] = servers;
  order(everywhere);
  order(everywhere);
  await first?.[Symbol.asyncDispose]();
  order(everywhere);
  await start(0, tree);
  // Both versions side by side.
  await waitUntil(() => second?.said().includes(`changed the schema of the database (${added})`));
  for (const url of urls) order(askEverywhere([url], stage.api.token));
  await Promise.all(orders);
  await second?.[Symbol.asyncDispose]();
  expect(await noServer(start(1))).toContain(
    `written by a newer Chiffon (it holds ${added}); downgrade refused`,
  );
  await start(1, tree);

  const runs = await Promise.all(orders);
  expect(new Set(runs).size).toBe(5);
  for (const id of runs)
    expect(await ended({ ...stage.api, get: everywhere.get }, id)).toMatchObject({ state: "succeeded" });
  expect((await lines("marks")).length - before).toBe(5);
  expect(await readdir(path.join(world.dir, "held"))).toEqual([]);
  expect(await verified(urls[0] ?? "")).toMatchObject({ ok: true });

  // What the version before could not live with is not done as long as one of its servers works.
  await servers[1]?.[Symbol.asyncDispose]();
  await writeFile(
    path.join(migrations, `${await nextNumber(2)}-breaking.sql`),
    "-- chiffon:alone\nALTER TABLE run DROP COLUMN of_the_newer;\n",
  );
  const refused = await noServer(start(1, tree));
  expect(refused).toContain("cannot be made while servers of an older version work on the database");
  expect(refused).toContain(path.join(world.dir, "data-0"));
  await servers[0]?.[Symbol.asyncDispose]();
  await start(1, tree);
  expect((await ready(urls[1] ?? "")).status).toBe(200);
});

async function nextNumber(ahead: number): Promise<string> {
  const names = await readdir(path.join(root, "src/engine/migrations"));
  return String(names.filter((name) => name.endsWith(".sql")).length + ahead).padStart(4, "0");
}
