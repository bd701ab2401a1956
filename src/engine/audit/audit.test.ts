import { randomUUID } from "node:crypto";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openRepository } from "../../adapters/git/repository.ts";
import { openSigningKey } from "../../adapters/keys/signing-key.ts";
import { openDatabase } from "../../adapters/database/open.ts";
import { createTestDatabase } from "../../adapters/database/testing.ts";
import type { Database, Tables } from "../schema.ts";
import { recordAudit } from "./record.ts";
import { createSequencer } from "./sequencer.ts";
import { verifyLog } from "./verify.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), "chiffon-audit-"));
  await mkdir(path.join(dir, "sql"));
  await copyFile(path.join(import.meta.dirname, "../migrations/0002-audit.sql"), path.join(dir, "sql/0001-audit.sql"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test("speed", { timeout: 120000 }, async () => {
  await using made = await createTestDatabase({ migrations: path.join(dir, "sql") });
  await using opened = openDatabase<Tables>({ connection: made.connection });
  const db: Database = opened.db;
  const signer = await openSigningKey(path.join(dir, "audit.key"));
  const git = await openRepository({ dir: path.join(dir, "audit.git"), identity: { name: "Chiffon", email: "audit@chiffon.invalid" } });
  const actor = { kind: "user", name: "anna", id: randomUUID() } as const;
  const task = randomUUID();
  const e = { at: new Date(), kind: "task.finished", actor, requestId: randomUUID(), planId: randomUUID(), runId: randomUUID(), taskId: task, services: ["kuma"], status: "succeeded", data: { plan_hash: "a".repeat(64), agent: "x", note: "y".repeat(120) } };
  await db.transaction().execute((tx) => recordAudit(tx, e));
  const N = 60000;
  let t = performance.now();
  await sql`INSERT INTO audit_record (id, body, at, kind, actor_kind, actor_name, actor_id, request_id, plan_id, run_id, task_id, services, status)
    SELECT n.id, convert_to(replace(replace(convert_from(body,'UTF8'), r.id::text, n.id::text), r.task_id::text, n.task_id::text), 'UTF8'), at, kind, actor_kind, actor_name, actor_id, request_id, plan_id, run_id, n.task_id, services, status FROM audit_record r, (select gen_random_uuid() AS id, gen_random_uuid() as task_id from generate_series(1, ${N}::int)) n`.execute(db);
  console.log("insert", performance.now() - t);
  const errors: unknown[] = [];
  await using s1 = createSequencer({ db, clock: { now: () => new Date() }, signer, onError: (x) => errors.push(x) });
  t = performance.now();
  console.log(await s1.runOnce(), (N / (performance.now() - t)) * 1000, "rows/s sequenced");
  t = performance.now();
  console.log(await verifyLog({ db, key: signer }), (N / (performance.now() - t)) * 1000, "rows/s verified");
  await using s2 = createSequencer({ db, clock: { now: () => new Date() }, signer, git, onError: (x) => errors.push(x) });
  t = performance.now();
  console.log(await s2.runOnce(), performance.now() - t, "ms projected");
  expect(errors).toEqual([]);
  t = performance.now();
  console.log(await verifyLog({ db, key: signer, git }), performance.now() - t, "ms verified with git");
  for (let round = 0; round < 6; round++) {
    await db.transaction().execute(async (tx) => {
      for (let i = 0; i < 100; i++) await recordAudit(tx, { ...e, taskId: randomUUID() });
    });
    t = performance.now();
    await s2.runOnce();
    console.log("commit of 100 at 100k", performance.now() - t);
  }
  expect(errors).toEqual([]);
});
