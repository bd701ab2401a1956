import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { z } from "zod";

/** The secret half of an agent's identity, as it lies in a file of the agent (0600). */
export const AgentKeyFile = z.object({ signing: z.string().max(500), sealing: z.string().max(500) });
export type AgentKeyFile = z.infer<typeof AgentKeyFile>;

/** The keys of an agent: one signs what it says, one opens what is sealed to it. */
export interface AgentKeys {
  /** Ed25519 and X25519 public keys, raw, base64. */
  readonly signingKey: string;
  readonly sealingKey: string;
  /** Ed25519, base64. */
  sign(bytes: Uint8Array): string;
  /** Opens what was sealed to these keys in this context; undefined when it was not, or was changed. */
  open(sealed: string, context: string): string | undefined;
  readonly file: AgentKeyFile;
}

/** New keys of an agent; they are made on its own machine and never leave it. */
export function createAgentKeys(): AgentKeys {
  const pem = (key: KeyObject) => key.export({ format: "pem", type: "pkcs8" }).toString();
  return openAgentKeys({
    signing: pem(generateKeyPairSync("ed25519").privateKey),
    sealing: pem(generateKeyPairSync("x25519").privateKey),
  });
}

/** @throws when the file holds other keys than Ed25519 and X25519 */
export function openAgentKeys(file: AgentKeyFile): AgentKeys {
  const signing = privateKeyOf(file.signing, "ed25519");
  const sealing = privateKeyOf(file.sealing, "x25519");
  return {
    file,
    signingKey: rawKey(signing),
    sealingKey: rawKey(sealing),
    sign: (bytes) => sign(null, bytes, signing).toString("base64"),
    open: (sealed, context) => openSealed(sealing, sealed, context),
  };
}

/** `SHA256:…` of a raw public key, as ssh writes it. */
export function fingerprintOf(publicKey: string): string {
  const digest = createHash("sha256").update(Buffer.from(publicKey, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

/** Whether the owner of this raw Ed25519 key signed these bytes. Also false for what is no key and no signature. */
export function verifiesWith(publicKey: string, bytes: Uint8Array, signature: string): boolean {
  const raw = Buffer.from(signature, "base64");
  // Node passes over what is no base64: the same signature could be written in many ways.
  if (raw.length !== 64 || raw.toString("base64") !== signature) return false;
  const key = publicKeyOf(publicKey, "Ed25519");
  return key !== undefined && verify(null, bytes, key, raw);
}

/**
 * Seals a text to a raw X25519 key: an ephemeral key agreement (HKDF-SHA256), AES-256-GCM. It opens in the same context only.
 * Base64 of the ephemeral public key (32 bytes), the sealed text and its tag (16).
 */
export function sealTo(recipient: string, text: string, context: string): string {
  const publicKey = publicKeyOf(recipient, "X25519");
  if (publicKey === undefined) throw new TypeError("no X25519 key");
  const ephemeral = generateKeyPairSync("x25519");
  const ephemeralRaw = Buffer.from(rawKey(ephemeral.privateKey), "base64");
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey });
  const { key, nonce } = derive(shared, Buffer.concat([ephemeralRaw, Buffer.from(recipient, "base64")]));
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(context));
  return Buffer.concat([
    ephemeralRaw,
    cipher.update(text, "utf8"),
    cipher.final(),
    cipher.getAuthTag(),
  ]).toString("base64");
}

const tagLength = 16;

function openSealed(privateKey: KeyObject, sealed: string, context: string): string | undefined {
  const bytes = Buffer.from(sealed, "base64");
  if (bytes.length < 32 + tagLength) return undefined;
  const ephemeralRaw = bytes.subarray(0, 32);
  const publicKey = publicKeyOf(ephemeralRaw.toString("base64"), "X25519");
  if (publicKey === undefined) return undefined;
  try {
    const shared = diffieHellman({ privateKey, publicKey });
    const recipient = Buffer.from(rawKey(privateKey), "base64");
    const { key, nonce } = derive(shared, Buffer.concat([ephemeralRaw, recipient]));
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagLength });
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-tagLength));
    const opened = Buffer.concat([decipher.update(bytes.subarray(32, -tagLength)), decipher.final()]);
    return opened.toString("utf8");
  } catch {
    return undefined;
  }
}

/** The key is used for one text only, so the nonce may follow from it. */
function derive(shared: Buffer, salt: Buffer): { key: Buffer; nonce: Buffer } {
  const bytes = Buffer.from(hkdfSync("sha256", shared, salt, "chiffon sealed to an agent", 44));
  return { key: bytes.subarray(0, 32), nonce: bytes.subarray(32) };
}

function privateKeyOf(pem: string, type: "ed25519" | "x25519"): KeyObject {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== type) throw new TypeError(`no ${type} key`);
  return key;
}

function rawKey(privateKey: KeyObject): string {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  return Buffer.from(x ?? "", "base64url").toString("base64");
}

function publicKeyOf(raw: string, crv: "Ed25519" | "X25519"): KeyObject | undefined {
  try {
    const x = Buffer.from(raw, "base64").toString("base64url");
    return createPublicKey({ key: { kty: "OKP", crv, x }, format: "jwk" });
  } catch {
    return undefined;
  }
}
