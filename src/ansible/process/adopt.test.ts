import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { AttemptSpec } from "./attempt-spec.ts";
import { prepareAttempt } from "./prepare.ts";
import { sweepAttempt } from "./processes.ts";
import { runFiles } from "./run-files.ts";
import { adoptSupervisor, startSupervisor } from "./start-supervisor.ts";
import type { Supervised } from "./supervise.ts";
import { createLab, finish, listMarked, playbook, until } from "./testing/lab.ts";

const helper = fileURLToPath(new URL("testing/start-and-stay.ts", import.meta.url));

/** Starts the attempt from another process, and kills that process as soon as the playbook runs. */
async function startAndKillStarter(spec: AttemptSpec): Promise<void> {
  const starter = spawn(process.execPath, [helper], { stdio: ["pipe", "pipe", "inherit"] });
  starter.stdin.end(JSON.stringify(spec));
  await once(starter.stdout, "data");
  const gone = once(starter, "exit");
  starter.kill("SIGKILL");
  await gone;
}

async function adoptRunning(runDir: string): Promise<Supervised> {
  const found = await adoptSupervisor(runDir);
  if (found.kind !== "running") throw new Error(`The attempt is ${found.kind}.`);
  return found;
}

/** A playbook that says "before", waits for the file, and says "after". */
function waiting(gate: string): string {
  return playbook(
    "debug: {msg: before}",
    `wait_for: {path: "${gate}", sleep: 1, timeout: 100}`,
    "debug: {msg: after}",
  );
}

function sawTask(spec: AttemptSpec, action: string): () => Promise<boolean> {
  return async () =>
    (await readFile(join(spec.runDir, runFiles.events), "utf8")).includes(`"action":"${action}"`);
}

test("a playbook outlives the process that started it, and another one gets its result and all of its output", async () => {
  await using lab = await createLab();
  const gate = join(lab.folder, "gate");
  const spec = await lab.spec(waiting(gate));
  await startAndKillStarter(spec);
  await until(sawTask(spec, "ansible.builtin.wait_for"));
  const supervised = await adoptRunning(spec.runDir);
  expect(await supervised.status()).toMatchObject({ state: "running" });
  await writeFile(gate, "");
  const { result, output, events } = await finish(spec, supervised);
  expect(result).toMatchObject({ reason: "exited", exitCode: 0 });
  expect(output).toMatch(/before[^]*after[^]*PLAY RECAP/);
  expect(events.at(-1)?.ev).toBe("stats");
});

test("two can watch, one can look away, and after the end the result is still there", async () => {
  await using lab = await createLab();
  const gate = join(lab.folder, "gate");
  const spec = await lab.spec(waiting(gate));
  const first = await lab.start(spec);
  const second = await adoptRunning(spec.runDir);
  first.detach();
  expect(await first.ended).toEqual({ kind: "detached" });
  await writeFile(gate, "");
  const { result } = await finish(spec, second);
  expect(result).toMatchObject({ reason: "exited", exitCode: 0 });
  expect(await adoptSupervisor(spec.runDir)).toEqual({ kind: "finished", result });
  await expect(startSupervisor(spec, { job: "" })).rejects.toMatchObject({ code: "already-running" });
});

test("an attempt whose supervisor was killed is lost, and the sweep leaves nothing of it", async () => {
  await using lab = await createLab();
  const spec = await lab.spec(playbook("shell: 'setsid sleep 300 & sleep 300'"));
  const supervised = await lab.start(spec);
  await until(sawTask(spec, "ansible.builtin.shell"));
  await until(async () => (await listMarked(spec.attemptId)).length >= 4);
  process.kill(supervised.pid, "SIGKILL");
  expect(await supervised.ended).toEqual({ kind: "lost", reason: "died" });
  expect(await adoptSupervisor(spec.runDir)).toEqual({ kind: "lost", reason: "died" });
  const swept = await sweepAttempt(spec.attemptId);
  expect(swept.killed).toBeGreaterThan(0);
  expect(swept.alive).toBe(0);
  expect(await listMarked(spec.attemptId)).toEqual([]);
});

