import { rm } from "node:fs/promises";
import path from "node:path";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openRepository } from "../../adapters/git/repository.ts";
import { gitIdentity, openAuditLog, record, tamper, taskEntries } from "../../../test/support/audit-log.ts";
import type { AuditLog } from "../../../test/support/audit-log.ts";
import type { AuditFinding } from "../../contracts/audit.ts";
import { openSigningKey } from "../../adapters/keys/signing-key.ts";
import { findCheckpointNow } from "./query.ts";
import { verifyLog } from "./verify.ts";

/** Four checkpoints of 6 records: numbers 0-5, 6-11, 12-17, 18-23. */
async function openSealed(): Promise<AuditLog> {
  const log = await openAuditLog();
  for (let batch = 0; batch < 4; batch++) {
    await log.seal([...taskEntries(), { data: { batch } }, ...taskEntries("failed"), { status: "open" }]);
  }
  expect(log.errors).toEqual([]);
  return log;
}

async function findingOf(
  log: AuditLog,
  options: { git?: boolean; pinned?: string[] } = {},
): Promise<AuditFinding | undefined> {
  const git = options.git === true ? { git: log.git } : {};
  const result = await verifyLog({ db: log.db, key: log.signer, pinned: options.pinned ?? [], ...git });
  return result.ok ? undefined : result.finding;
}

const at = (idx: number): string => `arrival = (SELECT arrival FROM audit_order WHERE idx = ${idx})`;
const reseal = `UPDATE audit_order o SET leaf = sha256('\\x00'::bytea || r.body) FROM audit_record r WHERE r.arrival = o.arrival`;
const forgeBody = `UPDATE audit_record SET body = convert_to(replace(convert_from(body, 'UTF8'), '"failed"', '"closed"'), 'UTF8'),
  status = 'closed' WHERE ${at(10)}`;

