import type { AuditExportLine } from "../../contracts/audit.ts";
import type { Database } from "../schema.ts";
import { listSealed } from "./export-sql.ts";
import { findNewestCheckpoint, listCheckpoints, type CheckpointRow } from "./log-sql.ts";

/** Records that are in memory at once: of the largest ones 50 MB, of usual ones 200 KB. */
const recordsPerPage = 200;

/**
 * The whole log up to its newest checkpoint, a line each: what it is, then the records in order, each checkpoint right after the
 * records that it seals, and a last line, without which the file is not whole. Whatever is recorded meanwhile is not in it.
 * @param key the key of the checkpoints as one line, so that the file can be checked by itself
 */
export async function* exportLog(db: Database, key: string): AsyncGenerator<AuditExportLine> {
  const newest = await findNewestCheckpoint(db);
  const size = newest?.size ?? 0;
  yield { type: "log", v: 1, key, size };
  let checkpoints = 0;
  for (let from = 0; from < size; from += recordsPerPage) {
    const to = Math.min(size, from + recordsPerPage);
    const records = await listSealed(db, { from, to });
    const sealing = await listCheckpoints(db, { after: from, limit: to - from });
    const sealed = new Map(sealing.map((checkpoint) => [checkpoint.size, checkpoint]));
    for (const { index, body, leaf } of records) {
      yield body === null ? { type: "lost", index, leaf } : { type: "record", index, body };
      const checkpoint = sealed.get(index + 1);
      if (checkpoint === undefined) continue;
      checkpoints += 1;
      yield { type: "checkpoint", ...shown(checkpoint) };
    }
  }
  yield { type: "end", records: size, checkpoints };
}

function shown({ size, root, at, note }: CheckpointRow) {
  return { size, root: Buffer.from(root).toString("hex"), at: at.toISOString(), note };
}
