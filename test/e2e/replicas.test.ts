import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { createTestDatabase } from "../../src/adapters/database/testing.ts";
import type { AuditVerifyResult } from "../../src/contracts/audit.ts";
import type { Run } from "../../src/contracts/run.ts";
import { joinAgent } from "../support/agent.ts";
import { startBalancer } from "../support/balancer.ts";
import { askEverywhere, type Everywhere } from "../support/everywhere.ts";
import { planAnswering, playbook, writeRepository } from "../support/jobs.ts";
import { startPostgres } from "../support/postgres.ts";
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
import { sshInventory, startSshd, type Sshd } from "../support/sshd.ts";

/** Fewer for a quick look: `CHIFFON_REPLICA_REQUESTS=12`. */
const requests = Number(process.env["CHIFFON_REPLICA_REQUESTS"] ?? 100);
const hosts = Array.from({ length: 10 }, (_, index) => `host-${index}`);
/** How often a server is killed: that is about every ten seconds. */
const kills = Math.max(3, Math.ceil(requests / 5));

/** Each host may be touched by one run at a time: another one finds the folder there. */
const mark = (dir: string): string => `    - name: Begin
      ansible.builtin.raw: mkdir ${dir}/held/{{ inventory_hostname }} && echo "begin {{ inventory_hostname }}" >> ${dir}/marks
    - name: End
      ansible.builtin.raw: rmdir ${dir}/held/{{ inventory_hostname }} && echo "end {{ inventory_hostname }}" >> ${dir}/marks
`;

/** Ten hosts, which are one sshd, and the playbook. */
async function writePlaybooks(world: World, sshd: Sshd): Promise<string> {
  await mkdir(path.join(world.dir, "held"));
  return await writeRepository(world, {
    "hosts.yml": sshInventory(sshd, hosts),
    "mark.yml": playbook("mark", mark(world.dir)),
  });
}

/** One of the servers: it can be killed, and comes back where it was. */
interface Replica {
  readonly port: number;
  readonly server: Server;
  breakDown(): Promise<void>;
}

interface Stage extends AsyncDisposable {
  readonly world: World;
  readonly replicas: readonly Replica[];
  readonly api: Api;
  readonly everywhere: Everywhere;
  marks(): Promise<string[]>;
}