const edits: {
  title: string;
  statements: string[];
  finding: Partial<AuditFinding>;
  withGit?: Partial<AuditFinding>;
}[] = [
  {
    title: "one byte of a record",
    statements: [`UPDATE audit_record SET body = set_byte(body, 20, 255) WHERE ${at(7)}`],
    finding: { kind: "changed", index: 7 },
  },
  {
    title: "a column beside the record",
    statements: [`UPDATE audit_record SET status = 'succeeded' WHERE ${at(10)}`],
    finding: { kind: "changed", index: 10, message: expect.stringContaining("column status") },
  },
  {
    title: "the services beside the record",
    statements: [`UPDATE audit_record SET services = ARRAY['other'] WHERE ${at(10)}`],
    finding: { kind: "changed", index: 10, message: expect.stringContaining("column services") },
  },
  {
    title: "the time beside the record by a microsecond",
    statements: [`UPDATE audit_record SET at = at + interval '1 microsecond' WHERE ${at(3)}`],
    finding: { kind: "changed", index: 3, message: expect.stringContaining("column at") },
  },
  {
    title: "a record, its columns and its hash",
    statements: [forgeBody, reseal],
    finding: { kind: "root-differs", index: 6, last_index: 11, checkpoint: 12 },
    withGit: { kind: "changed", index: 10, checkpoint: 12 },
  },
  {
    title: "a record deleted",
    statements: [`DELETE FROM audit_record WHERE ${at(8)}`],
    finding: { kind: "missing", index: 8 },
  },
  {
    title: "a record deleted with its number",
    statements: [`DELETE FROM audit_record WHERE ${at(8)}`, "DELETE FROM audit_order WHERE idx = 8"],
    finding: { kind: "missing", index: 8, last_index: 8 },
  },
  {
    title: "two records exchanged",
    statements: [
      "UPDATE audit_order SET arrival = -arrival WHERE idx IN (13, 15)",
      `UPDATE audit_order o SET arrival = -p.arrival FROM (VALUES (13, 15), (15, 13)) v(mine, other), audit_order p
        WHERE o.idx = v.mine AND p.idx = v.other`,
    ],
    finding: { kind: "reordered", index: 13 },
  },
  {
    title: "two numbers exchanged",
    statements: [
      "UPDATE audit_order SET idx = -idx WHERE idx IN (13, 15)",
      "UPDATE audit_order SET idx = 28 + idx WHERE idx IN (-13, -15)",
    ],
    finding: { kind: "reordered", index: 14 },
  },
  {
    title: "two records exchanged with their places and hashes",
    statements: [
      `CREATE TEMP TABLE pair ON COMMIT DROP AS SELECT r.* FROM audit_record r JOIN audit_order o USING (arrival)
        WHERE o.idx IN (13, 15)`,
      "DELETE FROM audit_record WHERE arrival IN (SELECT arrival FROM pair)",
      "UPDATE pair SET arrival = (SELECT sum(arrival) FROM pair) - arrival",
      "INSERT INTO audit_record SELECT * FROM pair",
      reseal,
    ],
    finding: { kind: "root-differs", index: 12, last_index: 17 },
    withGit: { kind: "reordered", index: 13 },
  },
  {
    title: "the newest records removed",
    statements: ["DELETE FROM audit_order WHERE idx >= 20"],
    finding: { kind: "truncated", index: 20, last_index: 23 },
  },
  {
    title: "the newest checkpoint removed",
    statements: ["DELETE FROM audit_checkpoint WHERE size = 24"],
    finding: { kind: "checkpoint-changed", index: 18 },
  },
  {
    title: "a checkpoint in between removed",
    statements: ["DELETE FROM audit_checkpoint WHERE size = 12"],
    finding: { kind: "checkpoint-changed", checkpoint: 18 },
  },
  {
    title: "a root",
    statements: ["UPDATE audit_checkpoint SET root = sha256('x') WHERE size = 12"],
    finding: { kind: "checkpoint-changed", checkpoint: 12 },
  },
  {
    title: "the time of a checkpoint",
    statements: ["UPDATE audit_checkpoint SET at = at - interval '1 day' WHERE size = 12"],
    finding: { kind: "checkpoint-changed", checkpoint: 12 },
  },
  {
    title: "a signed text",
    statements: [
      `UPDATE audit_checkpoint SET note = replace(note, E'\\n12\\n', E'\\n13\\n') WHERE size = 12`,
    ],
    finding: { kind: "bad-signature", checkpoint: 12 },
  },
  {
    title: "the newest records with checkpoint, state and all",
    statements: [
      "DELETE FROM audit_record WHERE arrival IN (SELECT arrival FROM audit_order WHERE idx >= 18)",
      "DELETE FROM audit_order WHERE idx >= 18",
      "DELETE FROM audit_checkpoint WHERE size > 18",
      // The two subtree roots of 18 records are not needed for this: only the size is looked at.
      "UPDATE audit_state SET size = 18",
    ],
    finding: { kind: "truncated", index: 18, last_index: 23, checkpoint: 24 },
    withGit: { kind: "truncated", index: 18, last_index: 23, checkpoint: 24 },
  },
];

const tables = ["audit_record", "audit_order", "audit_checkpoint", "audit_state"];
let shared: AuditLog;
beforeAll(async () => {
  shared = await openSealed();
  for (const table of tables)
    await sql.raw(`CREATE TABLE saved_${table} AS TABLE ${table}`).execute(shared.db);
});
afterEach(async () => {
  const back = tables.flatMap((table) => [`TRUNCATE ${table}`, `INSERT INTO ${table} TABLE saved_${table}`]);
  await tamper(shared.db, ...back);
});
afterAll(() => shared[Symbol.asyncDispose]());

test.each(edits)(
  "behind the triggers' back: $title is found and named",
  async ({ statements, finding, withGit }) => {
    const pinned = [(await findCheckpointNow(shared.db))?.note ?? ""];
    expect(await findingOf(shared, { git: true, pinned })).toBeUndefined();
    await tamper(shared.db, ...statements);
    expect(await findingOf(shared, { pinned })).toMatchObject(finding);
    expect(await findingOf(shared, { git: true })).toMatchObject(withGit ?? finding);
  },
);

