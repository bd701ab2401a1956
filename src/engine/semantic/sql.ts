import { endianness } from "node:os";
import type { Database, Tx } from "../schema.ts";

export interface StoredVector {
  readonly unitId: string;
  readonly textSha256: string;
  readonly vector: Float32Array;
}

export async function listVectors(db: Database, embedder: string): Promise<StoredVector[]> {
  const rows = await db
    .selectFrom("unit_embedding")
    .selectAll()
    .where("embedder", "=", embedder)
    .orderBy("unit_id")
    .execute();
  return rows.map((row) => ({
    unitId: row.unit_id,
    textSha256: row.text_sha256,
    vector: toVector(row.vector),
  }));
}

export async function storeVectors(
  db: Database,
  embedder: string,
  made: { vectors: readonly StoredVector[]; at: Date },
): Promise<void> {
  const rows = made.vectors.map(({ unitId, textSha256, vector }) => ({
    embedder,
    unit_id: unitId,
    text_sha256: textSha256,
    dimension: vector.length,
    vector: toBytes(vector),
    made_at: made.at,
  }));
  await db
    .insertInto("unit_embedding")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(["embedder", "unit_id"]).doUpdateSet((eb) => ({
        text_sha256: eb.ref("excluded.text_sha256"),
        dimension: eb.ref("excluded.dimension"),
        vector: eb.ref("excluded.vector"),
        made_at: eb.ref("excluded.made_at"),
      })),
    )
    .execute();
}

/** All vectors of a model: what it gives now has another length. */
export async function deleteVectors(db: Database, embedder: string): Promise<void> {
  await db.deleteFrom("unit_embedding").where("embedder", "=", embedder).execute();
}

export async function insertPair(
  tx: Tx,
  pair: { requestId: string; step: number; embedder: string; similarity: number; chosen: boolean; at: Date },
): Promise<void> {
  const { requestId, ...rest } = pair;
  await tx
    .insertInto("semantic_pair")
    .values({ request_id: requestId, ...rest })
    .onConflict((conflict) => conflict.columns(["request_id", "step"]).doNothing())
    .execute();
}

/** How many choices people have confirmed with this model, and in how many its nearest unit was the right one. */
export async function countPairs(db: Database, embedder: string): Promise<{ pairs: number; right: number }> {
  const row = await db
    .selectFrom("semantic_pair")
    .select((eb) => [
      eb.fn.countAll<string>().as("pairs"),
      eb.fn.countAll<string>().filterWhere("chosen", "=", true).as("right"),
    ])
    .where("embedder", "=", embedder)
    .executeTakeFirstOrThrow();
  return { pairs: Number(row.pairs), right: Number(row.right) };
}

function toBytes(vector: Float32Array): Buffer {
  const bytes = Buffer.from(vector.slice().buffer);
  return endianness() === "LE" ? bytes : bytes.swap32();
}

function toVector(bytes: Buffer): Float32Array {
  // A copy of its own: the driver's buffer need not begin at a multiple of four.
  const own = Buffer.from(new Uint8Array(bytes));
  if (endianness() !== "LE") own.swap32();
  return new Float32Array(own.buffer, own.byteOffset, own.length / 4).slice();
}
