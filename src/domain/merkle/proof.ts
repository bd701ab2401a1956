import { appendLeaves, emptyRange, rangeRoot } from "./compact-range.ts";
import { hashLength, nodeHash, sameBytes } from "./hashing.ts";
import type { Sha256Function } from "./hashing.ts";

/** The subtree over the leaves `start` (included) to `end` (excluded); its hash is one element of a proof. */
export interface Subtree {
  readonly start: number;
  readonly end: number;
}

/**
 * The subtrees whose roots prove that leaf `index` is in the tree of `size` leaves, in the order of the proof
 * (PATH of RFC 6962 section 2.1.1). Whoever stores hashes looks them up by these.
 */
export function inclusionSubtrees(index: number, size: number): Subtree[] {
  if (!isCount(size) || !isCount(index) || index >= size) {
    throw new RangeError(`No leaf ${index} in a tree of ${size} leaves.`);
  }
  const path: Subtree[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      path.push({ start: middle, end });
      end = middle;
    } else {
      path.push({ start, end: middle });
      start = middle;
    }
  }
  return path.reverse();
}

/**
 * The subtrees whose roots prove that the tree of `size` leaves begins with the tree of `from` leaves, in the order of
 * the proof (PROOF of RFC 6962 section 2.1.2). Empty when they are equal or `from` is 0.
 */
export function consistencySubtrees(from: number, size: number): Subtree[] {
  if (!isCount(size) || !isCount(from) || from > size) {
    throw new RangeError(`A tree of ${size} leaves cannot begin with one of ${from}.`);
  }
  if (from === 0 || from === size) return [];
  const path: Subtree[] = [];
  let start = 0;
  let end = size;
  while (end !== from) {
    const middle = start + splitPoint(end - start);
    if (from <= middle) {
      path.push({ start: middle, end });
      end = middle;
    } else {
      path.push({ start, end: middle });
      start = middle;
    }
  }
  // When the old tree is itself a complete left subtree, the verifier has its root already.
  if (start > 0) path.push({ start, end });
  return path.reverse();
}

/** Root of one subtree, from the leaf hashes of the whole log. */
export function subtreeRoot(
  sha256: Sha256Function,
  leaves: readonly Uint8Array[],
  { start, end }: Subtree,
): Uint8Array {
  return rangeRoot(sha256, appendLeaves(sha256, emptyRange, leaves.slice(start, end)));
}

/** What is claimed about one leaf. */
export interface Inclusion {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** True when the proof shows that the leaf has this index in the tree with this root (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(sha256: Sha256Function, claim: Inclusion): boolean {
  const { index, size, proof, root } = claim;
  if (!isCount(size) || !isCount(index) || index >= size || !areHashes(claim.leaf, root, ...proof))
    return false;
  let first = index;
  let last = size - 1;
  let hash = claim.leaf;
  for (const element of proof) {
    if (last === 0) return false;
    if (isOdd(first) || first === last) {
      hash = nodeHash(sha256, element, hash);
      while (!isOdd(first) && first !== 0) [first, last] = [half(first), half(last)];
    } else {
      hash = nodeHash(sha256, hash, element);
    }
    [first, last] = [half(first), half(last)];
  }
  return last === 0 && sameBytes(hash, root);
}

/** What is claimed about two states of a log. */
export interface Consistency {
  readonly from: number;
  readonly fromRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** True when the proof shows that the log only grew between the two states (RFC 9162 section 2.1.4.2). */
export function verifyConsistency(sha256: Sha256Function, claim: Consistency): boolean {
  const { from, fromRoot, size, root } = claim;
  if (!isCount(from) || !isCount(size) || from > size || !areHashes(fromRoot, root, ...claim.proof))
    return false;
  if (from === size) return claim.proof.length === 0 && sameBytes(fromRoot, root);
  // Every log begins with the empty one; its root must still be the right one.
  if (from === 0) return claim.proof.length === 0 && sameBytes(fromRoot, sha256(new Uint8Array(0)));
  const proof = isPowerOfTwo(from) ? [fromRoot, ...claim.proof] : claim.proof;
  const [seed, ...rest] = proof;
  if (seed === undefined) return false;
  let first = from - 1;
  let last = size - 1;
  while (isOdd(first)) [first, last] = [half(first), half(last)];
  let [oldHash, newHash] = [seed, seed];
  for (const element of rest) {
    if (last === 0) return false;
    if (isOdd(first) || first === last) {
      oldHash = nodeHash(sha256, element, oldHash);
      newHash = nodeHash(sha256, element, newHash);
      while (!isOdd(first) && first !== 0) [first, last] = [half(first), half(last)];
    } else {
      newHash = nodeHash(sha256, newHash, element);
    }
    [first, last] = [half(first), half(last)];
  }
  return last === 0 && sameBytes(oldHash, fromRoot) && sameBytes(newHash, root);
}

/** The largest power of two below `count` (count > 1). */
function splitPoint(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

// Bit operators would cut numbers to 32 bits.
function half(value: number): number {
  return Math.floor(value / 2);
}

function isOdd(value: number): boolean {
  return value % 2 === 1;
}

function isPowerOfTwo(value: number): boolean {
  let rest = value;
  while (rest > 1 && rest % 2 === 0) rest /= 2;
  return rest === 1;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(...hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === hashLength);
}
