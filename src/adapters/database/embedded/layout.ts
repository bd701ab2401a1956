import { createHash, randomBytes } from "node:crypto";
import { chown, mkdir, mkdtemp, readdir, realpath, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { ChiffonError } from "../../../domain/errors.ts";
import { copyTree, findText, giveTo, writeWhole } from "./files.ts";
import { findObstacle, findOwner, letThrough, type Owner } from "./owner.ts";

/** Where a cluster lies: `<home>/<major>/data` is PostgreSQL's own folder, `<home>/<major>/run` holds its socket. */
export interface Layout {
  /** `<dataDir>/pg`: password, location, lock; always ours. */
  readonly pgDir: string;
  /** Parent of the version folders: `pgDir`, or a shared place when PostgreSQL's user cannot reach that. */
  readonly home: string;
  /** Whom PostgreSQL runs as; undefined = as ourselves. */
  readonly owner: Owner | undefined;
  /** Version of the data that is there already. */
  readonly major: number | undefined;
}

const locationName = "location";
const runLocationName = "run-location";
/** A socket's whole address must stay below 104 bytes (macOS; 108 on Linux). */
const longestSocketFolder = 85;

/** The folder below `pgDir` that holds our side of the cluster; made when it is absent. */
export async function preparePgDir(dataDir: string): Promise<string> {
  const pgDir = path.join(dataDir, "pg");
  await mkdir(pgDir, { recursive: true, mode: 0o700 });
  return realpath(pgDir);
}

/**
 * Decides where the cluster lies and whom it belongs to. As root, PostgreSQL runs as another user. That user gets
 * through folders that are ours alone (by its group); when a folder above them stops it (a home of mode 700), the
 * cluster is placed below `sharedDir` and its path is written to `<dataDir>/pg/location`.
 */
export async function prepareLayout(pgDir: string, sharedDir: string): Promise<Layout> {
  const recorded = await findText(path.join(pgDir, locationName));
  const existing = await findCluster(recorded ?? pgDir);
  const owner = existing ? await getOwner(existing) : await findOwner();
  if (recorded !== undefined) {
    if (!existing) throw movedAway(pgDir, recorded);
    return { pgDir, home: recorded, owner, major: existing.major };
  }
  await letThrough(path.dirname(pgDir), owner);
  await letThrough(pgDir, owner);
  if ((await findObstacle(pgDir, owner)) === undefined)
    return { pgDir, home: pgDir, owner, major: existing?.major };
  const home = await makeSharedHome(pgDir, sharedDir, owner);
  // A restored copy, or a data directory that was moved: its cluster moves on to where it can run.
  if (existing)
    await copyTree(existing.versionDir, path.join(home, path.basename(existing.versionDir)), whole);
  await writeWhole(path.join(pgDir, locationName), `${home}\n`);
  if (existing) await rm(existing.versionDir, { recursive: true });
  return { pgDir, home, owner, major: existing?.major };
}

const whole = { keepOwner: true, durable: true, wanted: (name: string): boolean => !name.startsWith("run") };

interface Cluster {
  readonly versionDir: string;
  readonly major: number;
  readonly uid: number;
  readonly gid: number;
}

async function findCluster(home: string): Promise<Cluster | undefined> {
  const names = await readdir(home).catch((): string[] => []);
  const majors = names.filter((name) => /^\d{2}$/.test(name)).map(Number);
  for (const folder of majors.toSorted((a, b) => b - a)) {
    const versionDir = path.join(home, String(folder));
    const data = path.join(versionDir, "data");
    const status = await stat(data).catch(() => undefined);
    if (!status) continue;
    // Only the owner reads the folder; a stranger's folder is reported by its numbers below.
    const version = await findText(path.join(data, "PG_VERSION")).catch(() => String(folder));
    return { versionDir, major: Number(version ?? folder), uid: status.uid, gid: status.gid };
  }
  return undefined;
}

/** Data once written belongs to the user who wrote it: PostgreSQL insists, and `sudo chiffon up` must not change it. */
async function getOwner(cluster: Cluster): Promise<Owner | undefined> {
  const self = process.getuid?.() ?? cluster.uid;
  if (self !== 0 && cluster.uid === self) return undefined;
  if (self === 0 && cluster.uid !== 0) return { uid: cluster.uid, gid: cluster.gid };
  if (self === 0) {
    const owner = await findOwner(); // root's own data: a copy that was put back without its owner
    if (owner) await giveTo(path.join(cluster.versionDir, "data"), owner);
    return owner;
  }
  throw new ChiffonError(
    "not-allowed",
    `The database in ${cluster.versionDir} belongs to user number ${cluster.uid}, but Chiffon runs as number ${self}.`,
    { hint: "Start Chiffon as the user that made the data directory, or with another --data directory." },
  );
}

async function makeSharedHome(pgDir: string, sharedDir: string, owner: Owner | undefined): Promise<string> {
  // Random, so that a data directory made anew at the same path does not meet the old one's data.
  const name = createHash("sha256").update(pgDir).digest("hex").slice(0, 12);
  const clusters = path.join(sharedDir, "clusters");
  const home = path.join(clusters, `${name}-${randomBytes(3).toString("hex")}`);
  for (const dir of [sharedDir, clusters, home]) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await letThrough(dir, owner);
  }
  const obstacle = await findObstacle(home, owner);
  if (obstacle !== undefined) throw unreachable(pgDir, obstacle);
  await writeWhole(path.join(home, "data-directory"), `${path.dirname(pgDir)}\n`);
  return home;
}

