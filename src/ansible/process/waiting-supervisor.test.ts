import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { prepareAttempt } from "./prepare.ts";
import { runFiles } from "./run-files.ts";
import { startSupervisor } from "./start-supervisor.ts";
import { createLab, finish, getTools, playbook, until } from "./testing/lab.ts";
import { keepSupervisorWaiting } from "./waiting-supervisor.ts";

/** Supervisors that this process has started and that have nothing to do. */
async function listWaiting(): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const parent = /^PPid:\t(\d+)$/m.exec(await readText(`/proc/${pid}/status`))?.[1];
      const [script, ...args] = (await readText(`/proc/${pid}/cmdline`)).split("\0").slice(3, -1);
      const waits = script?.endsWith("/supervisor.py") === true && args.length === 1;
      return parent === String(process.pid) && waits ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

const readText = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

async function findWaiting(): Promise<number> {
  return await until(async () => (await listWaiting())[0]);
}

test("a supervisor that waits runs the attempt with its secrets, and the next one waits afterwards", async () => {
  await using lab = await createLab();
  const tools = await getTools();
  await using supervisor = keepSupervisorWaiting(() => Promise.resolve(tools), {
    folder: lab.folder,
    rest: 0,
  });
  const pid = await findWaiting();
  const spec = await lab.spec(playbook('debug: {msg: "it is {{ word }}"}'), {
    secrets: { word: "open sesame" },
  });

  const supervised = await startSupervisor(spec, await prepareAttempt(spec), supervisor);
  const { result, output } = await finish(spec, supervised);

  expect(supervised.pid).toBe(pid);
  expect(result).toMatchObject({ reason: "exited", exitCode: 0 });
  expect(output).toContain("it is open sesame");
  expect(await readFile(join(spec.runDir, runFiles.supervisorLog), "utf8")).toBe("");
  await until(async () => (await listWaiting()).some((other) => other !== pid));
});

test("one that was killed meanwhile costs no attempt: another one is started", async () => {
  await using lab = await createLab();
  const tools = await getTools();
  await using supervisor = keepSupervisorWaiting(() => Promise.resolve(tools), {
    folder: lab.folder,
    rest: 0,
  });
  const pid = await findWaiting();
  const spec = await lab.spec(playbook("debug: {msg: hello}"));
  const prepared = await prepareAttempt(spec);
  process.kill(pid, "SIGKILL");

  // This process has not heard of its end yet.
  const supervised = await startSupervisor(spec, prepared, supervisor);

  expect(supervised.pid).not.toBe(pid);
  expect((await finish(spec, supervised)).result).toMatchObject({ reason: "exited", exitCode: 0 });
});

test("one that waits refuses a job that was changed after it was prepared", async () => {
  await using lab = await createLab();
  const tools = await getTools();
  await using supervisor = keepSupervisorWaiting(() => Promise.resolve(tools), {
    folder: lab.folder,
    rest: 0,
  });
  await findWaiting();
  const spec = await lab.spec(playbook("debug: {msg: hello}"));
  await prepareAttempt(spec);

  const { result, output } = await finish(
    spec,
    await startSupervisor(spec, { job: "0".repeat(64) }, supervisor),
  );

  expect(result).toMatchObject({ reason: "refused", refused: { code: 5007 } });
  expect(output).toBe("");
});

test("it takes no run directory from elsewhere", async () => {
  await using lab = await createLab();
  const tools = await getTools();
  await using supervisor = keepSupervisorWaiting(() => Promise.resolve(tools), {
    folder: `${lab.folder}/run`,
    rest: 0,
  });
  const pid = await findWaiting();
  const spec = await lab.spec(playbook("debug: {msg: hello}"));

  const supervised = await startSupervisor(spec, await prepareAttempt(spec), supervisor);

  expect(supervised.pid).not.toBe(pid);
  expect((await finish(spec, supervised)).result).toMatchObject({ reason: "exited", exitCode: 0 });
  expect(await listWaiting()).toEqual([pid]);
});

test("for another Python it is of no use, and at the end none is left", async () => {
  const tools = await getTools();
  const supervisor = keepSupervisorWaiting(() => Promise.resolve(tools), { folder: "/runs", rest: 0 });
  const pid = await findWaiting();

  expect(supervisor.take({ ...tools, searchPath: "/nowhere" })).toBeUndefined();
  await until(async () => !(await listWaiting()).includes(pid));
  await findWaiting();
  await supervisor[Symbol.asyncDispose]();

  expect(await listWaiting()).toEqual([]);
});
