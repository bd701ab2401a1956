import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  verify,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import { link, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { ChiffonError } from "../../domain/errors.ts";
import { verifierLine } from "../../domain/signed-note.ts";
import type { NoteSigner } from "../../domain/signed-note.ts";

/** An Ed25519 key that signs checkpoints. */
export interface SigningKey extends NoteSigner {
  /** `chiffon/<instance>`: the instance is named by the first 16 hex digits of its key's SHA-256. */
  readonly keyName: string;
  /** The public half as one line for others (`name+hash+base64`), as in the `.pub` file. */
  readonly verifierLine: string;
}

/**
 * Opens the Ed25519 key in a file (PKCS #8 PEM, mode 0600), making it at the first start, with its public half in `<file>.pub`.
 * Throws when the file is readable by others or holds no such key; an existing key is never replaced.
 */
export async function openSigningKey(file: string): Promise<SigningKey> {
  const pem = (await readKey(file)) ?? (await createKey(file));
  const privateKey = parseKey(pem, file);
  const publicObject = createPublicKey(privateKey);
  const publicKey = new Uint8Array(Buffer.from(publicObject.export({ format: "jwk" }).x ?? "", "base64url"));
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
  const keyName = `chiffon/${Buffer.from(sha256(publicKey)).toString("hex").slice(0, 16)}`;
  const line = verifierLine(sha256, { name: keyName, publicKey });
  const known = await readFile(`${file}.pub`, "utf8").catch(() => undefined);
  if (known !== `${line}\n`) await writeNew(`${file}.pub`, `${line}\n`, { mode: 0o644, replace: true });
  return {
    name: keyName,
    keyName,
    publicKey,
    verifierLine: line,
    sign: (bytes) => sign(null, bytes, privateKey),
    verify: (bytes, signature) => signature.length === 64 && verify(null, bytes, publicObject, signature),
  };
}

async function readKey(file: string): Promise<string | undefined> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if ((found.mode & 0o077) !== 0) {
    throw new ChiffonError(
      "setup-needed",
      `The signing key ${file} can be read by other users of this machine.`,
      {
        hint: `Run: chmod 600 ${file}. If others may have read it, checkpoints signed from now on prove less.`,
      },
    );
  }
  return readFile(file, "utf8");
}

async function createKey(file: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  await writeNew(file, pem, { mode: 0o600, replace: false });
  // Another process may have been first: its key counts.
  return readFile(file, "utf8");
}

/** Writes the whole file or nothing, durably; without `replace` a file that is there stays. */
async function writeNew(
  file: string,
  text: string,
  options: { mode: number; replace: boolean },
): Promise<void> {
  const part = `${file}.${randomUUID()}.part`;
  try {
    const handle = await open(part, "wx", options.mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (options.replace) await rename(part, file);
    else await link(part, file).catch(ignoreExisting);
  } finally {
    await rm(part, { force: true });
  }
  const folder = await open(path.dirname(file), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

function parseKey(pem: string, file: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Said below, without what the file holds.
  }
  if (key?.asymmetricKeyType === "ed25519") return key;
  throw new ChiffonError("setup-needed", `The signing key ${file} is not an Ed25519 key.`, {
    hint: "Put back the file from a backup. A new key starts a log that old checkpoints do not vouch for.",
  });
}