function movedAway(pgDir: string, recorded: string): ChiffonError {
  return new ChiffonError(
    "not-found",
    `The database of ${path.dirname(pgDir)} should lie in ${recorded}, but is not there.`,
    {
      hint: `Put that folder back, or, to begin with an empty database, remove ${path.join(pgDir, locationName)}.`,
    },
  );
}

function unreachable(pgDir: string, obstacle: string): ChiffonError {
  return new ChiffonError(
    "not-allowed",
    `PostgreSQL's user may not enter ${obstacle}, so it has no place for the database of ${path.dirname(pgDir)}.`,
    {
      hint: `Run "chmod o+x ${obstacle}", or move the data directory to a place such as /var/lib.`,
    },
  );
}

/** `<home>/<major>`, which the owner may enter and only we may change. */
export async function prepareVersionDir(layout: Layout, major: number): Promise<string> {
  const dir = path.join(layout.home, String(major));
  await mkdir(dir, { mode: 0o700, recursive: true });
  await letThrough(dir, layout.owner);
  return dir;
}

/**
 * An empty folder for the socket that only PostgreSQL's user (and root) can enter. Where the usual path is too long for
 * a socket address, a fresh folder in the system's place for temporary files; its name is kept to remove it next time.
 */
export async function prepareRunDir(layout: Layout, versionDir: string): Promise<string> {
  const record = path.join(layout.pgDir, runLocationName);
  const former = await findText(record);
  if (former !== undefined) await rm(former, { recursive: true, force: true }).catch(() => undefined);
  await rm(record, { force: true });
  const usual = path.join(versionDir, "run");
  await rm(usual, { recursive: true, force: true });
  let run = usual;
  if (Buffer.byteLength(usual) > longestSocketFolder) {
    const base = Buffer.byteLength(os.tmpdir()) > longestSocketFolder - 20 ? "/tmp" : os.tmpdir();
    run = await mkdtemp(path.join(base, "chiffon-"));
    await writeWhole(record, `${run}\n`);
  } else {
    await mkdir(run, { mode: 0o700 });
  }
  if (layout.owner) await chown(run, layout.owner.uid, layout.owner.gid);
  return run;
}

/** Removes the socket folder after the server's end. */
export async function removeRunDir(layout: Layout, run: string): Promise<void> {
  await rm(run, { recursive: true, force: true }).catch(() => undefined);
  await rm(path.join(layout.pgDir, runLocationName), { force: true }).catch(() => undefined);
}
