/** SHA-256 of the bytes, 32 bytes long. Passed in, because rules do no IO and know no platform. */
export type Sha256Function = (bytes: Uint8Array) => Uint8Array;

/** Length of every hash in the tree, in bytes. */
export const hashLength = 32;

/** Hash of a record's bytes as a leaf of the tree: SHA-256(0x00 || bytes), RFC 6962 section 2.1. */
export function leafHash(sha256: Sha256Function, bytes: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + bytes.length);
  input.set(bytes, 1);
  return sha256(input);
}

/** Hash of two subtrees: SHA-256(0x01 || left || right), RFC 6962 section 2.1. */
export function nodeHash(sha256: Sha256Function, left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + left.length + right.length);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 1 + left.length);
  return sha256(input);
}

/** Root of the tree without leaves: the hash of nothing. */
export function emptyRoot(sha256: Sha256Function): Uint8Array {
  return sha256(new Uint8Array(0));
}

/** True when both hold the same bytes. Hashes of the log are public: this need not take constant time. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
