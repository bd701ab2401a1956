import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { actor, entry, openAuditLog, record, tamper, taskEntries } from "../../../test/support/audit-log.ts";
import { recordAudit } from "./record.ts";
import { tryLock } from "./sequence-sql.ts";
import { verifyLog } from "./verify.ts";

test("a record is written with its change or not at all, as canonical JSON with its columns beside it", async () => {
  await using log = await openAuditLog();
  const ids = { requestId: randomUUID().toUpperCase(), taskId: randomUUID() };
  const id = await record(log.db, {
    ...ids,
    services: ["b", "a", "b"],
    status: "succeeded",
    data: { z: 1, a: "é\u0000" },
  });
  const undone = log.db.transaction().execute(async (tx) => {
    await recordAudit(tx, entry());
    throw new Error("the change failed");
  });
  await expect(undone).rejects.toThrow("the change failed");
  const rows = await log.db.selectFrom("audit_record").selectAll().execute();
  expect(rows).toHaveLength(1);
  expect(Buffer.from(rows[0]?.body ?? []).toString("utf8")).toBe(
    `{"actor":{"id":"${actor.id}","kind":"user","name":"anna"},"at":"2026-11-22T15:33:00.123Z",` +
      `"data":{"a":"é\\u0000","z":1},"id":"${id}","kind":"plan.approved","plan_id":null,` +
      `"request_id":"${ids.requestId.toLowerCase()}","run_id":null,"services":["a","b"],"status":"succeeded",` +
      `"task_id":"${ids.taskId}","v":1}`,
  );
  expect(rows[0]).toMatchObject({ id, kind: "plan.approved", actor_name: "anna", services: ["a", "b"] });
});

test("data that is not JSON, or far too much of it, fails the whole transaction", async () => {
  await using log = await openAuditLog();
  const bad = { data: { value: Number.NaN } };
  await expect(record(log.db, bad)).rejects.toThrow("$.data.value");
  await expect(record(log.db, { data: { text: "x".repeat(300_000) } })).rejects.toMatchObject({
    code: "too-large",
  });
  expect(await log.db.selectFrom("audit_record").selectAll().execute()).toEqual([]);
});

test("the database refuses to change, delete or truncate any part of the log", async () => {
  await using log = await openAuditLog();
  await log.seal([{}, {}]);
  for (const statement of [
    "UPDATE audit_record SET kind = 'other.kind'",
    "DELETE FROM audit_record",
    "TRUNCATE audit_record",
    "UPDATE audit_order SET idx = idx + 10",
    "DELETE FROM audit_order",
    "TRUNCATE audit_order",
    "UPDATE audit_checkpoint SET note = ''",
    "DELETE FROM audit_checkpoint",
    "TRUNCATE audit_checkpoint CASCADE",
  ]) {
    await expect(sql.raw(statement).execute(log.db)).rejects.toThrow("the audit log is append-only");
    const asReplica = log.db.transaction().execute(async (tx) => {
      await sql`SET LOCAL session_replication_role = replica`.execute(tx);
      await sql.raw(statement).execute(tx);
    });
    await expect(asReplica).rejects.toThrow("the audit log is append-only");
  }
});

test("[STATE-01] every committed record gets a number without gaps, whoever writes, rolls back or commits late", async () => {
  await using log = await openAuditLog();
  await using first = log.sequencer();
  await using second = log.sequencer({ git: false });
  const late = Promise.withResolvers<undefined>();
  const drawn = Promise.withResolvers<undefined>();
  const slow = log.db.transaction().execute(async (tx) => {
    await recordAudit(tx, entry({ kind: "plan.late" }));
    drawn.resolve(undefined);
    await late.promise;
  });
  await drawn.promise;
  const writer = async (n: number): Promise<void> => {
    for (let i = 0; i < 20; i++) {
      const work = log.db.transaction().execute(async (tx) => {
        await recordAudit(tx, entry({ data: { n, i } }));
        if (i % 5 === 4) throw new Error("rolled back");
      });
      await work.catch(() => undefined);
      if (i % 8 === 0) await (n % 2 === 0 ? first : second).runOnce();
    }
  };
  await Promise.all([0, 1, 2, 3].map(writer));
  // Several rounds with the slow transaction still open: its smaller number must not be passed over for good.
  for (let round = 0; round < 3; round++) await first.runOnce();
  const sealed = await log.db.selectFrom("audit_order").select("idx").orderBy("idx").execute();
  expect(sealed.map((row) => Number(row.idx))).toEqual(Array.from({ length: 4 * 16 }, (_, i) => i));
  late.resolve(undefined);
  await slow;
  expect(await first.runOnce()).toMatchObject({ sequenced: 1, size: 65 });
  for (let round = 0; round < 3; round++) await first.runOnce();
  const state = await log.db.selectFrom("audit_state").select("settled").executeTakeFirstOrThrow();
  const last = await sql<{ last: number }>`SELECT max(arrival) AS last FROM audit_record`.execute(log.db);
  expect(Number(state.settled)).toBe(Number(last.rows[0]?.last));
  expect(await verifyLog({ db: log.db, key: log.signer, git: log.git })).toMatchObject({
    ok: true,
    size: 65,
    pending: 0,
  });
  expect(log.errors).toEqual([]);
});

