import { fromBase64, toBase64, toHex } from "./base-encoding.ts";
import { hashLength } from "./merkle/hashing.ts";
import type { Sha256Function } from "./merkle/hashing.ts";

/*
 * Signed notes and checkpoints as the transparency-log community writes them (C2SP signed-note and tlog-checkpoint), so
 * that tools and witnesses made by others can read ours:
 *
 *   chiffon/3f…                                  origin = name of the key
 *   1042                                         records in the log
 *   base64 of the root
 *   at 2026-11-22T15:33:00.000Z                  extension line: when it was made, signed with the rest
 *
 *   — chiffon/3f… base64(key id, 4 bytes || Ed25519 signature)
 */

/** An Ed25519 key's public half under its name. */
export interface NoteVerifier {
  /** No spaces, no `+`. Also the origin of the log. */
  readonly name: string;
  /** The raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly verify: (bytes: Uint8Array, signature: Uint8Array) => boolean;
}

/** A key that can sign notes. */
export interface NoteSigner extends NoteVerifier {
  /** Ed25519 signature of the bytes, 64 bytes. */
  readonly sign: (bytes: Uint8Array) => Uint8Array;
}

/** Size and root of the log at an instant, as a checkpoint states them. */
export interface CheckpointBody {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** RFC 3339 in UTC with milliseconds; null in checkpoints of others. */
  readonly at: string | null;
}

/** Ed25519 in the registry of signed-note algorithms. */
const ed25519 = 1;
/** A note is a few hundred bytes; a megabyte leaves room for many witnesses. */
const maxNoteLength = 1_000_000;

const encoder = new TextEncoder();

/** The four bytes that tell keys of the same name apart: SHA-256(name, newline, algorithm, key), shortened. */
export function keyId(sha256: Sha256Function, key: Pick<NoteVerifier, "name" | "publicKey">): Uint8Array {
  const name = encoder.encode(key.name);
  const input = new Uint8Array(name.length + 2 + key.publicKey.length);
  input.set(name);
  input[name.length] = 10;
  input[name.length + 1] = ed25519;
  input.set(key.publicKey, name.length + 2);
  return sha256(input).slice(0, 4);
}

/** The key as one line that can be handed on: `name+hash+base64(algorithm || key)`. */
export function verifierLine(sha256: Sha256Function, key: Pick<NoteVerifier, "name" | "publicKey">): string {
  const bytes = new Uint8Array(1 + key.publicKey.length);
  bytes[0] = ed25519;
  bytes.set(key.publicKey, 1);
  return `${key.name}+${toHex(keyId(sha256, key))}+${toBase64(bytes)}`;
}

/** Reads a verifier line; undefined when it is malformed, of another algorithm, or its hash does not fit. */
export function parseVerifierLine(
  sha256: Sha256Function,
  line: string,
): Pick<NoteVerifier, "name" | "publicKey"> | undefined {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(line.trim());
  const [, name, id, encoded] = match ?? [];
  if (name === undefined || encoded === undefined) return undefined;
  const bytes = fromBase64(encoded);
  if (bytes === undefined || bytes.length !== 33 || bytes[0] !== ed25519) return undefined;
  const key = { name, publicKey: bytes.slice(1) };
  return toHex(keyId(sha256, key)) === id ? key : undefined;
}

/** Signs a text (which must end with a newline) and returns the note. */
export function signNote(sha256: Sha256Function, signer: NoteSigner, text: string): string {
  if (!text.endsWith("\n") || !text.isWellFormed())
    throw new TypeError("A note's text must end with a newline.");
  if (!/^[^\s+]+$/.test(signer.name)) throw new TypeError("A key's name has no spaces and no plus sign.");
  const signature = signer.sign(encoder.encode(text));
  const bytes = new Uint8Array(4 + signature.length);
  bytes.set(keyId(sha256, signer));
  bytes.set(signature, 4);
  return `${text}\n— ${signer.name} ${toBase64(bytes)}\n`;
}

/**
 * The text of a note that carries a good signature of this key; undefined when it has none or a bad one. Signatures of
 * other keys (witnesses) are passed over.
 */
export function openNote(sha256: Sha256Function, verifier: NoteVerifier, note: string): string | undefined {
  const parts = splitNote(note);
  if (parts === undefined) return undefined;
  const id = keyId(sha256, verifier);
  const bytes = encoder.encode(parts.text);
  let found = false;
  for (const line of parts.signatures) {
    if (line.name !== verifier.name || !id.every((byte, i) => line.bytes[i] === byte)) continue;
    if (!verifier.verify(bytes, line.bytes.subarray(4))) return undefined;
    found = true;
  }
  return found ? parts.text : undefined;
}

/** The text of a checkpoint, to be signed. */
export function checkpointText(body: CheckpointBody & { at: string }): string {
  return `${body.origin}\n${body.size}\n${toBase64(body.root)}\nat ${body.at}\n`;
}

/** Reads the text of a checkpoint (a note without its signatures); undefined when it is none. */
export function parseCheckpointText(text: string): CheckpointBody | undefined {
  const [origin, size, encoded, ...extensions] = text.split("\n");
  if (origin === undefined || origin === "" || size === undefined || encoded === undefined) return undefined;
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) return undefined;
  // The text ends with a newline: the last part is empty, and no other may be.
  if (extensions.pop() !== "" || extensions.includes("")) return undefined;
  const root = fromBase64(encoded);
  if (root === undefined || root.length !== hashLength) return undefined;
  const at = extensions
    .map((line) => /^at (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/.exec(line)?.[1])
    .find(Boolean);
  return { origin, size: Number(size), root, at: at ?? null };
}

/** Reads the checkpoint inside a note without looking at signatures: for showing, never for trusting. */
export function readCheckpoint(note: string): CheckpointBody | undefined {
  const parts = splitNote(note);
  return parts === undefined ? undefined : parseCheckpointText(parts.text);
}

function splitNote(
  note: string,
): { text: string; signatures: { name: string; bytes: Uint8Array }[] } | undefined {
  const border = note.lastIndexOf("\n\n");
  if (note.length > maxNoteLength || border < 0 || !note.endsWith("\n") || !note.isWellFormed())
    return undefined;
  const text = note.slice(0, border + 1);
  const lines = note.slice(border + 2, -1).split("\n");
  const signatures: { name: string; bytes: Uint8Array }[] = [];
  for (const line of lines) {
    const [, name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
    const bytes = encoded === undefined ? undefined : fromBase64(encoded);
    if (name === undefined || bytes === undefined || bytes.length < 5) return undefined;
    signatures.push({ name, bytes });
  }
  return { text, signatures };
}
