import { createHash, createPublicKey, verify } from "node:crypto";
import { AuditExportLine, type InclusionProof } from "../contracts/audit.ts";
import { fromHex, toHex } from "../domain/base-encoding.ts";
import { appendLeaves, emptyRange, rangeRoot } from "../domain/merkle/compact-range.ts";
import { leafHash } from "../domain/merkle/hashing.ts";
import { verifyInclusion } from "../domain/merkle/proof.ts";
import {
  openNote,
  parseCheckpointText,
  parseVerifierLine,
  readCheckpoint,
  type NoteVerifier,
} from "../domain/signed-note.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const leafOf = (body: string): Uint8Array => leafHash(sha256, Buffer.from(body, "utf8"));

/** What a whole export says. */
export interface CheckedExport {
  readonly records: number;
  readonly checkpoints: number;
  readonly root: string;
  /** The key that signed every checkpoint, as one line. */
  readonly key: string;
}

/** Checks an export line by line, with nothing but its own text: every record, every checkpoint and every signature. */
export interface ExportCheck {
  /** Undefined while all is well, else what is wrong, for a person. */
  push(line: string): string | undefined;
  /** After the last line. */
  end(): CheckedExport | { readonly problem: string };
}

export function createExportCheck(): ExportCheck {
  let key: { line: string; verifier: NoteVerifier } | undefined;
  let range = emptyRange;
  let checkpoints = 0;
  let sealed = 0;
  let ended = false;
  const take = (line: AuditExportLine): string | undefined => {
    if (ended) return "there is something after its last line";
    if ((key === undefined) !== (line.type === "log")) return "it does not begin with what it is";
    switch (line.type) {
      case "log": {
        const verifier = verifierOf(line.key);
        if (verifier === undefined) return "the key in its first line is none";
        key = { line: line.key, verifier };
        return undefined;
      }
      case "record":
        if (line.index !== range.size) return `record ${range.size} is missing`;
        range = appendLeaves(sha256, range, [leafOf(line.body)]);
        return undefined;
      case "lost":
        return `record ${line.index} was sealed and is gone`;
      case "checkpoint": {
        checkpoints += 1;
        sealed = line.size;
        const text = key === undefined ? undefined : openNote(sha256, key.verifier, line.note);
        const said = text === undefined ? undefined : parseCheckpointText(text);
        if (said === undefined) return `the checkpoint of ${line.size} records has no good signature`;
        const root = toHex(rangeRoot(sha256, range));
        return said.size === range.size && toHex(said.root) === root && line.root === root
          ? undefined
          : `the records up to ${range.size} do not lead to the root of their checkpoint`;
      }
      case "end":
        ended = true;
        if (line.records !== range.size || line.checkpoints !== checkpoints) return "parts of it are missing";
        return sealed === range.size ? undefined : "its last records are in no checkpoint";
    }
  };
  return {
    push: (text) => {
      const line = parse(text);
      return line === undefined ? "one of its lines is none of an export" : take(line);
    },
    end: () =>
      ended && key !== undefined
        ? { records: range.size, checkpoints, root: toHex(rangeRoot(sha256, range)), key: key.line }
        : { problem: "it is cut off: its last line is missing" },
  };
}

function parse(text: string): AuditExportLine | undefined {
  try {
    return AuditExportLine.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function verifierOf(line: string): NoteVerifier | undefined {
  const key = parseVerifierLine(sha256, line);
  if (key === undefined) return undefined;
  // RFC 8410: an Ed25519 key as a SubjectPublicKeyInfo.
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key.publicKey]);
  const publicKey = createPublicKey({ key: der, format: "der", type: "spki" });
  return { ...key, verify: (bytes, signature) => verify(null, bytes, publicKey, signature) };
}

/** Whether the proof leads from the record's text to the root, and whether that root is the one of the signed text. */
export function checkProof({ index, body, leaf, proof, checkpoint }: InclusionProof): boolean {
  const said = readCheckpoint(checkpoint.note);
  if (said === undefined || said.size !== checkpoint.size || toHex(said.root) !== checkpoint.root)
    return false;
  const path = proof.map((hash) => fromHex(hash) ?? new Uint8Array());
  const claim = { leaf: leafOf(body), index, size: said.size, proof: path, root: said.root };
  return toHex(claim.leaf) === leaf && verifyInclusion(sha256, claim);
}
