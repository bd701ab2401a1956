import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { openSigningKey } from "../../adapters/keys/signing-key.ts";
import { queues, type Message } from "../../contracts/agent-protocol.ts";
import type { AuditVerifyResult } from "../../contracts/audit.ts";
import { placeReadyTasks } from "../dispatch/place.ts";
import { createTestCore, createTestRun, fromAgent, heartbeatOf, type TestCore } from "../testing.ts";
import { handleAgentMessage } from "../track/handle.ts";
import { createSequencer } from "./sequencer.ts";
import { verifyLog } from "./verify.ts";

const agent = randomUUID();
const digestOf = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");
const resources_used = { cpu_time_ms: 1, wall_ms: 2, memory_peak_mb: 3, gpu_vram_mb: null, bytes_out: 4 };

/** An agent executes the one step of a new run, and writes this. Gives the run. */
async function execute({ deps, db }: TestCore, pieces: readonly string[]): Promise<string> {
  const { runId } = await createTestRun({ deps }, [["web1"]]);
  const tell = (message: Message) => handleAgentMessage(deps, fromAgent(agent, message));
  await tell(heartbeatOf(agent));
  await placeReadyTasks(deps);
  const rows = await db
    .selectFrom("outbox")
    .selectAll()
    .where("queue", "=", queues.work(agent))
    .orderBy("id")
    .execute();
  const order = rows.at(-1)?.envelope;
  if (order?.type !== "work_request") throw new Error("no order");
  const { task_id, attempt, fence } = order.payload;
  const key = { task_id, attempt, fence };
  await tell({ type: "work_accepted", payload: { ...key, agent_id: agent } });
  let offset = 0;
  for (const text of pieces) {
    await tell({ type: "work_output", payload: { ...key, offset, text } });
    offset += text.length;
  }
  const end = { exit_code: 0, error: null, recap: null, resources_used, progress_count: 0 };
  const payload = { ...key, ...end, outcome: "succeeded" as const, output_length: offset };
  const output_sha256 = digestOf(pieces.join(""));
  expect(await tell({ type: "work_result", payload: { ...payload, output_sha256 } })).toBe("ack");
  // What comes behind its result belongs to nothing.
  expect(await tell({ type: "work_output", payload: { ...key, offset, text: "later" } })).toBe("ack");
  return runId;
}

test("a stored output that is not what its agent signed is found, and which run it is of", async () => {
  await using stack = new AsyncDisposableStack();
  const core = stack.use(await createTestCore());
  const dir = await mkdtemp(path.join(tmpdir(), "chiffon-outputs-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const signer = await openSigningKey(path.join(dir, "audit.key"));
  const { db } = core;
  const sequencer = stack.use(
    createSequencer({
      db,
      clock: core.deps.clock,
      signer,
      onError: (error) => {
        throw error;
      },
    }),
  );
  const other = await execute(core, ["nothing wrong here\n"]);
  const runId = await execute(core, ["ok: [web1] 🙂\n", "changed: [web1]\n", "done\n"]);
  await sequencer.runOnce();
  const verify = (): Promise<AuditVerifyResult> => verifyLog({ db, key: signer });
  expect(await verify()).toMatchObject({ ok: true, outputs: 2 });

  const topic = `run:${runId}`;
  const pieces = await db
    .selectFrom("event")
    .selectAll()
    .where("topic", "=", topic)
    .where("type", "=", "output")
    .orderBy("seq")
    .execute();
  const second = pieces[1]?.seq ?? 0;
  const edits = [
    [
      "text",
      sql`UPDATE event SET data = replace(data::text, 'changed', 'skipped')::json WHERE topic = ${topic} AND seq = ${second}`,
    ],
    ["a piece", sql`DELETE FROM event WHERE topic = ${topic} AND seq = ${second}`],
    ["all", sql`DELETE FROM event WHERE topic = ${topic} AND type = 'output'`],
    // With the digest beside it: the sealed record still has the one that was signed.
    [
      "text and digest",
      sql`WITH changed AS (UPDATE event SET data = replace(data::text, 'done', 'gone')::json WHERE topic = ${topic} RETURNING 1)
        UPDATE attempt SET output_sha256 = ${digestOf("ok: [web1] 🙂\nchanged: [web1]\ngone\n")} WHERE (SELECT count(*) FROM changed) > 0`,
    ],
  ] as const;
  for (const [what, edit] of edits) {
    expect(Number((await edit.execute(db)).numAffectedRows), what).toBeGreaterThan(0);
    expect(await verify(), what).toMatchObject({
      ok: false,
      finding: { kind: "output-differs", message: expect.stringContaining(`of run ${runId} (attempt 1)`) },
    });
    await db.deleteFrom("event").where("topic", "=", topic).where("type", "=", "output").execute();
    for (const piece of pieces)
      await db
        .insertInto("event")
        .values({ ...piece, data: JSON.stringify(piece.data) })
        .execute();
  }
  expect(await verify()).toMatchObject({ ok: true, outputs: 2 });

  // Removed after its time: nobody can say any more.
  const removed = JSON.stringify({ at: "2026-11-22T12:00:00.000Z", reason: "removed", bytes: 1 });
  await sql`UPDATE run SET removed = ${removed}::jsonb WHERE id = ${other}`.execute(db);
  await sql`DELETE FROM event WHERE topic = ${`run:${other}`}`.execute(db);
  expect(await verify()).toMatchObject({ ok: true, outputs: 1 });
});
