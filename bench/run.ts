import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Plan } from "../src/contracts/plan.ts";
import type { Request } from "../src/contracts/request.ts";
import type { Run } from "../src/contracts/run.ts";
import { createWorld, signUp, startServer, type Api, type World } from "../test/support/server.ts";
import { cpuOfTrees, median, ratioOfMedians } from "./cpu.ts";
import type { Verdict } from "./verdict.ts";

const sizes = [
  { tasks: 100, target: 1.1 },
  { tasks: 1_000, target: 1.05 },
];

/**
 * CPU of everything that Chiffon adds to a run (server, PostgreSQL, supervisor, git; without what it uses idle) plus
 * Ansible's own, against bare `ansible-playbook` of the same file, in interleaved pairs.
 */
export async function benchRun(options: Map<string, string>): Promise<Verdict[]> {
  const pairs = Number(options.get("--pairs") ?? 15);
  const only = options.get("--tasks");
  await using world = await createWorld();
  const repository = await writeRepository(world);
  await using server = await startServer(world, { args: ["--repo", repository] });
  const api = await signUp(server);
  const roots = [server.child.pid ?? 0, await postmasterOf(world)];
  const idle = await measureIdle(roots);
  say(`idle: ${(idle * 1_000).toFixed(1)} ms CPU a second`);
  const verdicts: Verdict[] = [];
  for (const { tasks, target } of sizes) {
    if (only !== undefined && only !== String(tasks)) continue;
    const bare: number[] = [];
    const ours: number[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const order = pair % 2 === 0 ? ["bare", "ours"] : ["ours", "bare"];
      for (const which of order)
        if (which === "bare") bare.push(runBare(repository, tasks));
        else ours.push(await runOurs(api, { tasks, roots, idle }));
      say(
        `${tasks} tasks, pair ${pair + 1}: bare ${bare.at(-1)?.toFixed(2)} s, Chiffon ${ours.at(-1)?.toFixed(2)} s`,
      );
    }
    const { ratio, low, high } = ratioOfMedians(ours, bare);
    say(`${tasks} tasks: medians bare ${median(bare).toFixed(2)} s, Chiffon ${median(ours).toFixed(2)} s`);
    verdicts.push({
      name: `run-${tasks}`,
      figure: `${ratio.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`,
      target: `<=${target}`,
      met: ratio <= target,
    });
  }
  return verdicts;
}

async function writeRepository(world: World): Promise<string> {
  const folder = path.join(world.dir, "repository");
  await mkdir(folder);
  await writeFile(
    path.join(folder, "hosts.yml"),
    "all:\n  hosts:\n    this-machine:\n      ansible_connection: local\n",
  );
  for (const { tasks } of sizes) {
    const body = Array.from(
      { length: tasks },
      (_, at) => `    - name: Say ${at}\n      ansible.builtin.debug:\n        msg: "line ${at}"\n`,
    );
    await writeFile(
      path.join(folder, `talk-${tasks}.yml`),
      `# chiffon:service=talk-${tasks}\n- name: Talk ${tasks} times\n  hosts: all\n  gather_facts: false\n  tasks:\n${body.join("")}`,
    );
  }
  return folder;
}

async function postmasterOf(world: World): Promise<number> {
  const location = await readFile(path.join(world.data, "pg/location"), "utf8").catch(() => "");
  const cluster = location.trim() === "" ? path.join(world.data, "pg/18/data") : location.trim();
  for (const folder of [cluster, path.join(cluster, "data"), path.join(cluster, "18/data")]) {
    const text = await readFile(path.join(folder, "postmaster.pid"), "utf8").catch(() => undefined);
    if (text !== undefined) return Number(text.split("\n")[0]);
  }
  throw new Error("the embedded database was not found");
}

/** CPU seconds that an idle Chiffon uses in a second. */
async function measureIdle(roots: readonly number[]): Promise<number> {
  await delay(5_000);
  const before = cpuOfTrees(roots);
  await delay(10_000);
  return (cpuOfTrees(roots) - before) / 10;
}

function runBare(repository: string, tasks: number): number {
  const script =
    "import os,sys\npid=os.spawnvp(os.P_NOWAIT,sys.argv[1],sys.argv[1:])\n_,status,usage=os.wait4(pid,0)\nprint(usage.ru_utime+usage.ru_stime)\nsys.exit(os.waitstatus_to_exitcode(status))";
  const done = spawnSync(
    "python3",
    ["-c", script, "ansible-playbook", "-i", "hosts.yml", `talk-${tasks}.yml`],
    {
      cwd: repository,
      encoding: "utf8",
      maxBuffer: 64_000_000,
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: process.env["HOME"] ?? "",
        LANG: "C.UTF-8",
        ANSIBLE_FORCE_COLOR: "1",
      },
    },
  );
  if (done.status !== 0) throw new Error(`bare ansible-playbook failed: ${done.stderr}`);
  return Number(done.stdout.trim().split("\n").at(-1));
}

async function runOurs(
  api: Api,
  about: { tasks: number; roots: readonly number[]; idle: number },
): Promise<number> {
  const began = Date.now();
  const before = cpuOfTrees(about.roots);
  const request = await api.post<Request>("/requests", { text: `Deploy talk-${about.tasks}` });
  if (request.planId === null)
    throw new Error(`no plan: ${JSON.stringify(request.problem ?? request.questions)}`);
  const plan = await api.get<Plan>(`/plans/${request.planId}`);
  const approved = await api.post<Plan>(`/plans/${plan.id}/approve`, { hash: plan.hash });
  // Asked for seldom: watching is not what is measured.
  let run = await api.get<Run>(`/runs/${approved.runId}`);
  while (run.endedAt === null) {
    await delay(1_000);
    run = await api.get<Run>(`/runs/${approved.runId}`);
  }
  if (run.state !== "succeeded") throw new Error(`the run ${run.state}: ${run.reason}`);
  // The record of the run reaches git within a second or two: it belongs to the run.
  await delay(2_500);
  return cpuOfTrees(about.roots) - before - about.idle * ((Date.now() - began) / 1_000);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
