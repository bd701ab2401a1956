import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AttemptResult } from "../attempt-result.ts";
import type { AttemptSpec } from "../attempt-spec.ts";
import { createEventDecoder } from "../event-decoder.ts";
import type { AnsibleEvent } from "../events.ts";
import { prepareAttempt } from "../prepare.ts";
import { sweepAttempt } from "../processes.ts";
import { runFiles } from "../run-files.ts";
import { startSupervisor } from "../start-supervisor.ts";
import type { Supervised } from "../supervise.ts";
import { type AnsibleTools, findAnsible } from "../tools.ts";

/** A throw-away project with attempts on this machine, for tests. Disposing kills whatever they left. */
export type Lab = {
  folder: string;
  project: string;
  /** Puts a playbook into the project and describes an attempt to run it on `localhost`. */
  spec(playbook: string, changes?: Partial<AttemptSpec>): Promise<AttemptSpec>;
  start(spec: AttemptSpec): Promise<Supervised>;
  /** Runs it to its end; throws when it is lost. */
  run(spec: AttemptSpec): Promise<Finished>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type Finished = { result: AttemptResult; output: string; events: AnsibleEvent[] };

export async function getTools(): Promise<AnsibleTools> {
  const search = (process.env["PATH"] ?? "").split(delimiter);
  const tools = await findAnsible({ search, home: process.env["HOME"] ?? "/" });
  if (tools === undefined) throw new Error("These tests need ansible-core.");
  return tools;
}

export async function createLab(): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), "chiffon-lab-"));
  const project = join(folder, "project");
  const tools = await getTools();
  await mkdir(project);
  await writeFile(join(project, "hosts.ini"), "localhost ansible_connection=local\n");
  const attempts: string[] = [];
  let count = 0;
  const lab: Lab = {
    folder,
    project,
    async spec(playbook, changes = {}) {
      const name = `play-${++count}.yml`;
      await writeFile(join(project, name), playbook);
      const attemptId = randomUUID();
      attempts.push(attemptId);
      return {
        attemptId,
        runDir: join(folder, "runs", String(count)),
        projectDir: project,
        playbook: name,
        inventory: "hosts.ini",
        limit: ["localhost"],
        delegates: [],
        runsHere: true,
        tags: [],
        extraVars: {},
        secrets: {},
        rolesPath: [],
        knownHosts: "",
        check: false,
        inputs: [],
        tools,
        localPython: "/usr/bin/python3",
        timeoutSeconds: 120,
        orphanLimitSeconds: 120,
        outputCapBytes: 1 << 20,
        waitScale: 1,
        ...changes,
      };
    },
    async start(spec) {
      return startSupervisor(spec, await prepareAttempt(spec));
    },
    async run(spec) {
      return finish(spec, await lab.start(spec));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(attempts.map((id) => sweepAttempt(id)));
      await rm(folder, { recursive: true, force: true });
    },
  };
  return lab;
}

/** Waits for the end of a supervised attempt and reads what it left. */
export async function finish(spec: Pick<AttemptSpec, "runDir">, supervised: Supervised): Promise<Finished> {
  const end = await supervised.ended;
  if (end.kind !== "finished") throw new Error(`The attempt ended as ${end.kind}.`);
  const output = await readFile(join(spec.runDir, runFiles.output), "utf8");
  const events = createEventDecoder(0).push(await readFile(join(spec.runDir, runFiles.events)));
  return { result: end.result, output, events };
}

/** A playbook with one play on `localhost` and the given tasks, one YAML line each. */
export function playbook(...tasks: string[]): string {
  return [
    "- hosts: localhost",
    "  gather_facts: false",
    "  tasks:",
    ...tasks.map((task) => `    - ${task}`),
    "",
  ].join("\n");
}

/** Processes that carry the marker of an attempt. */
export async function listMarked(attemptId: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, "latin1").catch(() => "")),
  );
  return pids.filter((_, i) => environments[i]?.includes(`CHIFFON_ATTEMPT=${attemptId}`)).map(Number);
}

/** Waits until the condition answers something; throws when that takes too long. */
export async function until<T>(look: () => Promise<T | undefined | false>, seconds = 20): Promise<T> {
  const began = performance.now();
  const waited = () => performance.now() - began;
  // The longer it takes the rarer it looks: each look takes time from what is waited for.
  for (; waited() < seconds * 1_000; await delay(Math.min(200, 20 + waited() / 10))) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`Waited ${seconds} seconds in vain.`);
}
