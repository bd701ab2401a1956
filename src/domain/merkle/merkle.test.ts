import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { appendLeaves, decodeRange, emptyRange, encodeRange, rangeRoot } from "./compact-range.ts";
import { leafHash } from "./hashing.ts";
import {
  consistencySubtrees,
  inclusionSubtrees,
  subtreeRoot,
  verifyConsistency,
  verifyInclusion,
} from "./proof.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

// The reference data of the Certificate Transparency project for RFC 6962.
const inputs = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const leaves = inputs.map((input) => leafHash(sha256, Buffer.from(input, "hex")));
const roots = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const rootOf = (list: readonly Uint8Array[]): Uint8Array =>
  rangeRoot(sha256, appendLeaves(sha256, emptyRange, list));
const inclusionProof = (list: readonly Uint8Array[], index: number): Uint8Array[] =>
  inclusionSubtrees(index, list.length).map((part) => subtreeRoot(sha256, list, part));
const consistencyProof = (list: readonly Uint8Array[], from: number): Uint8Array[] =>
  consistencySubtrees(from, list.length).map((part) => subtreeRoot(sha256, list, part));

test.each(roots.map((root, size) => ({ root, size })))(
  "the root of the reference tree of $size leaves is the published one",
  ({ root, size }) => {
    expect(hex(rootOf(leaves.slice(0, size)))).toBe(root);
  },
);

test.each([
  [
    0,
    8,
    [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  ],
  [
    5,
    8,
    [
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]],
])(
  "the inclusion proof of leaf %d in the reference tree of %d is the published one",
  (index, size, proof) => {
    const part = leaves.slice(0, size);
    expect(inclusionProof(part, index).map(hex)).toEqual(proof);
  },
);

test.each([
  [1, 1, []],
  [
    1,
    8,
    [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  ],
  [
    6,
    8,
    [
      "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [
    2,
    5,
    [
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  ],
])(
  "the consistency proof from %d to %d leaves of the reference tree is the published one",
  (from, size, proof) => {
    expect(consistencyProof(leaves.slice(0, size), from).map(hex)).toEqual(proof);
  },
);

test("every proof of every tree up to 40 leaves holds, and no proof holds for another place", () => {
  const many = Array.from({ length: 40 }, (_, i) => leafHash(sha256, Buffer.from(`leaf ${i}`)));
  for (let size = 1; size <= many.length; size++) {
    const part = many.slice(0, size);
    const root = rootOf(part);
    for (const [index, leaf] of part.entries()) {
      const proof = inclusionProof(part, index);
      expect(verifyInclusion(sha256, { leaf, index, size, proof, root })).toBe(true);
      expect(verifyInclusion(sha256, { leaf, index: index + 1, size, proof, root })).toBe(false);
    }
    for (let from = 0; from <= size; from++) {
      const claim = {
        from,
        fromRoot: rootOf(part.slice(0, from)),
        size,
        root,
        proof: consistencyProof(part, from),
      };
      expect(verifyConsistency(sha256, claim)).toBe(true);
    }
  }
});

test("a proof with any byte, element or root changed is refused", () => {
  const many = Array.from({ length: 100 }, (_, i) => leafHash(sha256, Buffer.from(`leaf ${i}`)));
  const flip = (bytes: Uint8Array, at: number): Uint8Array =>
    bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 100 }), fc.nat(), fc.nat(), fc.nat(31), (size, ...[a, b, at]) => {
      const part = many.slice(0, size);
      const root = rootOf(part);
      const index = a % size;
      const leaf = part[index] ?? root;
      const proof = inclusionProof(part, index);
      const edit = b % proof.length;
      const claim = { leaf, index, size, proof, root };
      expect(verifyInclusion(sha256, { ...claim, root: flip(root, at) })).toBe(false);
      expect(verifyInclusion(sha256, { ...claim, leaf: flip(leaf, at) })).toBe(false);
      expect(verifyInclusion(sha256, { ...claim, proof: proof.toSpliced(edit, 1) })).toBe(false);
      expect(verifyInclusion(sha256, { ...claim, proof: [...proof, root] })).toBe(false);
      const edited = proof.map((hash, i) => (i === edit ? flip(hash, at) : hash));
      expect(verifyInclusion(sha256, { ...claim, proof: edited })).toBe(false);
      const from = 1 + (a % (size - 1));
      const growth = {
        from,
        fromRoot: rootOf(part.slice(0, from)),
        size,
        root,
        proof: consistencyProof(part, from),
      };
      expect(verifyConsistency(sha256, growth)).toBe(true);
      expect(verifyConsistency(sha256, { ...growth, fromRoot: flip(growth.fromRoot, at) })).toBe(false);
      expect(verifyConsistency(sha256, { ...growth, root: flip(root, at) })).toBe(false);
      expect(verifyConsistency(sha256, { ...growth, proof: [...growth.proof, root] })).toBe(false);
      expect(verifyConsistency(sha256, { ...growth, proof: growth.proof.slice(1) })).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("a range can be cut anywhere, stored, read back and continued", () => {
  const many = Array.from({ length: 300 }, (_, i) => leafHash(sha256, Buffer.from(`leaf ${i}`)));
  fc.assert(
    fc.property(fc.nat(300), (cut) => {
      const first = appendLeaves(sha256, emptyRange, many.slice(0, cut));
      const back = decodeRange(first.size, encodeRange(first));
      expect(hex(rangeRoot(sha256, appendLeaves(sha256, back, many.slice(cut))))).toBe(hex(rootOf(many)));
    }),
    { numRuns: 50 },
  );
  expect(() => decodeRange(3, new Uint8Array(32))).toThrow(RangeError);
});
