import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isRunning, sweepAttempt } from "./processes.ts";
import { createLab, finish, listMarked, playbook, until } from "./testing/lab.ts";

/** Starts a background grandchild, a child in a session of its own that ignores signals, then waits. */
function stubborn(folder: string): string {
  const script = [
    "sleep 300 &",
    `echo $! > ${folder}/background`,
    `setsid sh -c 'trap "" INT TERM HUP; echo $$ > ${folder}/session; while true; do sleep 1; done' &`,
    "sleep 300",
  ].join("\n");
  return playbook(`shell: ${JSON.stringify(script)}`);
}

async function readPid(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.endsWith("\n") ? Number(text) : undefined;
}

async function startTimeOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
}

/** To one that may have ended meanwhile. */
function signal(pid: number, name: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

test("cancelling leaves no process, within six seconds", async () => {
  await using lab = await createLab();
  const spec = await lab.spec(stubborn(lab.folder));
  const supervised = await lab.start(spec);
  const pids = await Promise.all(
    ["background", "session"].map((name) => until(() => readPid(join(lab.folder, name)))),
  );
  const starts = await Promise.all(pids.map(startTimeOf));
  expect(await supervised.status()).toMatchObject({ state: "running" });

  const before = performance.now();
  await supervised.cancel("changed my mind");
  const { result } = await finish(spec, supervised);
  // Six seconds on a machine that has time for it; tests share theirs.
  expect(performance.now() - before).toBeLessThan(20_000);
  expect(result).toMatchObject({ reason: "cancelled", cancelReason: "changed my mind", leftoversAlive: 0 });
  for (const [i, pid] of pids.entries()) expect(await isRunning(pid, starts[i] ?? 0)).toBe(false);
  expect(await listMarked(spec.attemptId)).toEqual([]);
  await expect(supervised.renew()).resolves.toBeUndefined();
  expect(await supervised.status()).toBeUndefined();
});

test("neither fifty processes in sessions of their own nor an asynchronous task survive a cancel", async () => {
  await using lab = await createLab();
  const many = `for i in $(seq 50); do (setsid sleep 300 >/dev/null 2>&1 &) ; done; touch ${lab.folder}/many`;
  const spec = await lab.spec(
    playbook(
      `shell: ${JSON.stringify(many)}`,
      "{command: sleep 300, async: 600, poll: 0}",
      "command: sleep 300",
    ),
  );
  const supervised = await lab.start(spec);
  await until(async () => (await listMarked(spec.attemptId)).length >= 55);
  await supervised.cancel("");
  const { result } = await finish(spec, supervised);
  expect(result).toMatchObject({ reason: "cancelled", leftoversAlive: 0 });
  expect(await listMarked(spec.attemptId)).toEqual([]);
});

test("a playbook that takes too long is stopped", async () => {
  await using lab = await createLab();
  const spec = await lab.spec(playbook("command: sleep 300"), { timeoutSeconds: 20, waitScale: 0.1 });
  const { result } = await lab.run(spec);
  expect(result).toMatchObject({ reason: "timeout", cancelReason: null });
  expect(result.wallMs).toBeGreaterThanOrEqual(2_000);
  expect(await listMarked(spec.attemptId)).toEqual([]);
});

test("a playbook that no agent asks about is stopped after the orphan limit, and not while one does", async () => {
  await using lab = await createLab();
  const spec = await lab.spec(playbook("command: sleep 300"), { orphanLimitSeconds: 15, waitScale: 0.1 });
  const supervised = await lab.start(spec);
  const begin = performance.now();
  // Renewed for twice the limit.
  while (performance.now() - begin < 3_000) {
    await supervised.renew();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  expect(await supervised.status()).toMatchObject({ state: "running" });
  const { result } = await finish(spec, supervised);
  expect(result.reason).toBe("orphaned");
  expect(result.wallMs).toBeGreaterThanOrEqual(4_000);
  expect(await listMarked(spec.attemptId)).toEqual([]);
});

test("a playbook whose machine slept beyond the orphan limit is stopped, also when its agent is awake first", async () => {
  await using lab = await createLab();
  const spec = await lab.spec(playbook("command: sleep 300"), { orphanLimitSeconds: 30, waitScale: 0.1 });
  const supervised = await lab.start(spec);
  await until(async () => {
    await supervised.renew();
    return (await listMarked(spec.attemptId)).length >= 2;
  });
  const asleep = [supervised.pid, ...(await listMarked(spec.attemptId))];
  for (const pid of asleep) signal(pid, "SIGSTOP");
  const begin = performance.now();
  await until(() => Promise.resolve(performance.now() - begin > 3_200));
  // It lies there when the supervisor wakes up.
  const renewed = supervised.renew();
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (const pid of asleep) signal(pid, "SIGCONT");
  const { result } = await finish(spec, supervised);
  expect(result.reason).toBe("orphaned");
  expect(await listMarked(spec.attemptId)).toEqual([]);
  await renewed;
});

test("the orphan limit counts from when the server was asked, not from when the playbook began", async () => {
  await using lab = await createLab();
  const limits = { orphanLimitSeconds: 100, waitScale: 0.1, offeredAt: Date.now() - 4_000 };
  const { result } = await lab.run(await lab.spec(playbook("command: sleep 300"), limits));
  expect(result.reason).toBe("orphaned");
  expect(result.wallMs).toBeLessThan(9_000);
});

test("what has neither a mark nor a parent any more goes with the cgroup of its attempt, also when the supervisor was killed", async () => {
  let own = true;
  for (const ending of ["cancelled", "killed"]) {
    // Where no cgroup may be made, only the living supervisor knows such a process.
    if (ending === "killed" && !own) continue;
    await using lab = await createLab();
    const stray = `echo $$ > ${lab.folder}/stray; trap "" TERM INT; while :; do sleep 1; done`;
    const script = `(env -i PATH=/usr/bin:/bin setsid sh -c '${stray}' >/dev/null 2>&1 &); sleep 300`;
    const spec = await lab.spec(playbook(`shell: ${JSON.stringify(script)}`));
    const supervised = await lab.start(spec);
    const pid = await until(() => readPid(join(lab.folder, "stray")));
    const since = await startTimeOf(pid);
    const inside = await readFile(`/proc/${pid}/cgroup`, "utf8");
    own = inside.includes(`chiffon-${spec.attemptId}`);

    if (ending === "killed") process.kill(supervised.pid, "SIGKILL");
    else await supervised.cancel("enough");
    await supervised.ended;
    if (ending === "killed") expect(await isRunning(pid, since)).toBe(true);
    await sweepAttempt(spec.attemptId);

    expect(await isRunning(pid, since)).toBe(false);
    const left = execFileSync("find", ["/sys/fs/cgroup", "-name", `chiffon-${spec.attemptId}`]);
    expect(left.toString()).toBe("");
  }
});

test("a service that a play started on this machine outlives the playbook, a stray background process does not", async () => {
  await using lab = await createLab();
  const script = [
    `setsid sh -c 'echo $$ > ${lab.folder}/service; exec sleep 300' >/dev/null 2>&1 </dev/null &`,
    `sh -c 'echo $$ > ${lab.folder}/stray; exec sleep 300' >/dev/null 2>&1 </dev/null &`,
    `while ! [ -s ${lab.folder}/service ] || ! [ -s ${lab.folder}/stray ]; do sleep 0.05; done`,
  ].join("\n");
  const spec = await lab.spec(playbook(`shell: ${JSON.stringify(script)}`));
  const { result } = await lab.run(spec);
  const service = await until(() => readPid(join(lab.folder, "service")));
  const stray = await until(() => readPid(join(lab.folder, "stray")));
  expect(result).toMatchObject({ reason: "exited", exitCode: 0, daemonsLeft: 1, leftoversKilled: 1 });
  expect(await listMarked(spec.attemptId)).toEqual([service]);
  expect(stray).not.toBe(service);
  expect(await readFile(`/proc/${service}/cgroup`, "utf8")).not.toContain(spec.attemptId);
});
