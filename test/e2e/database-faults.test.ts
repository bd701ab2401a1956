import { access, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../src/adapters/database/testing.ts";
import type { AuditVerifyResult } from "../../src/contracts/audit.ts";
import type { LiveEvent } from "../../src/contracts/live.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import { scaleWaits } from "../../src/domain/waits.ts";
import { misbehave, startFaultProxy, type FaultKind, type FaultProxy } from "../support/fault-proxy.ts";
import { approve, ended, plan, playbook, readWholeLog, running, writeRepository } from "../support/jobs.ts";
import {
  chiffon,
  createWorld,
  listProcesses,
  signUp,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";

const waitScale = 0.05;
const waits = scaleWaits(waitScale);
const lines = 30;
const noTrace = /\n\s+at |node:internal|Error:/;

let world: World;
let database: TestDatabase;
let proxy: FaultProxy;
let server: Server;
let api: Api;

const inWorld = (name: string) => path.join(world.dir, name);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Leaves a mark, talks for some seconds, waits for the file `NAME.on`, and leaves another mark. */
const talker = (name: string) =>
  playbook(
    name,
    `    - name: Begin
      ansible.builtin.shell: echo begun >> ${inWorld(name)}.mark
      changed_when: true
    - name: Talk
      ansible.builtin.debug:
        msg: "line {{ item }} of ${name}"
      loop: "{{ range(${lines}) | list }}"
    - name: Wait
      ansible.builtin.shell: touch ${inWorld(name)}.here; until test -e ${inWorld(name)}.on; do sleep 0.1; done
      changed_when: true
    - name: Talk again
      ansible.builtin.debug:
        msg: "late line {{ item }} of ${name}"
      loop: "{{ range(${lines}) | list }}"
    - name: Finish
      ansible.builtin.shell: echo done >> ${inWorld(name)}.mark
      changed_when: true
`,
  );

/** 4 MB at once. */
const flood = `    - name: Flood
      ansible.builtin.debug:
        msg: "{{ ['x' * 990] * 4000 }}"
`;

const isThere = (name: string) =>
  access(path.resolve(world.dir, name)).then(
    () => true,
    () => false,
  );

/** Asks again as long as the database is away. */
function insist<T>(ask: () => Promise<T>): Promise<T> {
  return waitUntil(() =>
    ask().catch((error: unknown) => {
      if (/ 503 /.test(String(error))) return undefined;
      throw error;
    }),
  );
}

/** All that is stored of a run; of long ones a page has few. */
async function readEvents(runId: string): Promise<LiveEvent[]> {
  const events: LiveEvent[] = [];
  for (;;) {
    const at = `/runs/${runId}/events?after=${events.length}&limit=500`;
    const { items } = await api.get<{ items: LiveEvent[] }>(at);
    if (items.length === 0) return events;
    events.push(...items);
  }
}

/** What has to be true of a run, whatever happened on the way to the database: it ran once, and all of it is there, once. */
async function expectOnceAndWhole(name: string, runId: string): Promise<void> {
  const run = await ended(api, runId);
  expect(run).toMatchObject({ state: "succeeded", reason: null });
  // What an agent could not begin in time is handed out again; begun it is once.
  const begun = run.tasks.map((task) => task.attempts.filter(({ startedAt }) => startedAt !== null).length);
  expect(begun).toEqual([1]);
  expect(await readFile(inWorld(`${name}.mark`), "utf8")).toBe("begun\ndone\n");
  const log = await readWholeLog(api, runId);
  const said = [...log.matchAll(/"msg": "((?:late )?line \d+) of/g)].map(([, line]) => line);
  const numbers = Array.from({ length: lines }, (_, index) => index);
  expect(said).toEqual([
    ...numbers.map((number) => `line ${number}`),
    ...numbers.map((number) => `late line ${number}`),
  ]);
  const items = await readEvents(runId);
  expect(items.map((event) => event.seq)).toEqual(items.map((_, index) => index + 1));
  const results = items.filter((event) => event.type === "host.result" && event.data.item !== null);
  expect(results.length).toBe(2 * lines);
  expect(await api.post<AuditVerifyResult>("/audit/verify")).toMatchObject({ ok: true });
}

beforeAll(async () => {
  world = await createWorld();
  database = await createTestDatabase();
  const { host, user, password, database: name } = database.connection;
  proxy = await startFaultProxy({ target: { path: path.join(host, ".s.PGSQL.5432") } });
  const names = ["cut", "stall", "away", "any"];
  const repository = await writeRepository(
    world,
    Object.fromEntries([
      ...names.map((each) => [`${each}.yml`, talker(`${each}ter`)]),
      ["flood.yml", playbook("flood", flood)],
    ]),
  );
  server = await startServer(world, {
    args: ["--repo", repository],
    env: {
      CHIFFON_DATABASE_URL: `postgresql://${user}:${password}@127.0.0.1:${proxy.port}/${name}`,
      CHIFFON_WAIT_SCALE: String(waitScale),
    },
  });
  api = await signUp(server);
});

afterEach(() => proxy.behave({ kind: "pass" }));

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  const left = await listProcesses(world);
  for (const line of left) process.kill(Number.parseInt(line, 10), "SIGKILL");
  await world[Symbol.asyncDispose]();
  if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
});

test("connections to the database that are cut again and again: an approval is one run, and nothing is lost or doubled", async () => {
  const shown = await plan(api, "Deploy cutter");
  let cuts = 0;
  const cutting = setInterval(() => (cuts += proxy.cut()), 400);
  try {
    const runId = await insist(() => approve(api, shown));
    expect(await insist(() => approve(api, shown))).toBe(runId);
    await waitUntil(() => isThere("cutter.here"));
    await writeFile(inWorld("cutter.on"), "");
    await waitUntil(async () => (await readFile(inWorld("cutter.mark"), "utf8")).endsWith("done\n"));
    clearInterval(cutting);
    await expectOnceAndWhole("cutter", runId);
    expect(cuts).toBeGreaterThan(10);
  } finally {
    clearInterval(cutting);
  }
});

test("a database that says nothing for longer than a lease: the playbook ends meanwhile, and its end is known", async () => {
  const runId = await approve(api, await plan(api, "Deploy stallter"));
  await waitUntil(() => isThere("stallter.here"));
  await proxy.behave({ kind: "stall" });
  const { up, down } = proxy.carried;
  await writeFile(inWorld("stallter.on"), "");
  await waitUntil(async () => (await readFile(inWorld("stallter.mark"), "utf8")).endsWith("done\n"));
  await pause(1.5 * waits.silence);
  expect(proxy.carried).toEqual({ up, down });
  await proxy.behave({ kind: "pass" });

  await waitUntil(async () => (await insist(() => ended(api, runId))).state === "succeeded");
  await expectOnceAndWhole("stallter", runId);
});

test("[P6] a database that is away: nothing is approved, each answer says so and what to do, and a run that is under way goes on", async () => {
  const waiting = await plan(api, "Deploy cutter");
  const runId = await approve(api, await plan(api, "Deploy awayter"));
  await waitUntil(() => isThere("awayter.here"));
  await proxy.behave({ kind: "refuse" });
  await expect(approve(api, waiting)).rejects.toThrow(
    /503 .*"detail":"The database does not answer: .*"hint":"Chiffon tries again by itself/,
  );
  const listed = await chiffon(world, ["run", "list"]);
  expect(listed.code).toBe(1);
  expect(listed.stderr).toMatch(/database does not answer/i);
  expect(listed.stdout + listed.stderr).not.toMatch(noTrace);
  await writeFile(inWorld("awayter.on"), "");
  await waitUntil(async () => (await readFile(inWorld("awayter.mark"), "utf8")).endsWith("done\n"));
  await proxy.behave({ kind: "pass" });

  await insist(() => ended(api, runId));
  await expectOnceAndWhole("awayter", runId);
  expect(await api.get<Plan>(`/plans/${waiting.id}`)).toMatchObject({ state: "proposed", runId: null });
});

test("[P10] an output that takes longer to store than a lease lasts leaves no doubt about its run", async () => {
  const runId = await approve(api, await plan(api, "Deploy flood"));
  await running(api, runId);
  await proxy.behave({ kind: "slow", bytesPerSecond: 400_000 });
  const over = path.join(world.data, "runs");
  await waitUntil(async () => {
    for (const name of await readdir(over))
      if (await isThere(path.join(over, name, "run/result.json"))) return true;
    return false;
  });
  const since = Date.now();
  const run = await ended(api, runId);

  expect(run).toMatchObject({ state: "succeeded", reason: null });
  const states = (await readEvents(runId)).flatMap((event) =>
    event.type === "task.state" ? [event.data.state] : [],
  );
  expect(states.at(-1)).toBe("succeeded");
  expect(states).not.toContain("unknown");
  // Otherwise this was no test of it.
  expect(Date.now() - since).toBeGreaterThan(waits.silence);
});

/** More of them, and connections that fall silent for ever: CHIFFON_TEST_FAULTS=500. */
const faults = Number(process.env["CHIFFON_TEST_FAULTS"] ?? 12);
const kinds: FaultKind[] = ["cut", "stall", "stall up", "stall down", "refuse", "slow"];
if (faults > 12) kinds.push("freeze");

test(
  "whatever happens on the way to the database, in any order, a run is there once and whole",
  async () => {
    const shown = await plan(api, "Deploy anyter");
    const trouble = misbehave(proxy, { kinds, seed: faults, longest: 600 });
    const runId = await insist(() => approve(api, shown));
    await waitUntil(() => isThere("anyter.here"));
    await waitUntil(() => trouble.count() >= faults, 3_600_000);
    await writeFile(inWorld("anyter.on"), "");
    await waitUntil(async () => (await readFile(inWorld("anyter.mark"), "utf8")).endsWith("done\n"));
    await trouble[Symbol.asyncDispose]();

    await waitUntil(async () => (await insist(() => ended(api, runId))).state === "succeeded", 240_000);
    await expectOnceAndWhole("anyter", runId);
    expect(server.said()).not.toMatch(noTrace);
  },
  faults * 2_000 + 240_000,
);
