import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { objectReader } from "./object-reader.ts";
import { gitFailed, runGit } from "./run-git.ts";
import type { GitOptions } from "./run-git.ts";

const branch = "refs/heads/main";
/** Commits of this process between two packings; each makes some ten loose objects. */
const commitsPerPacking = 500;
/** No git command of ours takes that long with a lock in hand: an older lock belongs to a process that was killed. */
const staleLockMs = 2_000;
/** Left-overs that no running command of ours can still need. */
const staleFileMs = 3_600_000;

/** Author and committer of every commit: the same commit must come out wherever it is made. */
export interface Identity {
  readonly name: string;
  readonly email: string;
}

export interface Commit {
  readonly at: Date;
  readonly message: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

export interface Repository {
  /** Id of the newest commit; undefined while there is none. */
  findHead(): Promise<string | undefined>;
  /** Text of a file in a commit; undefined when it has none at that path. */
  findFile(commit: string, file: string): Promise<string | undefined>;
  /** Every file of a commit with its text, in git's order of paths. */
  listFiles(commit: string): AsyncIterable<{ path: string; text: string }>;
  /**
   * Adds commits after `parent` and returns the newest one's id. Each keeps the files of the one before and adds or replaces
   * its own. Refused when the newest commit is not `parent`. All or nothing, also when killed in the middle.
   */
  append(parent: string | undefined, commits: readonly Commit[], signal?: AbortSignal): Promise<string>;
}

export interface RepositoryOptions {
  /** Folder of the bare repository; made when it is not there. */
  readonly dir: string;
  readonly identity: Identity;
  /** PATH for finding git. */
  readonly searchPath?: string;
}

/**
 * Opens Chiffon's own repository: bare, one branch, written only through git's plumbing by one process at a time. No index
 * and no work tree exist that a killed command could leave locked.
 */
export async function openRepository(options: RepositoryOptions): Promise<Repository> {
  const git: GitOptions = {
    gitDir: options.dir,
    ...(options.searchPath === undefined ? {} : { searchPath: options.searchPath }),
  };
  await createRepository(git);
  let unpacked = commitsPerPacking;

  async function findHead(): Promise<string | undefined> {
    // The branch is a file of its own unless somebody packed it, and reading that file costs no process.
    const loose = await readFile(path.join(options.dir, branch), "utf8").catch(() => "");
    if (/^[0-9a-f]{40}\n$/.test(loose)) return loose.trim();
    const result = await runGit(git, ["rev-parse", "--verify", "--quiet", `${branch}^{commit}`]);
    if (result.code === 0) return result.stdout.toString("utf8").trim();
    if (result.stderr === "") return undefined;
    throw gitFailed("read the record's newest commit", result);
  }

  async function append(
    parent: string | undefined,
    commits: readonly Commit[],
    signal?: AbortSignal,
  ): Promise<string> {
    await removeLeftOvers(options.dir);
    const args = ["fast-import", "--quiet", "--done", "--date-format=raw"];
    const run = { ...git, ...(signal === undefined ? {} : { signal }) };
    const result = await runGit(run, args, importStream(parent, commits, options.identity));
    if (result.code !== 0) throw gitFailed("add to the record", result);
    const head = await findHead();
    if (head === undefined)
      throw gitFailed("add to the record", { code: 0, stderr: "the commit is not there" });
    unpacked += commits.length;
    if (unpacked >= commitsPerPacking) {
      unpacked = 0;
      await pack(git);
    }
    return head;
  }

  return {
    findHead,
    append,
    async findFile(commit, file) {
      await using reader = objectReader(git);
      return (await reader.read(`${commit}:${file}`))?.toString("utf8");
    },
    async *listFiles(commit) {
      const list = await runGit(git, ["ls-tree", "-r", "-z", commit]);
      if (list.code !== 0) throw gitFailed("list the record's files", list);
      await using reader = objectReader(git);
      for (const line of list.stdout.toString("utf8").split("\0")) {
        const [, id, file] = /^\d+ \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
        if (id === undefined || file === undefined) continue;
        const text = await reader.read(id);
        if (text === undefined) throw gitFailed("read the record", { code: 0, stderr: `${file} is missing` });
        yield { path: file, text: text.toString("utf8") };
      }
    },
  };
}

async function createRepository(git: GitOptions): Promise<void> {
  await mkdir(git.gitDir, { recursive: true, mode: 0o700 });
  await removeLeftOvers(git.gitDir);
  // On a repository that is there, or half made by a killed process, this completes what is missing and changes nothing.
  const args = ["init", "--quiet", "--bare", "--template=", "--initial-branch=main", "--object-format=sha1"];
  const result = await runGit(git, args);
  if (result.code !== 0) throw gitFailed("make the repository for the record", result);
}

/**
 * The commits in git's import language. One process reads only the folders that are touched, writes blobs, trees and commits,
 * and moves the branch at the end, if the stream is complete and the branch stands where it should.
 */
function* importStream(
  parent: string | undefined,
  commits: readonly Commit[],
  { name, email }: Identity,
): Generator<Buffer> {
  for (const [i, commit] of commits.entries()) {
    const who = `${name} <${email}> ${Math.floor(commit.at.getTime() / 1000)} +0000`;
    let head = `commit ${branch}\nauthor ${who}\ncommitter ${who}\n${data(commit.message)}`;
    if (i === 0 && parent !== undefined) head += `from ${parent}\n`;
    yield Buffer.from(head, "utf8");
    for (const file of commit.files) {
      yield Buffer.from(`M 100644 inline ${checkedPath(file.path)}\n${data(file.text)}`, "utf8");
    }
    yield Buffer.from("\n", "utf8");
  }
  yield Buffer.from("done\n", "utf8");
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text, "utf8")}\n${text}\n`;
}

/** Paths are ours; one that the import language or git would read differently is a mistake in Chiffon. */
function checkedPath(file: string): string {
  if (!/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(file) || /(^|\/)(\.|\.\.|\.git)(\/|$)/i.test(file)) {
    throw new TypeError(`not a path for the record: ${JSON.stringify(file)}`);
  }
  return file;
}

/** Many small objects become few packs; a kill leaves a temporary file, never a lock. */
async function pack(git: GitOptions): Promise<void> {
  const grown = await runGit(git, ["repack", "--geometric=2", "-d", "-q", "-l"]);
  // Older than git 2.32.
  if (grown.code !== 0) await runGit(git, ["repack", "-d", "-q", "-l"]);
}

/** One process writes here: a lock that it did not just make was left by one that was killed. */
async function removeLeftOvers(dir: string): Promise<void> {
  const places = [
    { at: "refs/heads", name: /\.lock$/, age: staleLockMs },
    { at: ".", name: /^(HEAD|packed-refs|config|shallow)\.lock$/, age: staleLockMs },
    { at: ".", name: /^fast_import_crash_\d+$/, age: 0 },
    { at: "objects/pack", name: /^(\.tmp-|tmp_)/, age: staleFileMs },
  ];
  for (const { at, name, age } of places) {
    const folder = path.join(dir, at);
    for (const entry of await readdir(folder).catch(() => [])) {
      const file = path.join(folder, entry);
      if (name.test(entry) && (await ageOf(file)) >= age) await rm(file, { force: true });
    }
  }
}

async function ageOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found === undefined ? -1 : Date.now() - found.mtimeMs;
}
