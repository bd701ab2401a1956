import { unusable } from "./post-json.ts";

const maxDimension = 16_384;

/** Checks what a model server gave: as many vectors as texts, all of one length, finite and not all zero. */
export function toVectors(rows: readonly (readonly number[])[], count: number): Float32Array[] {
  if (rows.length !== count) throw unusable(`it gave ${rows.length} vectors for ${count} texts`);
  const dimension = rows[0]?.length ?? 0;
  if (count > 0 && (dimension === 0 || dimension > maxDimension))
    throw unusable(`its vectors have ${dimension} numbers`);
  return rows.map((row) => {
    if (row.length !== dimension) throw unusable("its vectors have different lengths");
    const vector = Float32Array.from(row);
    if (!vector.every(Number.isFinite)) throw unusable("a vector has something that is no number");
    if (vector.every((value) => value === 0)) throw unusable("a vector is all zero");
    return vector;
  });
}
