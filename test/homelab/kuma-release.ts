import { execFile, spawn } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { searchPath } from "./lab.ts";

const execute = promisify(execFile);

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** A git repository with a release of Uptime Kuma, and the registry of its packages, for as long as this lives. */
export interface Release extends AsyncDisposable {
  /** Address of the bare repository. */
  readonly repository: string;
  /** Its only tag. */
  readonly release: string;
  /** Has its packages, and no others: what it does not have is nowhere. */
  readonly registry: string;
  /** How many packages were fetched by npm so far. */
  fetched(): number;
}

/**
 * Makes a release out of a genuine snapshot that was fetched and compiled earlier: its files are committed with a lock and tagged, and a
 * registry on this machine has its packages as they lie there. Nothing is fetched from elsewhere.
 * @param build folder with `node_modules/uptime-kuma` and all that it needs
 */
export async function makeRelease(build: string, dir: string): Promise<Release> {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(await startRegistry(build));
  const release = "2.0.0-from.git";
  const work = path.join(dir, "release");
  const own = path.join(build, "node_modules/uptime-kuma");
  const env = { PATH: searchPath, HOME: dir };
  await mkdir(dir, { recursive: true });
  await cp(own, work, { recursive: true, filter: (from) => from !== path.join(own, "node_modules") });
  // Tools of its authors, which nobody who runs it installs.
  const { devDependencies: _tools, ...manifest } = await readManifest(own);
  // The compiler of the database in the version that lies there: with another one npm would find the lock incomplete.
  const { version } = await readManifest(path.join(build, "node_modules/node-gyp"));
  const overrides = { "@louislam/sqlite3": { "node-gyp": version } };
  await writeFile(path.join(work, "package.json"), JSON.stringify({ ...manifest, overrides }, null, 2));
  const quiet = [
    "--no-audit",
    "--no-fund",
    "--no-progress",
    "--loglevel=error",
    `--registry=${registry.url}`,
  ];
  await execute("npm", ["install", "--package-lock-only", ...quiet], { cwd: work, env });
  const git = async (...args: string[]) =>
    await execute("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", work, ...args], {
      env,
    });
  await git("init", "--quiet", "--initial-branch=master");
  await git("add", "--all", "--force");
  await git("commit", "--quiet", "-m", "A release");
  await git("tag", release);
  const bare = path.join(dir, "release.git");
  await git("clone", "--quiet", "--bare", work, bare);
  const kept = stack.move();
  return {
    repository: `file://${bare}`,
    release,
    registry: registry.url,
    fetched: registry.fetched,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const readManifest = async (folder: string): Promise<Manifest & Record<string, unknown>> =>
  JSON.parse(await readFile(path.join(folder, "package.json"), "utf8")) as Manifest & Record<string, unknown>;

/** A registry of the packages that lie below a folder, in the versions that lie there. */
async function startRegistry(
  build: string,
): Promise<AsyncDisposable & { readonly url: string; fetched(): number }> {
  const lock = JSON.parse(await readFile(path.join(build, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version?: string }>;
  };
  const places = new Map<string, string[]>();
  for (const place of Object.keys(lock.packages)) {
    const name = place.split("node_modules/").at(-1) ?? "";
    if (name !== "") places.set(name, [...(places.get(name) ?? []), place]);
  }
  let fetched = 0;
  const server = createServer((request, answer) => {
    const asked = decodeURIComponent((request.url ?? "").slice(1));
    const [, place] = /^-\/(.+)\.tgz$/.exec(asked) ?? [];
    if (place === undefined) {
      void describe(asked).then(
        (text) => answer.end(text),
        () => answer.writeHead(404).end("{}"),
      );
      return;
    }
    fetched += 1;
    // What a package has inside its own node_modules are packages of their own.
    const folder = path.join(build, place);
    const tar = spawn("tar", [
      "-C",
      folder,
      "-c",
      "--exclude=./node_modules",
      "--transform=s,^\\.,package,",
      ".",
    ]);
    tar.stdout.pipe(answer);
    tar.on("error", () => answer.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  /** What a registry tells of a package. */
  const describe = async (name: string): Promise<string> => {
    const found = await Promise.all(
      (places.get(name) ?? []).map(async (place) => {
        const manifest = await readManifest(path.join(build, place));
        return { ...manifest, dist: { tarball: `${url}/-/${encodeURIComponent(place)}.tgz` } };
      }),
    );
    const [first] = found;
    if (first === undefined) throw new Error(`no ${name} here`);
    const versions = Object.fromEntries(found.map((each) => [each.version, each]));
    return JSON.stringify({ name, "dist-tags": { latest: first.version }, versions });
  };
  return {
    url,
    fetched: () => fetched,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
