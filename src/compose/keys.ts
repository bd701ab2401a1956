import { createHmac, type KeyObject } from "node:crypto";
import path from "node:path";
import { verifiesWith } from "../adapters/keys/agent-keys.ts";
import { openSigningKey, type SigningKey } from "../adapters/keys/signing-key.ts";
import { openSecretKey } from "../adapters/secret-key/secret-key.ts";
import { checkKeys } from "../engine/replicas/replica.ts";
import type { Database } from "../engine/schema.ts";
import type { EmbeddedOptions } from "./embedded.ts";

/** The key by which agents know this server. */
export interface ServerKey {
  /** Ed25519, raw, base64. */
  readonly publicKey: string;
  /** Gives base64. */
  sign(bytes: Uint8Array): string;
  verify(bytes: Uint8Array, signature: string): boolean;
}

export interface ServerKeys {
  readonly serverKey: ServerKey;
  readonly auditKey: SigningKey;
  readonly secretKey: KeyObject;
}

/** Opens the keys in the shared folder, making those that are missing. @throws ChiffonError `setup-needed` for keys of another database */
export async function openServerKeys(
  { sharedDir, databaseUrl }: Pick<EmbeddedOptions, "sharedDir" | "databaseUrl">,
  db: Database,
): Promise<ServerKeys> {
  const folder = path.join(sharedDir, "keys");
  const auditKey = await openSigningKey(path.join(folder, "audit.key"));
  const serverKey = await openServerKey(path.join(folder, "server.key"));
  const secretKey = await openSecretKey({ dataDir: sharedDir });
  const keys = {
    server_key: serverKey.publicKey,
    audit_key: auditKey.verifierLine,
    secret_check: createHmac("sha256", secretKey).update("chiffon installation").digest("base64"),
  };
  await checkKeys(db, keys, { isSole: databaseUrl === undefined, folder });
  return { serverKey, auditKey, secretKey };
}

async function openServerKey(file: string): Promise<ServerKey> {
  const key = await openSigningKey(file);
  const publicKey = Buffer.from(key.publicKey).toString("base64");
  return {
    publicKey,
    sign: (bytes) => Buffer.from(key.sign(bytes)).toString("base64"),
    verify: (bytes, signature) => verifiesWith(publicKey, bytes, signature),
  };
}
