import fc from "fast-check";
import { expect, test } from "vitest";
import { buildIndex, normalise, searchIndex, type Near } from "./vectors.ts";

/** Numbers that are the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Written down a second time as plainly as can be: all products, sorted, equal ones by row. */
function searchNaively(vectors: readonly Float32Array[], query: Float32Array, most: number): Near[] {
  const unit = normalise(query);
  return vectors
    .map((vector, row) => {
      const of = normalise(vector);
      return { row, similarity: of.reduce((sum, value, at) => sum + value * (unit[at] ?? 0), 0) };
    })
    .toSorted((a, b) => b.similarity - a.similarity || a.row - b.row)
    .slice(0, most);
}

test("of 10,000 random vectors the nearest are those of an exhaustive search, with equal ones by row", () => {
  const random = createRandom(7);
  const dimension = 96;
  const vectors = Array.from({ length: 10_000 }, () => Float32Array.from({ length: dimension }, random));
  // Ties: the same vector in many rows, also stretched, which changes no direction.
  const twin = vectors[17] ?? new Float32Array(dimension);
  for (const row of [3, 4_000, 4_001, 9_999]) vectors[row] = twin.slice();
  vectors[5_000] = twin.map((value) => value * 2);
  const index = buildIndex(vectors);
  for (const query of [
    twin,
    ...Array.from({ length: 20 }, () => Float32Array.from({ length: dimension }, random)),
  ])
    for (const most of [1, 5, 50])
      expect(searchIndex(index, query, most)).toEqual(searchNaively(vectors, query, most));
  expect(searchIndex(index, twin, 6).map((near) => near.row)).toEqual([3, 17, 4_000, 4_001, 5_000, 9_999]);
});

test("small numbers with many ties give the same as an exhaustive search", () => {
  const small = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(small, { minLength: 1, maxLength: 30 }), small, fc.nat(12), (rows, asked, most) => {
      const vectors = rows.map((row) => Float32Array.from(row));
      const query = Float32Array.from(asked);
      expect(searchIndex(buildIndex(vectors), query, most + 1)).toEqual(
        searchNaively(vectors, query, most + 1),
      );
    }),
  );
});

test("vectors of two lengths are never compared", () => {
  expect(() => buildIndex([new Float32Array(3), new Float32Array(4)])).toThrow(RangeError);
  expect(() => searchIndex(buildIndex([new Float32Array(3)]), new Float32Array(4), 1)).toThrow(RangeError);
  expect(searchIndex(buildIndex([]), new Float32Array(4), 1)).toEqual([]);
});
