import { emptyRoot, hashLength, nodeHash } from "./hashing.ts";
import type { Sha256Function } from "./hashing.ts";

/**
 * All that is needed to append to a tree and to know its root: the roots of the perfect subtrees that cover it, the
 * largest (leftmost) first; one for each 1 bit of `size`.
 */
export interface CompactRange {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

export const emptyRange: CompactRange = { size: 0, hashes: [] };

/** The range after these leaf hashes; the given range stays as it was. */
export function appendLeaves(
  sha256: Sha256Function,
  range: CompactRange,
  leaves: Iterable<Uint8Array>,
): CompactRange {
  const hashes = [...range.hashes];
  let size = range.size;
  for (const leaf of leaves) {
    let hash = leaf;
    // Each 1 bit at the low end is a perfect subtree that the new leaf completes to one of twice its size.
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = hashes.pop();
      if (left === undefined) throw new RangeError("The compact range has too few hashes for its size.");
      hash = nodeHash(sha256, left, hash);
    }
    hashes.push(hash);
    size += 1;
  }
  return { size, hashes };
}

/** Root of the tree (the Merkle Tree Hash of RFC 6962 section 2.1). */
export function rangeRoot(sha256: Sha256Function, range: CompactRange): Uint8Array {
  let root: Uint8Array | undefined;
  for (const hash of range.hashes.toReversed()) {
    root = root === undefined ? hash : nodeHash(sha256, hash, root);
  }
  return root ?? emptyRoot(sha256);
}

/** The hashes one after the other, for storing. */
export function encodeRange(range: CompactRange): Uint8Array {
  const bytes = new Uint8Array(range.hashes.length * hashLength);
  for (const [i, hash] of range.hashes.entries()) bytes.set(hash, i * hashLength);
  return bytes;
}

/** Reads what `encodeRange` wrote; throws a RangeError when the number of hashes cannot belong to the size. */
export function decodeRange(size: number, bytes: Uint8Array): CompactRange {
  if (!Number.isSafeInteger(size) || size < 0 || bytes.length !== countOnes(size) * hashLength) {
    throw new RangeError(`A tree of ${size} leaves cannot have ${bytes.length} bytes of subtree hashes.`);
  }
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += hashLength) hashes.push(bytes.slice(at, at + hashLength));
  return { size, hashes };
}

function countOnes(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
