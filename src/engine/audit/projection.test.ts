import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { gitIdentity, openAuditLog, record, taskEntries } from "../../../test/support/audit-log.ts";
import type { AuditLog } from "../../../test/support/audit-log.ts";
import { openRepository } from "../../adapters/git/repository.ts";
import { TaskRecord } from "../../contracts/audit.ts";
import { sizePath } from "./checkpoint-files.ts";
import { findTaskRecord } from "./query.ts";
import { verifyLog } from "./verify.ts";

const gitDir = (log: AuditLog): string => path.join(log.dir, "audit.git");

function git(log: AuditLog, ...args: string[]): string {
  return execFileSync("git", [`--git-dir=${gitDir(log)}`, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("[ORCH-03] a finished task is one readable file in git, with everything recorded about it", async () => {
  await using log = await openAuditLog();
  const task = randomUUID();
  await log.seal([{ kind: "request.created" }, ...taskEntries("failed", task)]);
  const text = git(log, "show", `main:.audit/tasks/${task.slice(0, 2)}/${task}.json`);
  const file = TaskRecord.parse(JSON.parse(text));
  expect(file).toMatchObject({
    task_id: task,
    status: "failed",
    plan_hash: "ab".repeat(32),
    services: ["status-page"],
    agent: "agent-1",
    resources: { wall_ms: 60_000, cpu_time_ms: 1234.5 },
  });
  expect(file.records.map(({ index, kind, actor }) => ({ index, kind, actor }))).toEqual([
    { index: 1, kind: "task.started", actor: "anna" },
    { index: 2, kind: "task.finished", actor: "anna" },
  ]);
  expect(await findTaskRecord(log.db, task)).toEqual(file);
  expect(text).toMatch(/^\{\n {2}"agent": "agent-1",\n/);
  expect(git(log, "log", "-1", "--format=%an|%ae|%s").trim()).toMatch(
    new RegExp(`^Chiffon\\|audit@chiffon\\.invalid\\|audit: task ${task} failed at \\d{4}-`),
  );
  const checkpoint = git(log, "show", "main:.audit/checkpoint");
  expect(git(log, "show", "main:.audit/checkpoints/003")).toBe(checkpoint);
  expect(checkpoint).toBe(
    (await log.db.selectFrom("audit_checkpoint").select("note").executeTakeFirstOrThrow()).note,
  );
  expect(git(log, "show", "main:.audit/leaves/003").trim().split("\n")).toHaveLength(3);
});

test("one commit per checkpoint; a task that ends again gets a new file with all its records", async () => {
  await using log = await openAuditLog();
  const task = randomUUID();
  await log.seal(taskEntries("unknown", task));
  await log.seal([{ kind: "plan.approved" }]);
  await log.seal(taskEntries("succeeded", task));
  expect(git(log, "rev-list", "--count", "main").trim()).toBe("3");
  const file = `main:.audit/tasks/${task.slice(0, 2)}/${task}.json`;
  expect(JSON.parse(git(log, "show", file))).toMatchObject({ status: "succeeded", records: { length: 4 } });
  expect(JSON.parse(git(log, "show", file.replace("main:", "main~2:")))).toMatchObject({ status: "unknown" });
  expect(await verifyLog({ db: log.db, key: log.signer, git: log.git })).toMatchObject({
    ok: true,
    gitSize: 5,
  });
});

test("a lost repository is written anew with the same commits", async () => {
  await using log = await openAuditLog();
  for (let i = 0; i < 5; i++) await log.seal(taskEntries());
  const before = git(log, "rev-list", "main");
  await rm(gitDir(log), { recursive: true });
  const again = await openRepository({ dir: gitDir(log), identity: gitIdentity });
  await using sequencer = log.sequencer({ git: again });
  await sequencer.runOnce();
  expect(log.errors).toEqual([]);
  expect(git(log, "rev-list", "main")).toBe(before);
  git(log, "fsck", "--strict", "--no-dangling");
});

test("while git fails the log goes on, the failure is reported, and git catches up later", async () => {
  await using log = await openAuditLog();
  await using broken = log.sequencer({
    git: { ...log.git, append: () => Promise.reject(new Error("no space left on device")) },
  });
  await record(log.db);
  expect(await broken.runOnce()).toMatchObject({ sequenced: 1, size: 1 });
  expect(String(log.errors)).toContain("no space left");
  await log.seal([{}]);
  expect(git(log, "rev-list", "--count", "main").trim()).toBe("2");
});

test("a git that does not belong to this database is not written to", async () => {
  await using log = await openAuditLog();
  await using other = await openAuditLog();
  await other.seal([{}]);
  const head = await other.git.findHead();
  await record(log.db);
  await using sequencer = log.sequencer({ git: other.git });
  await sequencer.runOnce();
  expect(log.errors).toHaveLength(1);
  expect(log.errors[0]).toMatchObject({
    code: "conflict",
    message: expect.stringContaining("is not continued"),
  });
  expect(await other.git.findHead()).toBe(head);
});

test("folders stay small however long the log is", () => {
  expect([1, 999, 1_000, 1_234_067].map(sizePath)).toEqual(["001", "999", "x001/000", "x001/x234/067"]);
});

test(
  "a process that is killed at any moment leaves a log and a git that the next one continues",
  { timeout: 120_000 },
  async () => {
    await using log = await openAuditLog();
    const worker = `
    import { openDatabase } from ${JSON.stringify(path.join(import.meta.dirname, "../../adapters/database/open.ts"))};
    import { openRepository } from ${JSON.stringify(path.join(import.meta.dirname, "../../adapters/git/repository.ts"))};
    import { openSigningKey } from ${JSON.stringify(path.join(import.meta.dirname, "../../adapters/keys/signing-key.ts"))};
    import { createSequencer } from ${JSON.stringify(path.join(import.meta.dirname, "sequencer.ts"))};
    const { db } = openDatabase({ connection: ${JSON.stringify(log.connection)} });
    const signer = await openSigningKey(${JSON.stringify(path.join(log.dir, "keys/audit.key"))});
    const git = await openRepository({ dir: ${JSON.stringify(gitDir(log))}, identity: ${JSON.stringify(gitIdentity)} });
    const sequencer = createSequencer({ db, signer, git, clock: { now: () => new Date() }, onError: () => undefined });
    process.stdout.write("go\\n");
    for (;;) await sequencer.runOnce();`;
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", worker], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      const feeding = (async () => {
        for (let i = 0; i < 6; i++) for (const part of taskEntries()) await record(log.db, part);
      })();
      const count = async (): Promise<string> => (await log.git.findHead()) ?? "";
      const before = await count();
      await expect.poll(count, { interval: 5, timeout: 20_000 }).not.toBe(before);
      child.kill("SIGKILL");
      await once(child, "exit");
      await feeding;
    }
    await log.seal([]);
    // A lock of a git that was killed in the last two seconds is waited for, not broken.
    await expect
      .poll(
        async () => {
          await log.seal([]);
          return verifyLog({ db: log.db, key: log.signer, git: log.git });
        },
        { timeout: 20_000, interval: 200 },
      )
      .toMatchObject({ ok: true, size: 72, gitSize: 72, pending: 0 });
    git(log, "fsck", "--strict", "--no-dangling");
  },
);
