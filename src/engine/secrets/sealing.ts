import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import { ChiffonError } from "../../domain/errors.ts";

/** 32 random bytes. A key object, because that does not show its bytes when it is logged by mistake. */
export type SecretKey = KeyObject;

export interface SealedValue {
  readonly key_id: string;
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
  readonly digest: string;
}

/** Seals and opens values with keys derived from the key file: one for encryption, one for digests, one that only names it. */
export interface Sealing {
  readonly keyId: string;
  seal(place: SecretPlace, value: string): SealedValue;
  open(place: SecretPlace, row: Omit<SealedValue, "digest">): string;
  /** HMAC-SHA256 of a value, hexadecimal. */
  digest(value: string): string;
}

/** What a sealed value is bound to: rows that are swapped or rolled back do not open. */
export interface SecretPlace {
  readonly name: string;
  readonly version: number;
}

const tagLength = 16;

export function createSealing(key: SecretKey): Sealing {
  if (key.symmetricKeySize !== 32) throw new RangeError("the secret key must have 32 bytes");
  const encryptionKey = derive(key, "chiffon secrets: encryption");
  const digestKey = derive(key, "chiffon secrets: digest");
  const keyId = derive(key, "chiffon secrets: key id").subarray(0, 8).toString("hex");
  const digest = (value: string) => createHmac("sha256", digestKey).update(value).digest("hex");
  return {
    keyId,
    digest,
    seal(place, value) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", encryptionKey, nonce).setAAD(bind(place));
      const sealed = Buffer.concat([cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return { key_id: keyId, nonce, sealed, digest: digest(value) };
    },
    open(place, row) {
      if (row.key_id !== keyId) throw wrongKey(place.name);
      const decipher = createDecipheriv("aes-256-gcm", encryptionKey, row.nonce, {
        authTagLength: tagLength,
      });
      decipher.setAAD(bind(place)).setAuthTag(row.sealed.subarray(-tagLength));
      try {
        const opened = Buffer.concat([decipher.update(row.sealed.subarray(0, -tagLength)), decipher.final()]);
        return opened.toString("utf8");
      } catch (cause) {
        throw new ChiffonError(
          "internal",
          `The stored secret ${place.name} was changed outside of Chiffon and does not open.`,
          {
            hint: `Set it anew with: chiffon secret set ${place.name}`,
            cause,
          },
        );
      }
    },
  };
}

function derive(key: SecretKey, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key, "", purpose, 32));
}

function bind({ name, version }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify(["chiffon.secret.v1", name, version]));
}

function wrongKey(name: string): ChiffonError {
  return new ChiffonError(
    "setup-needed",
    `The secret ${name} was sealed with another key file than keys/secret.key.`,
    {
      hint: `Put back the key file that belongs to this database, or set the value anew with: chiffon secret set ${name}`,
    },
  );
}