test("a log that was signed again from scratch with the same key differs from a pinned checkpoint", async () => {
  const log = shared;
  const pinned = [(await findCheckpointNow(log.db))?.note ?? ""];
  await tamper(
    log.db,
    forgeBody,
    "DELETE FROM audit_order",
    "DELETE FROM audit_checkpoint",
    "UPDATE audit_state SET size = 0, range = '', settled = 0",
  );
  await using again = log.sequencer({ git: false });
  await again.runOnce();
  expect(await findingOf(log)).toBeUndefined();
  expect(await findingOf(log, { pinned })).toMatchObject({ kind: "checkpoint-changed", checkpoint: 24 });
  expect(await findingOf(log, { git: true })).toMatchObject({ kind: "git-differs" });
});

test("a checkpoint signed by another key is refused, and so is one of another log among the pinned", async () => {
  const log = shared;
  const other = await openSigningKey(path.join(log.dir, "other.key"));
  expect(await verifyLog({ db: log.db, key: other })).toMatchObject({
    finding: { kind: "bad-signature", checkpoint: 6 },
  });
  await using elsewhere = await openAuditLog();
  await elsewhere.seal([{}]);
  const pinned = [(await findCheckpointNow(elsewhere.db))?.note ?? ""];
  expect(await findingOf(log, { pinned })).toMatchObject({ kind: "bad-signature" });
});

test("[E2E-04] every file that was changed, added or removed in git is found, and a git that is behind is not blamed", async () => {
  await using log = await openSealed();
  const head = (await log.git.findHead()) ?? "";
  const files = await Array.fromAsync(log.git.listFiles(head));
  const note = files.find((file) => file.path === ".audit/checkpoint");
  const task = files.find((file) => file.path.startsWith(".audit/tasks/"));
  if (note === undefined || task === undefined) throw new Error("the projection lacks files");
  const change = (file: { path: string; text: string }): Promise<string> =>
    log.git.append(head, [{ at: new Date(0), message: "forged\n", files: [file] }]);
  await change({
    path: task.path,
    text: task.text.replace("succeeded", "skipped!!").replace("failed", "closed"),
  });
  expect(await findingOf(log, { git: true })).toMatchObject({
    kind: "git-differs",
    message: expect.stringContaining(task.path),
  });
  await rm(path.join(log.dir, "audit.git"), { recursive: true });
  const fresh = await openRepository({ dir: path.join(log.dir, "audit.git"), identity: gitIdentity });
  await fresh.append(undefined, [{ at: new Date(0), message: "x\n", files: [note] }]);
  expect(await findingOf(log, { git: true })).toMatchObject({
    kind: "git-differs",
    message: expect.stringContaining("lacks"),
  });
  await fresh.append(await fresh.findHead(), [
    { at: new Date(0), message: "x\n", files: [{ path: "x", text: "" }] },
  ]);
  expect(await findingOf(log, { git: true })).toMatchObject({ message: expect.stringContaining("file x ") });
});

test("git may be behind the log", async () => {
  const log = shared;
  await record(log.db);
  await using withoutGit = log.sequencer({ git: false });
  await withoutGit.runOnce();
  const result = await verifyLog({ db: log.db, key: log.signer, git: log.git });
  expect(result).toMatchObject({ ok: true, size: 25, gitSize: 24 });
});

test("a record whose bytes were never JSON is found even when it was sealed", async () => {
  const log = shared;
  await sql`INSERT INTO audit_record (id, body, at, kind, actor_kind, actor_name)
    VALUES (gen_random_uuid(), '\\xff00', now(), 'x.y', 'system', 'x')`.execute(log.db);
  await using sequencer = log.sequencer({ git: false });
  await sequencer.runOnce();
  expect(await findingOf(log)).toMatchObject({
    kind: "changed",
    index: 24,
    message: expect.stringContaining("canonical"),
  });
});
