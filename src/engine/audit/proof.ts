import type { InclusionProof } from "../../contracts/audit.ts";
import { fromHex, toHex } from "../../domain/base-encoding.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { appendLeaves, emptyRange, rangeRoot } from "../../domain/merkle/compact-range.ts";
import { leafHash } from "../../domain/merkle/hashing.ts";
import { inclusionSubtrees, verifyInclusion, type Subtree } from "../../domain/merkle/proof.ts";
import type { Database } from "../schema.ts";
import { findCheckpoint, findNewestCheckpoint, listLeaves, type CheckpointRow } from "./log-sql.ts";
import { findSealed } from "./export-sql.ts";
import { sha256 } from "./hash.ts";

/** Leaf hashes that are in memory at once. */
const leavesPerPage = 4_000;

/**
 * Proves that a record is in the log of a checkpoint, as RFC 6962 does: with the hashes beside its way to the root.
 * @param given.size of the checkpoint; the newest when missing
 * @throws ChiffonError `not-found` when there is no such checkpoint or record, `hash-mismatch` when the log does not lead to its root
 */
export async function proveRecord(
  db: Database,
  given: { index: number; size?: number | undefined },
): Promise<InclusionProof> {
  const { index } = given;
  const checkpoint = await checkpointOf(db, given.size);
  const sealed = index < checkpoint.size ? await findSealed(db, index) : undefined;
  if (sealed === undefined)
    throw new ChiffonError(
      "not-found",
      `there is no record ${index} in the log of ${checkpoint.size} ${checkpoint.size === 1 ? "record" : "records"}`,
      { hint: `records are counted from 0: this one ends with ${checkpoint.size - 1}` },
    );
  const proof: Uint8Array[] = [];
  for (const part of inclusionSubtrees(index, checkpoint.size)) proof.push(await rootOf(db, part));
  const leaf = leafHash(sha256, Buffer.from(sealed.body, "utf8"));
  if (!verifyInclusion(sha256, { leaf, index, size: checkpoint.size, proof, root: checkpoint.root }))
    throw new ChiffonError("hash-mismatch", `record ${index} does not lead to the root of its checkpoint`, {
      hint: "the log was changed: chiffon audit verify says where",
    });
  return {
    index,
    body: sealed.body,
    leaf: toHex(leaf),
    proof: proof.map(toHex),
    checkpoint: {
      size: checkpoint.size,
      root: toHex(checkpoint.root),
      at: checkpoint.at.toISOString(),
      note: checkpoint.note,
    },
  };
}

async function checkpointOf(db: Database, size: number | undefined): Promise<CheckpointRow> {
  const found = size === undefined ? await findNewestCheckpoint(db) : await findCheckpoint(db, size);
  if (found !== undefined) return found;
  const newest = await findNewestCheckpoint(db);
  throw new ChiffonError(
    "not-found",
    size === undefined ? "there is no checkpoint yet" : `there is no checkpoint of ${size} records`,
    {
      hint:
        newest === undefined
          ? "nothing was recorded yet: ask again after the first record, about a second later"
          : `the newest one has ${newest.size}; an export of the log has them all`,
    },
  );
}

async function rootOf(db: Database, { start, end }: Subtree): Promise<Uint8Array> {
  let range = emptyRange;
  for (let at = start; at < end; at += leavesPerPage) {
    const leaves = await listLeaves(db, at, Math.min(end, at + leavesPerPage));
    range = appendLeaves(
      sha256,
      range,
      leaves.map((leaf) => fromHex(leaf) ?? new Uint8Array()),
    );
  }
  return rangeRoot(sha256, range);
}
