import { access, chmod, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../src/adapters/database/testing.ts";
import type { AuditVerifyResult } from "../../src/contracts/audit.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import { approve, ended, plan, playbook, readWholeLog, writeRepository } from "../support/jobs.ts";
import {
  createWorld,
  listProcesses,
  signIn,
  signUp,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";
import { mayMount, mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";

let world: World;
let disk: SmallDisk;
let repository: string;

const inWorld = (name: string) => path.join(world.dir, name);
const marks = (name: string) => readFile(inWorld(`${name}.mark`), "utf8").catch(() => "");
const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
const reached = (gate: string) => waitUntil(() => isThere(inWorld(`${gate}.here`)));
const open = (gate: string) => writeFile(inWorld(`${gate}.on`), "");

const shell = (name: string, script: string) =>
  `    - name: ${name}\n      ansible.builtin.shell: ${script}\n      changed_when: true\n`;
const talk = (word: string) =>
  `    - name: Say ${word}\n      ansible.builtin.debug:\n        msg: "${word} {{ '.' * 2000 }}"\n      loop: "{{ range(40) | list }}"\n`;
/** Leaves `GATE.here`, and waits for `GATE.on`. */
const wait = (gate: string) =>
  shell(
    `Wait at ${gate}`,
    `touch ${inWorld(gate)}.here; until test -e ${inWorld(gate)}.on; do sleep 0.1; done`,
  );
const mark = (name: string, word: string) => shell(`Mark ${word}`, `echo ${word} >> ${inWorld(name)}.mark`);
/** Talks, waits twice, and talks and leaves a mark after each. */
const mill = (name: string) =>
  playbook(
    name,
    [
      talk("before"),
      mark(name, "begun"),
      wait(`${name}-1`),
      talk("meanwhile"),
      mark(name, "half"),
      wait(`${name}-2`),
      talk("after"),
      mark(name, "done"),
    ].join(""),
  );

/** A server with its data on the small disk. */
const startOnDisk = (name: string, env: Record<string, string> = {}): Promise<Server> =>
  startServer(world, {
    args: ["--data", path.join(disk.inside, name), "--repo", repository],
    env,
    through: disk.through,
  });

/** Whether the run that is under way has left its result. */
async function hasResult(): Promise<boolean> {
  const runs = path.join(disk.outside, "data/runs");
  const results = (await readdir(runs)).map((name) => isThere(path.join(runs, name, "run/result.json")));
  return (await Promise.all(results)).includes(true);
}

/** The log without what it only has for its size. */
const readShort = async (api: Api, runId: string): Promise<string> =>
  (await readWholeLog(api, runId)).replaceAll(/^.*"msg": "(\w+) .*$/gm, "$1");

async function expectWholeRecord(api: Api): Promise<void> {
  expect(await api.post<AuditVerifyResult>("/audit/verify")).toMatchObject({ ok: true });
}

beforeAll(async () => {
  if (!mayMount) return;
  world = await createWorld();
  await chmod(world.dir, 0o755); // PostgreSQL's user has to get to the disk
  disk = await mountSmallDisk(path.join(world.dir, "disk"), "250m");
  repository = await writeRepository(world, {
    "mill.yml": mill("mill"),
    "pump.yml": mill("pump"),
    "well.yml": playbook("well", mark("well", "done")),
  });
});

afterAll(async () => {
  if (!mayMount) return;
  const left = await listProcesses(world);
  for (const line of left) process.kill(Number.parseInt(line, 10), "SIGKILL");
  await disk[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
});

test.runIf(mayMount)(
  "a disk that gets full in the middle of a run, also of a server that is killed then, costs output and nothing else",
  async () => {
    let server = await startOnDisk("data");
    let api = await signUp(server);
    const first = await approve(api, await plan(api, "Deploy mill"));
    await reached("mill-1");
    await disk.fill();
    await open("mill-1");
    await reached("mill-2");
    await disk.free();
    await open("mill-2");
    const run = await ended(api, first);

    expect(run).toMatchObject({ state: "succeeded", reason: null });
    expect(await marks("mill")).toBe("begun\nhalf\ndone\n");
    const log = await readWholeLog(api, first);
    expect(log).toMatch(
      /before[^]*\n\[chiffon: \d+ bytes dropped, the disk was full\]\n[^]*after[^]*PLAY RECAP/,
    );

    const second = await approve(api, await plan(api, "Deploy pump"));
    await reached("pump-1");
    await disk.fill();
    await server.kill();
    await open("pump-1");
    await reached("pump-2");
    await open("pump-2");
    await waitUntil(hasResult);
    await expect(startOnDisk("data")).rejects.toThrow(/The disk that holds \S+ (is full|has no room)/);
    await disk.free();
    server = await startOnDisk("data");
    api = await signIn(server);
    const adopted = await ended(api, second);

    expect(adopted).toMatchObject({ state: "succeeded", reason: null });
    expect(adopted.tasks.map((task) => task.attempts.length)).toEqual([1]);
    expect(await marks("pump")).toBe("begun\nhalf\ndone\n");
    expect(await readShort(api, second)).toMatch(
      /before[^]*\n\[chiffon: \d+ bytes dropped, the disk was full\]\n$/,
    );
    await expectWholeRecord(api);
    await server[Symbol.asyncDispose]();
  },
);

test.runIf(mayMount)(
  "[P6] an agent whose disk is full begins nothing and says what to do; with room it runs once",
  async () => {
    await using database = await createTestDatabase();
    const { user, password, host, database: name } = database.connection;
    const url = `postgresql://${user}:${password}@/${name}?host=${encodeURIComponent(host)}`;
    const env = { CHIFFON_DATABASE_URL: url, CHIFFON_WAIT_SCALE: "0.1" };
    await using server = await startOnDisk("agent", env);
    const api = await signUp(server);
    const shown = await plan(api, "Deploy well");
    await disk.fill();
    const refused = await ended(api, await approve(api, shown));

    expect(refused).toMatchObject({
      state: "failed",
      tasks: [
        {
          state: "failed",
          reason: expect.stringMatching(
            /^nothing ran: the disk that holds \S+ is full\. Free some space there/,
          ),
        },
      ],
    });
    expect(refused.tasks[0]?.attempts.every((attempt) => attempt.startedAt === null)).toBe(true);
    expect(await marks("well")).toBe("");
    expect(await readdir(path.join(disk.outside, "agent/runs"))).toEqual([".done"]);

    await disk.free();
    const { planId } = await api.post<{ planId: string }>(`/runs/${refused.id}/retry`, { from: { step: 0 } });
    const again = await ended(api, await approve(api, await api.get<Plan>(`/plans/${planId}`)));
    expect(again.state).toBe("succeeded");
    expect(await marks("well")).toBe("done\n");
    await expectWholeRecord(api);
  },
);