test("a number does not change once it is given, and nothing new means no new checkpoint", async () => {
  await using log = await openAuditLog();
  await log.seal([{}, {}, {}]);
  const before = await log.db.selectFrom("audit_order").selectAll().orderBy("idx").execute();
  await log.seal([]);
  await log.seal([{}]);
  const after = await log.db.selectFrom("audit_order").selectAll().orderBy("idx").execute();
  expect(after.slice(0, 3)).toEqual(before);
  expect(
    await log.db.selectFrom("audit_checkpoint").select(["size", "from_size"]).orderBy("size").execute(),
  ).toEqual([
    { size: 3, from_size: 0 },
    { size: 4, from_size: 3 },
  ]);
});

test("who wants a number now waits for the process that is giving them out, and has it then", async () => {
  await using log = await openAuditLog();
  await using sequencer = log.sequencer({ git: false });
  const begun = Promise.withResolvers<boolean>();
  const end = Promise.withResolvers<void>();
  const other = log.db.transaction().execute(async (tx) => {
    begun.resolve(await tryLock(tx, "sequencer"));
    await end.promise;
  });
  expect(await begun.promise).toBe(true);
  await log.db.transaction().execute((tx) => recordAudit(tx, entry()));
  const asked = sequencer.runOnce();
  end.resolve();
  expect(await asked).toMatchObject({ sequenced: 1, size: 1 });
  await other;
});

test("a started sequencer looks by itself and when it is nudged, reports failures and goes on", async () => {
  await using log = await openAuditLog();
  await using sequencer = log.sequencer({ intervalMs: 20 });
  sequencer.start();
  await record(log.db, {});
  const size = async (): Promise<number> =>
    Number((await log.db.selectFrom("audit_state").select("size").executeTakeFirstOrThrow()).size);
  await expect.poll(size).toBe(1);
  await sql`ALTER TABLE audit_state RENAME TO hidden_state`.execute(log.db);
  await record(log.db, {});
  await expect.poll(() => log.errors.length).toBeGreaterThan(0);
  await sql`ALTER TABLE hidden_state RENAME TO audit_state`.execute(log.db);
  sequencer.nudge();
  await expect.poll(size, { timeout: 5_000 }).toBe(2);
  await using slow = log.sequencer({ intervalMs: 600_000 });
  await sequencer[Symbol.asyncDispose]();
  slow.start();
  await slow.runOnce();
  await record(log.db, {});
  slow.nudge();
  await expect.poll(size).toBe(3);
});

test("a sequencer does not go on from a state that its last signed checkpoint contradicts", async () => {
  await using log = await openAuditLog();
  await log.seal([{}, {}]);
  await sql`UPDATE audit_state SET range = set_byte(range, 3, 255 - get_byte(range, 3))`.execute(log.db);
  await record(log.db);
  await using sequencer = log.sequencer();
  await expect(sequencer.runOnce()).rejects.toThrow("is not continued");
});

test("records that are not numbered yet are counted as pending, and do no harm", async () => {
  await using log = await openAuditLog();
  await log.seal(taskEntries());
  await record(log.db);
  const seen: number[] = [];
  const result = await verifyLog({
    db: log.db,
    key: log.signer,
    git: log.git,
    onProgress: (done, total) => seen.push(done / total),
  });
  expect(result).toMatchObject({ ok: true, size: 2, checkpoints: 1, pending: 1, gitSize: 2 });
  expect(seen).toEqual([1]);
});

test("a verification can be stopped", async () => {
  await using log = await openAuditLog();
  await log.seal([{}, {}]);
  const stopped = verifyLog({ db: log.db, key: log.signer, signal: AbortSignal.abort() });
  await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
});

test("an empty log verifies", async () => {
  await using log = await openAuditLog();
  expect(await verifyLog({ db: log.db, key: log.signer, git: log.git })).toMatchObject({
    ok: true,
    size: 0,
    checkpoints: 0,
  });
});

test("a record written round the sequencer's back, below what is settled, is found", async () => {
  await using log = await openAuditLog();
  await record(log.db);
  await record(log.db);
  await using sequencer = log.sequencer();
  for (let round = 0; round < 3; round++) await sequencer.runOnce();
  await tamper(log.db, "DELETE FROM audit_order WHERE idx = 1", "UPDATE audit_state SET size = 1");
  const result = await verifyLog({ db: log.db, key: log.signer });
  expect(result).toMatchObject({ ok: false, finding: { kind: "truncated", index: 1 } });
  await tamper(
    log.db,
    `INSERT INTO audit_order SELECT 1, arrival, sha256('\\x00'::bytea || body) FROM audit_record ORDER BY arrival DESC LIMIT 1`,
    "UPDATE audit_state SET size = 2",
    `INSERT INTO audit_record (arrival, id, body, at, kind, actor_kind, actor_name)
      SELECT 0, gen_random_uuid(), body, at, kind, actor_kind, actor_name FROM audit_record LIMIT 1`,
  );
  expect(await verifyLog({ db: log.db, key: log.signer })).toMatchObject({
    ok: false,
    finding: { kind: "added" },
  });
});
