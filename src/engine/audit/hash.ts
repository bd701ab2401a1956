import { createPublicKey, hash, verify } from "node:crypto";
import type { Sha256Function } from "../../domain/merkle/hashing.ts";
import type { NoteVerifier } from "../../domain/signed-note.ts";

/** SHA-256 for the pure rules, which are given it. By way of a string: half the time of asking for a buffer. */
export const sha256: Sha256Function = (bytes) => Buffer.from(hash("sha256", bytes, "binary"), "binary");

/** A key that checks notes, from its name and its raw 32 bytes (for example of a verifier line). */
export function createVerifier(key: Pick<NoteVerifier, "name" | "publicKey">): NoteVerifier {
  const x = Buffer.from(key.publicKey).toString("base64url");
  const object = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return {
    name: key.name,
    publicKey: key.publicKey,
    verify: (bytes, signature) => signature.length === 64 && verify(null, bytes, object, signature),
  };
}
