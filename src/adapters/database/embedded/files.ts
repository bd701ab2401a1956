import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { randomBytes } from "node:crypto";
import path from "node:path";
import type { Owner } from "./owner.ts";

/** Makes the names in a folder (a rename, say) survive a power cut. */
export async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } catch {
    // Some file systems cannot sync a folder; there is nothing better to do on them.
  } finally {
    await handle.close();
  }
}

/** Writes a file so that it is there whole or not at all, also after a power cut. */
export async function writeWhole(file: string, text: string, owner?: Owner): Promise<void> {
  const part = `${file}.${randomBytes(6).toString("hex")}.part`;
  const handle = await open(part, "wx", 0o600);
  try {
    try {
      await handle.writeFile(text);
      if (owner) await handle.chown(owner.uid, owner.gid);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** The content without the last line break; undefined when there is no such file. */
export async function findText(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, "utf8")).trimEnd();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Gives a folder and all that lies in it to another user. Links are changed themselves, never what they point to. */
export async function giveTo(dir: string, owner: Owner): Promise<void> {
  for (const name of await readdir(dir, { recursive: true }))
    await lchown(path.join(dir, name), owner.uid, owner.gid);
  await lchown(dir, owner.uid, owner.gid);
}

export interface CopyOptions {
  /** Called with the path relative to the source; false leaves the entry out. */
  readonly wanted?: (relative: string) => boolean;
  /** Survive a power cut: every file and folder is synced. */
  readonly durable?: boolean;
  /** Mode of the copies; as in the source when absent. */
  readonly mode?: (mode: number) => number;
  /** Keep the source's owner (needs root when that is another user). */
  readonly keepOwner?: boolean;
}

/**
 * Copies a folder while others may write in it: files that vanish are left out, a file that shrinks or grows is copied
 * to where its end is when it is reached (fs.copyFile trusts the size of the beginning).
 */
export async function copyTree(from: string, to: string, options: CopyOptions = {}): Promise<void> {
  const copyEntry = async (relative: string): Promise<void> => {
    const source = path.join(from, relative);
    const target = path.join(to, relative);
    const status = await lstat(source).catch(() => undefined);
    if (!status) return;
    if (status.isDirectory()) {
      await mkdir(target, { mode: 0o700 });
      const names = await readdir(source);
      const inside = names.map((name) => path.join(relative, name));
      await inEights(
        inside.filter((name) => options.wanted?.(name) ?? true),
        copyEntry,
      );
      if (options.durable) await syncFolder(target);
    } else if (status.isSymbolicLink()) {
      await symlink(await readlink(source), target);
      return;
    } else if (!status.isFile() || !(await copyBytes(source, target, options.durable ?? false))) {
      return;
    }
    if (options.keepOwner) await chown(target, status.uid, status.gid);
    await chmod(target, options.mode?.(status.mode & 0o7777) ?? status.mode & 0o7777);
  };
  await copyEntry("");
}

async function copyBytes(source: string, target: string, durable: boolean): Promise<boolean> {
  const input = await open(source, "r").catch(() => undefined);
  if (!input) return false;
  try {
    const output = await open(target, "wx", 0o600);
    try {
      const buffer = Buffer.allocUnsafe(128 * 1024);
      for (;;) {
        const { bytesRead } = await input.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) break;
        await output.writeFile(buffer.subarray(0, bytesRead));
      }
      if (durable) await output.sync();
    } finally {
      await output.close();
    }
  } finally {
    await input.close();
  }
  return true;
}

async function inEights(names: string[], work: (name: string) => Promise<void>): Promise<void> {
  const queue = [...names];
  const worker = async (): Promise<void> => {
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) await work(name);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
