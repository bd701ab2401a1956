import { chmod, chown, readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { ChiffonError } from "../../../domain/errors.ts";

/** The user that PostgreSQL runs as when Chiffon itself runs as root, which PostgreSQL refuses to do. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const candidates = ["chiffon", "postgres", "nobody"];

/** Undefined for a normal user: PostgreSQL then runs as that user. */
export async function findOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = pickOwner(await readFile("/etc/passwd", "utf8"));
  if (owner) return owner;
  throw new ChiffonError(
    "missing-tool",
    "PostgreSQL cannot run as root, and this machine has no user for it.",
    {
      hint: 'Make one with "useradd --system chiffon", or start Chiffon as a normal user.',
    },
  );
}

/** The first of chiffon, postgres and nobody that the passwd file knows (initdb fails for a uid without an entry). */
export function pickOwner(passwd: string): Owner | undefined {
  const rows = passwd.split("\n").map((line) => line.split(":"));
  for (const name of candidates) {
    const row = rows.find((fields) => fields[0] === name);
    const uid = Number(row?.[2]);
    const gid = Number(row?.[3]);
    if (row && Number.isInteger(uid) && Number.isInteger(gid) && uid > 0) return { uid, gid };
  }
  return undefined;
}

/** The first folder on the way to `target` (itself included) that the owner may not enter. */
export async function findObstacle(target: string, owner: Owner | undefined): Promise<string | undefined> {
  if (!owner) return undefined;
  const parts = (await realpath(target)).split(path.sep).slice(1);
  let at: string = path.sep;
  for (const part of ["", ...parts]) {
    at = path.join(at, part);
    const { mode, uid, gid } = await stat(at);
    const bit = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return at;
  }
  return undefined;
}

/**
 * Lets the owner pass through a folder of ours by its group alone (0700 root:root becomes 0710 root:postgres): it can
 * neither list nor read what lies there, and nobody else gains anything. A folder whose group has rights stays as it is.
 */
export async function letThrough(dir: string, owner: Owner | undefined): Promise<void> {
  if (!owner) return;
  const { mode, uid, gid } = await stat(dir);
  if (uid !== process.getuid?.() || (mode & 0o001) !== 0 || (mode & 0o060) !== 0) return;
  if ((mode & 0o010) !== 0 && gid !== 0) return; // some other group's, or the owner's already
  await chown(dir, uid, owner.gid);
  await chmod(dir, (mode & 0o7777) | 0o010);
}