test.each(["renew", "cancel"] as const)(
  "a supervisor that is stopped and answers no %s is killed in the end: its attempt is lost, and the sweep leaves nothing of it",
  async (ask) => {
    await using lab = await createLab();
    const spec = await lab.spec(playbook("command: sleep 300"));
    (await lab.start(spec)).detach();
    await until(sawTask(spec, "ansible.builtin.command"));
    const supervised = await adoptSupervisor(spec.runDir, { answerLimitMs: 300 });
    if (supervised.kind !== "running") throw new Error(`The attempt is ${supervised.kind}.`);
    await supervised.renew();
    process.kill(supervised.pid, "SIGSTOP");

    let over = false;
    void supervised.ended.then(() => (over = true));
    if (ask === "cancel") await supervised.cancel("enough");
    else while (!over) await supervised.renew().catch(() => {});

    expect(await supervised.ended).toEqual({ kind: "lost", reason: "died" });
    expect((await sweepAttempt(spec.attemptId)).alive).toBe(0);
    expect(await listMarked(spec.attemptId)).toEqual([]);
  },
);

test("a supervisor that was stopped for a moment goes on, and its attempt ends as always", async () => {
  await using lab = await createLab();
  const gate = join(lab.folder, "gate");
  const spec = await lab.spec(waiting(gate));
  (await lab.start(spec)).detach();
  await until(sawTask(spec, "ansible.builtin.wait_for"));
  const supervised = await adoptSupervisor(spec.runDir, { answerLimitMs: 300 });
  if (supervised.kind !== "running") throw new Error(`The attempt is ${supervised.kind}.`);
  process.kill(supervised.pid, "SIGSTOP");
  await expect(supervised.renew()).rejects.toMatchObject({ code: "server-unreachable" });
  process.kill(supervised.pid, "SIGCONT");
  await until(async () => (await supervised.status().catch(() => undefined)) !== undefined);
  await writeFile(gate, "");
  const { result } = await finish(spec, supervised);
  expect(result).toMatchObject({ reason: "exited", exitCode: 0 });
});

test("what was prepared but never started is lost, and can then not be started any more", async () => {
  await using lab = await createLab();
  const spec = await lab.spec(playbook("debug: {msg: hello}"));
  expect(await adoptSupervisor(spec.runDir)).toEqual({ kind: "lost", reason: "not-started" });
  const prepared = await prepareAttempt(spec);
  expect(await adoptSupervisor(spec.runDir)).toEqual({ kind: "lost", reason: "not-started" });
  await expect(startSupervisor(spec, prepared)).rejects.toMatchObject({ code: "already-running" });
  expect(await readFile(join(spec.runDir, runFiles.events), "utf8")).toBe("");
});

test("of ten starters exactly one starts the attempt", async () => {
  await using lab = await createLab();
  const spec = await lab.spec(playbook(`shell: echo ran >> ${lab.folder}/count`));
  const prepared = await prepareAttempt(spec);
  const starts = await Promise.allSettled(Array.from({ length: 10 }, () => startSupervisor(spec, prepared)));
  const started = starts.filter((start) => start.status === "fulfilled").map((start) => start.value);
  expect(started).toHaveLength(1);
  for (const one of started) await finish(spec, one);
  expect(await readFile(join(lab.folder, "count"), "utf8")).toBe("ran\n");
});

test("a run directory with a path too long for a socket works too", async () => {
  await using lab = await createLab();
  const spec = await lab.spec(playbook("debug: {msg: hello}"), {});
  const runDir = join(lab.folder, "a".repeat(120), "b".repeat(60));
  const { result } = await lab.run({ ...spec, runDir });
  expect(result).toMatchObject({ reason: "exited", exitCode: 0 });
});
