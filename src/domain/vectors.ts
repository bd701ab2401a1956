/** Vectors of one length under each other in one block, each of length 1: an inner product is their cosine. */
export interface VectorIndex {
  readonly count: number;
  readonly dimension: number;
  /** `count * dimension` numbers, row after row. */
  readonly values: Float32Array;
}

/** A row of an index, and how near it is: -1 to 1. */
export interface Near {
  readonly row: number;
  readonly similarity: number;
}

/** The vector with length 1; one of length 0 stays as it is. */
export function normalise(vector: Float32Array): Float32Array {
  let square = 0;
  for (const value of vector) square += value * value;
  const length = Math.sqrt(square);
  return length === 0 ? vector.slice() : vector.map((value) => value / length);
}

/** @throws RangeError when the vectors have different lengths */
export function buildIndex(vectors: readonly Float32Array[]): VectorIndex {
  const dimension = vectors[0]?.length ?? 0;
  const values = new Float32Array(vectors.length * dimension);
  for (const [row, vector] of vectors.entries()) {
    if (vector.length !== dimension)
      throw new RangeError(`vector ${row} has ${vector.length} numbers, not ${dimension}`);
    values.set(normalise(vector), row * dimension);
  }
  return { count: vectors.length, dimension, values };
}

/**
 * The `most` nearest rows by inner product, best first, equal ones in the order of their rows. Exact: every row is looked at,
 * as FAISS's IndexFlatIP does.
 * @throws RangeError when the query has another length than the rows
 */
export function searchIndex(index: VectorIndex, query: Float32Array, most: number): Near[] {
  const { count, dimension, values } = index;
  if (count === 0) return [];
  if (query.length !== dimension)
    throw new RangeError(`the query has ${query.length} numbers, not ${dimension}`);
  const unit = normalise(query);
  const found: Near[] = [];
  for (let row = 0; row < count; row += 1) {
    const similarity = innerProduct(values, row * dimension, unit);
    const last = found.at(-1);
    if (found.length >= most && last !== undefined && similarity <= last.similarity) continue;
    found.splice(placeOf(found, similarity), 0, { row, similarity });
    if (found.length > most) found.pop();
  }
  return found;
}

function innerProduct(values: Float32Array, from: number, unit: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < unit.length; at += 1) sum += (values[from + at] ?? 0) * (unit[at] ?? 0);
  return sum;
}

/** Behind all that are as near or nearer. */
function placeOf(found: readonly Near[], similarity: number): number {
  let low = 0;
  let high = found.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((found[middle]?.similarity ?? -1) >= similarity) low = middle + 1;
    else high = middle;
  }
  return low;
}
