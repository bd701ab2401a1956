import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Plan } from "../src/contracts/plan.ts";
import { findAnsible } from "../src/ansible/process/tools.ts";
import { approve, ended, plan } from "../test/support/jobs.ts";
import { createWorld, signUp, startServer, type Api, type World } from "../test/support/server.ts";
import { median } from "./cpu.ts";
import type { Verdict } from "./verdict.ts";

const files = 5_000;
const target = 80;
/** So long nobody has approved anything: what the last run left is done with. */
const pauseMs = 500;

/**
 * From the approval that is sent to the `ansible-playbook` that is spawned: median over plans that were made before, on the example
 * homelab and on a repository of 5,000 files. A stand-in on the PATH notes the time and becomes the real one.
 */
export async function benchSpawn(options: Map<string, string>): Promise<Verdict[]> {
  const rounds = Number(options.get("--rounds") ?? 15);
  return [
    await measure("example", {
      rounds,
      ask: "show the facts of this-machine",
      args: () => Promise.resolve(["--demo"]),
    }),
    await measure("5000-files", {
      rounds,
      ask: "deploy service-42",
      args: async (world) => ["--repo", await writeRepository(world)],
    }),
  ];
}

interface Measured {
  readonly rounds: number;
  readonly ask: string;
  readonly args: (world: World) => Promise<string[]>;
}

async function measure(name: string, { rounds, ask, args }: Measured): Promise<Verdict> {
  await using world = await createWorld();
  const stamps = path.join(world.dir, "stamps");
  const searchPath = await putStandIn(world, stamps);
  await using server = await startServer(world, { args: await args(world), env: { PATH: searchPath } });
  const api = await signUp(server);
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const shown = await plan(api, ask);
    await delay(pauseMs);
    const took = await timeOne(api, shown, stamps);
    // The first one loads what the others find in memory.
    if (round > 0) times.push(took);
    process.stderr.write(`${name}, plan ${round}: ${took.toFixed(0)} ms\n`);
  }
  const figure = median(times);
  return {
    name: `spawn-${name}`,
    figure: `p50 ${figure.toFixed(0)} ms`,
    target: `<=${target} ms`,
    met: figure <= target,
  };
}

async function timeOne(api: Api, shown: Plan, stamps: string): Promise<number> {
  await writeFile(stamps, "");
  const before = performance.timeOrigin + performance.now();
  const runId = await approve(api, shown);
  await ended(api, runId);
  const [first] = (await readFile(stamps, "utf8")).split("\n");
  return Number(first) / 1e6 - before;
}

async function putStandIn(world: World, stamps: string): Promise<string> {
  const search = world.env["PATH"] ?? "";
  const tools = await findAnsible({ search: search.split(path.delimiter), home: world.home });
  if (tools === undefined) throw new Error("this benchmark needs ansible-core");
  const folder = path.join(world.dir, "bin");
  await mkdir(folder);
  const file = path.join(folder, "ansible-playbook");
  await writeFile(
    file,
    `#!/bin/sh\n[ "$1" = --version ] || date +%s%N >> ${stamps}\nexec ${tools.playbook} "$@"\n`,
  );
  await chmod(file, 0o755);
  return `${folder}${path.delimiter}${search}`;
}

async function writeRepository(world: World): Promise<string> {
  const folder = path.join(world.dir, "repository");
  await mkdir(folder);
  await writeFile(
    path.join(folder, "hosts.yml"),
    "all:\n  hosts:\n    this-machine:\n      ansible_connection: local\n",
  );
  for (let at = 0; at < files - 1; at += 1) {
    const group = path.join(folder, `group-${Math.floor(at / 100)}`);
    if (at % 100 === 0) await mkdir(group);
    await writeFile(
      path.join(group, `service-${at}.yml`),
      `# chiffon:service=service-${at}\n- name: Deploy service ${at}\n  hosts: all\n  gather_facts: false\n  tasks:\n    - name: Say so\n      ansible.builtin.debug:\n        msg: service ${at}\n`,
    );
  }
  return folder;
}
