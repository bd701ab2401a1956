import { createSecretKey, randomBytes, type KeyObject } from "node:crypto";
import { constants } from "node:fs";
import { chmod, link, mkdir, open, unlink } from "node:fs/promises";
import path from "node:path";
import { ChiffonError } from "../../domain/errors.ts";

/** One line, so that the file can be copied by hand; the number is the version of this format. */
const filePattern = /^chiffon-secret-key-1:([A-Za-z0-9+/]{43}=)\n?$/;
const largestFile = 1024;

/** Where the key lies. Its folder is left out of backups: a backup without it holds no readable secret. */
export function secretKeyPath(dataDir: string): string {
  return path.join(dataDir, "keys", "secret.key");
}

/**
 * The key that seals the stored secrets, 32 bytes; made at the first start, readable by its owner only. A file that others can
 * read, or that somebody else owns, is refused: what it protected must then count as known.
 */
export async function openSecretKey(options: { dataDir: string }): Promise<KeyObject> {
  const file = secretKeyPath(options.dataDir);
  return (await findKey(file)) ?? (await createKey(file));
}

async function findKey(file: string): Promise<KeyObject | undefined> {
  let handle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw refuse(`The key file ${file} cannot be read (${code ?? "unknown reason"}).`, {
      hint:
        code === "ELOOP"
          ? "It must be a file, not a link."
          : "Run Chiffon as the user that owns the data directory.",
      cause,
    });
  }
  await using opened = handle;
  const status = await opened.stat();
  if (!status.isFile() || status.size > largestFile) throw notAKey(file);
  if ((status.mode & 0o077) !== 0) {
    throw refuse(`The key file ${file} can be read by other users of this machine.`, {
      hint: `If nobody else could have read it: chmod 600 ${file}. Otherwise change every secret that it protects, too.`,
    });
  }
  const user = process.geteuid?.();
  if (user !== undefined && status.uid !== user) {
    throw refuse(`The key file ${file} belongs to another user (uid ${status.uid}, this is uid ${user}).`, {
      hint: "Run Chiffon as the user that owns the data directory, or give the directory to this user.",
    });
  }
  const base64 = filePattern.exec(await opened.readFile("utf8"))?.[1];
  if (base64 === undefined) throw notAKey(file);
  return createSecretKey(base64, "base64");
}

/** Written beside, then linked into place: a half-written key never has its name, and of two first starts one wins. */
async function createKey(file: string): Promise<KeyObject> {
  const folder = path.dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const part = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await writeDurably(part, `chiffon-secret-key-1:${randomBytes(32).toString("base64")}\n`);
    await link(part, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    await syncFolder(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ChiffonError(
      code === "ENOSPC" ? "disk-full" : "setup-needed",
      `The key file ${file} cannot be made (${code}).`,
      {
        hint: "Give Chiffon a data directory on a disk that has room and that it may write.",
        cause,
      },
    );
  } finally {
    await unlink(part).catch(() => undefined);
  }
  const made = await findKey(file);
  if (made === undefined) throw notAKey(file);
  return made;
}

async function writeDurably(file: string, text: string): Promise<void> {
  await using handle = await open(file, "wx", 0o600);
  await handle.chmod(0o600); // whatever the umask
  await handle.writeFile(text);
  await handle.sync();
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, constants.O_RDONLY);
  await handle.sync();
}

function notAKey(file: string): ChiffonError {
  return refuse(`${file} is not a key file of Chiffon, or is damaged.`, {
    hint: "Put back the right file. Without it the stored secrets cannot be read: move it away and set them anew.",
  });
}

function refuse(message: string, options: { hint: string; cause?: unknown }): ChiffonError {
  return new ChiffonError("setup-needed", message, options);
}
