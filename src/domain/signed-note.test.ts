import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  checkpointText,
  openNote,
  parseCheckpointText,
  parseVerifierLine,
  readCheckpoint,
  signNote,
  verifierLine,
} from "./signed-note.ts";
import type { NoteSigner, NoteVerifier } from "./signed-note.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

function verifierOf(key: { name: string; publicKey: Uint8Array }): NoteVerifier {
  const object = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(key.publicKey).toString("base64url") },
    format: "jwk",
  });
  return { ...key, verify: (bytes, signature) => verify(null, bytes, object, signature) };
}

function newSigner(name: string): NoteSigner {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  return { ...verifierOf({ name, publicKey: raw }), sign: (bytes) => sign(null, bytes, privateKey) };
}

// The example of the Go project's package golang.org/x/mod/sumdb/note, which the C2SP format follows.
const published = {
  key: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  signature:
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
};

test("the published example note opens with the published key, and with no other", () => {
  const key = parseVerifierLine(sha256, published.key);
  if (key === undefined) throw new Error("the published key was refused");
  expect(verifierLine(sha256, key)).toBe(published.key);
  const note = `${published.text}\n${published.signature}`;
  expect(openNote(sha256, verifierOf(key), note)).toBe(published.text);
  expect(openNote(sha256, verifierOf(key), note.replace("problem is", "answer is"))).toBeUndefined();
  expect(openNote(sha256, newSigner("PeterNeumann"), note)).toBeUndefined();
});

test("a key line with a wrong hash, algorithm or length is refused", () => {
  for (const line of [
    published.key.replace("c74f20a3", "c74f20a4"),
    published.key.replace("PeterNeumann", "PeterNewman"),
    published.key.slice(0, -4),
    "",
    "a b+00000000+AAAA",
  ]) {
    expect(parseVerifierLine(sha256, line)).toBeUndefined();
  }
});

test("a checkpoint says origin, size, root and time, and reads back as it was", () => {
  const signer = newSigner("chiffon/test");
  const body = {
    origin: signer.name,
    size: 1042,
    root: sha256(new Uint8Array(1)),
    at: "2026-11-22T15:33:00.000Z",
  };
  const note = signNote(sha256, signer, checkpointText(body));
  expect(note.split("\n").slice(0, 4)).toEqual([
    "chiffon/test",
    "1042",
    "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
    "at 2026-11-22T15:33:00.000Z",
  ]);
  const text = openNote(sha256, signer, note);
  expect(text === undefined ? undefined : parseCheckpointText(text)).toEqual({
    ...body,
    root: new Uint8Array(body.root),
  });
});

test("a checkpoint of another log, with unknown extension lines, can be read", () => {
  const root = Buffer.alloc(32, 7).toString("base64");
  expect(parseCheckpointText(`example.com/log\n5\n${root}\nsomething else\n`)).toMatchObject({
    size: 5,
    at: null,
  });
  for (const text of [
    `example.com/log\n05\n${root}\n`,
    `example.com/log\n5\n${root}`,
    `example.com/log\n5\n${root}\n\n`,
    `example.com/log\n-1\n${root}\n`,
    `example.com/log\n99999999999999999\n${root}\n`,
    `example.com/log\n5\n${root.slice(4)}\n`,
    `\n5\n${root}\n`,
  ]) {
    expect(parseCheckpointText(text)).toBeUndefined();
  }
});

test("a witness's signature below ours changes nothing, a second bad one of ours refuses the note", () => {
  const [ours, witness] = [newSigner("chiffon/test"), newSigner("witness.example")];
  const text = "chiffon/test\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
  const note = signNote(sha256, ours, text);
  const second = signNote(sha256, witness, text).slice(text.length + 1);
  expect(openNote(sha256, ours, note + second)).toBe(text);
  expect(openNote(sha256, witness, note + second)).toBe(text);
  const forged = { ...ours, sign: () => new Uint8Array(64) };
  expect(
    openNote(sha256, ours, note + signNote(sha256, forged, text).slice(text.length + 1)),
  ).toBeUndefined();
});

test("no changed character of a note is accepted as another text", () => {
  const signer = newSigner("chiffon/test");
  const text = checkpointText({
    origin: signer.name,
    size: 7,
    root: new Uint8Array(32),
    at: "2026-11-22T15:33:00.000Z",
  });
  const note = signNote(sha256, signer, text);
  fc.assert(
    fc.property(fc.nat(note.length - 1), fc.constantFrom("\n", " ", "0", "A", "—", "="), (at, character) => {
      const edited = note.slice(0, at) + character + note.slice(at + 1);
      if (edited !== note) expect(openNote(sha256, signer, edited)).toBeUndefined();
    }),
    { numRuns: 400 },
  );
});

test("hostile text in place of a note is refused, not thrown", () => {
  const signer = newSigner("chiffon/test");
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      expect(openNote(sha256, signer, text)).toBeUndefined();
      readCheckpoint(text);
    }),
  );
});
