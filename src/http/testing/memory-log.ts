import { createHash, generateKeyPairSync, sign, verify } from "node:crypto";
import type { AuditExportLine, Checkpoint, InclusionProof } from "../../contracts/audit.ts";
import { toHex } from "../../domain/base-encoding.ts";
import { appendLeaves, emptyRange, rangeRoot } from "../../domain/merkle/compact-range.ts";
import { leafHash } from "../../domain/merkle/hashing.ts";
import { inclusionSubtrees, subtreeRoot } from "../../domain/merkle/proof.ts";
import { checkpointText, signNote, verifierLine, type NoteSigner } from "../../domain/signed-note.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const at = "2026-11-22T12:00:00.000Z";

const signer: NoteSigner = {
  name: "chiffon/0000000000000000",
  publicKey: publicKey.export({ format: "der", type: "spki" }).subarray(-32),
  sign: (bytes) => sign(null, bytes, privateKey),
  verify: (bytes, signature) => verify(null, bytes, publicKey, signature),
};

/** A whole little log: records of different kinds of text, and a checkpoint after the second and after the last. */
const bodies = ["one", "two \u00e4\u{1f512}", "three \u202e"].map((data, index) =>
  JSON.stringify({ at, data: { data }, kind: "test.made", v: index }),
);
const leaves = bodies.map((body) => leafHash(sha256, Buffer.from(body)));

function checkpointOf(size: number): Checkpoint {
  const root = rangeRoot(sha256, appendLeaves(sha256, emptyRange, leaves.slice(0, size)));
  const note = signNote(sha256, signer, checkpointText({ origin: signer.name, size, root, at }));
  return { size, root: toHex(root), at, note };
}

export function proveInMemory(index: number, size = 3): InclusionProof {
  const proof = inclusionSubtrees(index, size).map((part) => toHex(subtreeRoot(sha256, leaves, part)));
  const [body = "", leaf = new Uint8Array()] = [bodies[index], leaves[index]];
  return { index, body, leaf: toHex(leaf), proof, checkpoint: checkpointOf(size) };
}

export function exportFromMemory(): AuditExportLine[] {
  const records = bodies.map((body, index): AuditExportLine => ({ type: "record", index, body }));
  const checkpoint = (size: number): AuditExportLine => ({ type: "checkpoint", ...checkpointOf(size) });
  return [
    { type: "log", v: 1, key: verifierLine(sha256, signer), size: 3 },
    ...records.slice(0, 2),
    checkpoint(2),
    ...records.slice(2),
    checkpoint(3),
    { type: "end", records: 3, checkpoints: 2 },
  ];
}
