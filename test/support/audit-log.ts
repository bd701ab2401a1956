import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { openDatabase } from "../../src/adapters/database/open.ts";
import { createTestDatabase } from "../../src/adapters/database/testing.ts";
import { openRepository } from "../../src/adapters/git/repository.ts";
import type { Repository } from "../../src/adapters/git/repository.ts";
import { openSigningKey } from "../../src/adapters/keys/signing-key.ts";
import type { SigningKey } from "../../src/adapters/keys/signing-key.ts";
import { recordAudit } from "../../src/engine/audit/record.ts";
import type { AuditEntry } from "../../src/engine/audit/record.ts";
import { createSequencer } from "../../src/engine/audit/sequencer.ts";
import type { Sequencer } from "../../src/engine/audit/sequencer.ts";
import type { Database, Tables } from "../../src/engine/schema.ts";

export const migrations = path.join(import.meta.dirname, "../../src/engine/migrations");
export const gitIdentity = { name: "Chiffon", email: "audit@chiffon.invalid" };
export const actor = { kind: "user", name: "anna", id: "7b1c2e6a-40f4-4d3e-9d2c-0a6c1c0a0001" } as const;

/** A database with the whole schema, a key and a repository, in a folder of its own. */
export interface AuditLog extends AsyncDisposable {
  readonly db: Database;
  readonly connection: Awaited<ReturnType<typeof createTestDatabase>>["connection"];
  readonly dir: string;
  readonly signer: SigningKey;
  readonly git: Repository;
  /** What the sequencers made here reported. */
  readonly errors: unknown[];
  /** Records entries in one transaction each, and numbers them under one checkpoint. */
  seal(entries: readonly Partial<AuditEntry>[]): Promise<void>;
  sequencer(options?: { git?: Repository | false; intervalMs?: number }): Sequencer;
}

export async function openAuditLog(): Promise<AuditLog> {
  const dir = await mkdtemp(path.join(os.tmpdir(), "chiffon-audit-"));
  const made = await createTestDatabase({ migrations });
  const opened = openDatabase<Tables>({ connection: made.connection });
  const signer = await openSigningKey(path.join(dir, "keys/audit.key"));
  const git = await openRepository({ dir: path.join(dir, "audit.git"), identity: gitIdentity });
  const errors: unknown[] = [];
  const sequencer: AuditLog["sequencer"] = (options = {}) => {
    return createSequencer({
      db: opened.db,
      clock: { now: () => new Date() },
      signer,
      onError: (error) => errors.push(error),
      ...(options.git === false ? {} : { git: options.git ?? git }),
      ...(options.intervalMs === undefined ? {} : { intervalMs: options.intervalMs }),
    });
  };
  return {
    db: opened.db,
    connection: made.connection,
    dir,
    signer,
    git,
    errors,
    sequencer,
    async seal(entries) {
      for (const part of entries) await record(opened.db, part);
      await using one = sequencer();
      await one.runOnce();
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await made[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export function entry(part: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: new Date("2026-11-22T15:33:00.123Z"),
    kind: "plan.approved",
    actor,
    data: { hash: "ab" },
    ...part,
  };
}

export async function record(db: Database, part: Partial<AuditEntry> = {}): Promise<string> {
  return db.transaction().execute((tx) => recordAudit(tx, entry(part)));
}

/** The records of a task from its dispatch to its end. */
export function taskEntries(status = "succeeded", taskId: string = randomUUID()): Partial<AuditEntry>[] {
  const ids = { requestId: randomUUID(), planId: randomUUID(), runId: randomUUID(), taskId };
  const data = {
    plan_hash: "ab".repeat(32),
    agent: "agent-1",
    started_at: "2026-11-22T15:32:00.000Z",
    finished_at: "2026-11-22T15:33:00.000Z",
    resources: { wall_ms: 60_000, cpu_time_ms: 1234.5 },
  };
  return [
    { ...ids, kind: "task.started", data: { fence: 1 } },
    { ...ids, kind: "task.finished", services: ["status-page"], status, data },
  ];
}

/** Changes the log behind Chiffon's back, as the owner of the database can. */
export async function tamper(db: Database, ...statements: string[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    for (const table of ["audit_record", "audit_order", "audit_checkpoint"]) {
      await sql.raw(`ALTER TABLE ${table} DISABLE TRIGGER append_only`).execute(tx);
    }
    for (const statement of statements) await sql.raw(statement).execute(tx);
    for (const table of ["audit_record", "audit_order", "audit_checkpoint"]) {
      await sql.raw(`ALTER TABLE ${table} ENABLE ALWAYS TRIGGER append_only`).execute(tx);
    }
  });
}