async function openStage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await createWorld());
  const sshd = stack.use(await startSshd(world));
  const postgres = stack.use(await startPostgres());
  const repository = await writePlaybooks(world, sshd);
  const ports = [await findFreePort(), await findFreePort(), await findFreePort()];
  const balancer = stack.use(await startBalancer(() => ports));
  const name = `127.0.0.1:${balancer.port}`;
  const start = async (port: number): Promise<Server> =>
    await startServer(world, {
      command: "server",
      port,
      env: {
        CHIFFON_DATABASE_URL: postgres.url,
        CHIFFON_SHARED: path.join(world.dir, "shared"),
        CHIFFON_AGENT_ATTEMPTS: "2",
      },
      args: ["--data", path.join(world.dir, `data-${port}`), "--repo", repository, "--name", name],
    });
  const replicas = await Promise.all(
    ports.map(async (port): Promise<Replica> => {
      let server = await start(port);
      stack.defer(async () => await server[Symbol.asyncDispose]());
      return {
        port,
        get server() {
          return server;
        },
        async breakDown() {
          await server.kill();
          server = await start(port);
        },
      };
    }),
  );
  const [first] = replicas;
  if (first === undefined) throw new Error("no server");
  const api = await signUp(first.server);
  // Once, for the key of the host.
  await planAnswering(api, "Deploy mark on host-0");
  const server = { ...first.server, url: `http://${name}` };
  for (const each of ["east", "west"]) stack.use(await joinAgent(world, { server, api }, { name: each }));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const kept = stack.move();
  return {
    world,
    replicas,
    api,
    everywhere: askEverywhere(urls, api.token),
    marks: async () =>
      (await readFile(path.join(world.dir, "marks"), "utf8").catch(() => "")).split("\n").filter(Boolean),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Asks and approves; gives the id of the run. */
const order = ({ everywhere }: Stage, index: number): Promise<string> =>
  everywhere.order(`Deploy mark on ${hosts[index % hosts.length]}`, String(index));

/** All runs that there are, once so many have ended. */
async function ended({ everywhere }: Stage, count: number): Promise<Run[]> {
  return await waitUntil(async () => {
    const { items } = await everywhere.get<{ items: Run[] }>("/runs?limit=200");
    return items.filter((run) => run.endedAt !== null).length >= count ? items : undefined;
  }, count * 20_000);
}

/** Kills one server after the other, the first at once, the others whenever the runs have come further. */
async function keepBreaking({ replicas, marks }: Stage, failed: AbortSignal): Promise<void> {
  for (let kill = 0; kill < kills; kill += 1) {
    // Each run makes two marks.
    const made = Math.floor((kill * 2 * requests) / kills);
    await waitUntil(async () => failed.aborted || (await marks()).length >= made, requests * 20_000);
    if (failed.aborted) return;
    await replicas[kill % replicas.length]?.breakDown();
  }
}

test(
  "three servers on one database: requests at once through all of them, with one killed again and again, are each planned, approved and run once",
  async () => {
    await using stage = await openStage();
    const { world, replicas } = stage;
    const failed = new AbortController();
    const work = async (): Promise<[string[], Run[]]> => {
      const ordered = await Promise.all(Array.from({ length: requests }, (_, index) => order(stage, index)));
      return [ordered, await ended(stage, requests)];
    };
    const [[ordered, runs]] = await Promise.all([
      work().catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
      keepBreaking(stage, failed.signal),
    ]);

    expect(runs.map((run) => run.id).toSorted(byText)).toEqual(ordered.toSorted(byText));
    expect(runs.map((run) => run.state)).toEqual(runs.map(() => "succeeded"));

    const expected = Array.from({ length: requests }, (_, index) => hosts[index % hosts.length]);
    const marks = await stage.marks();
    for (const word of ["begin", "end"])
      expect(marks.filter((line) => line.startsWith(word)).toSorted(byText)).toEqual(
        expected.map((host) => `${word} ${host}`).toSorted(byText),
      );
    expect(await readdir(path.join(world.dir, "held"))).toEqual([]);
    for (const { server } of replicas) {
      const answer = await fetch(`${server.url}/api/v1/audit/verify`, {
        method: "POST",
        headers: { authorization: `Bearer ${stage.api.token}`, "content-type": "application/json" },
        body: "{}",
      });
      expect((await answer.json()) as AuditVerifyResult).toMatchObject({ ok: true });
    }
  },
  Math.max(240_000, requests * 15_000),
);

const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

test("a server with other keys than those of its database does not start, and says what to copy", async () => {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await createWorld());
  const { connection } = stack.use(await createTestDatabase());
  const { user, password, port, database, host } = connection;
  const url = `postgresql://${user}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  const start = async (name: string): Promise<Server> =>
    await startServer(world, {
      command: "server",
      args: ["--data", path.join(world.dir, name)],
      env: { CHIFFON_DATABASE_URL: url },
    });
  stack.use(await start("first"));
  const refused = await start("second").then(
    () => "it started",
    (error: unknown) => String(error instanceof Error ? error.cause : error),
  );
  expect(refused).toContain("server.key and audit.key and secret.key in");
  expect(refused).toContain("give all of them one folder (--shared DIR, or CHIFFON_SHARED)");

  await rm(path.join(world.dir, "second/keys"), { recursive: true });
  await cp(path.join(world.dir, "first/keys"), path.join(world.dir, "second/keys"), { recursive: true });
  const second = stack.use(await start("second"));
  expect((await fetch(`${second.url}/healthz`)).status).toBe(200);
});
