import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { lstat, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { ChiffonError } from "../../domain/errors.ts";

/** What is to be cloned; the address was checked before. */
export interface CloneWish {
  readonly url: string;
  /** The only protocol that git may use, also when the other side or a setting sends it elsewhere. */
  readonly protocol: "https" | "ssh" | "file";
  /** Branch or tag; null for the default one. */
  readonly branch: string | null;
  /** Folder to make; must not be there. Removed again when this fails. */
  readonly into: string;
}

export interface CloneOptions {
  /** PATH for git, ssh and credential helpers. */
  readonly searchPath: string;
  /** Whose git settings and keys count: helpers for passwords are found there. */
  readonly home: string;
  readonly sshAuthSock?: string;
  /** Milliseconds; default two minutes. */
  readonly timeLimit?: number;
  /** Bytes on disk, history included; default 500 MB. */
  readonly sizeLimit?: number;
  readonly signal: AbortSignal;
}

const defaultTimeLimit = 120_000;
const defaultSizeLimit = 500_000_000;
/** Milliseconds between two looks at how much has come. */
const sizeEvery = 500;
const maxErrorText = 8_000;

/** Settings that win over those of the person and of the machine: nothing of the repository runs, nobody is asked. */
const settings = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "submodule.recurse=false",
  "credential.interactive=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "advice.detachedHead=false",
  // Also a git whose server was killed must end at some time.
  "http.lowSpeedLimit=1000",
  "http.lowSpeedTime=30",
].flatMap((setting) => ["-c", setting]);

/** `-F` is not given: hosts, keys and jump hosts of the person's own ssh settings are what reaches a private server. */
const sshCommand = [
  "ssh",
  "-o BatchMode=yes",
  "-o ConnectTimeout=20",
  "-o ForwardAgent=no",
  "-o ClearAllForwardings=yes",
  "-o PermitLocalCommand=no",
  "-o ServerAliveInterval=15",
  "-o ServerAliveCountMax=2",
].join(" ");

/**
 * Clones the newest commit of one branch, without submodules, hooks and questions, within limits of time and size. Gives the
 * commit. Throws an error in words and leaves nothing behind.
 */
export async function cloneRepository(wish: CloneWish, options: CloneOptions): Promise<{ commit: string }> {
  const { timeLimit = defaultTimeLimit, sizeLimit = defaultSizeLimit } = options;
  const limits = { time: AbortSignal.timeout(timeLimit), size: new AbortController() };
  const signal = AbortSignal.any([options.signal, limits.time, limits.size.signal]);
  const watch = watchSize(wish.into, sizeLimit, limits.size);
  try {
    const { code, stderr } = await runClone(wish, options, signal);
    if (limits.size.signal.aborted || (await sizeOf(wish.into)) > sizeLimit)
      throw tooLarge(wish.url, sizeLimit);
    if (limits.time.aborted && code !== 0) throw tooSlow(wish.url, timeLimit);
    options.signal.throwIfAborted();
    if (code !== 0) throw explainGit(wish, stderr);
    return { commit: await readCommit(wish) };
  } catch (error) {
    await rm(wish.into, { recursive: true, force: true, maxRetries: 5 });
    throw error;
  } finally {
    clearInterval(watch);
  }
}

function runClone(
  wish: CloneWish,
  options: CloneOptions,
  signal: AbortSignal,
): Promise<{ code: number; stderr: string }> {
  const branch = wish.branch === null ? [] : ["--branch", wish.branch];
  const child = spawn(
    "git",
    [
      ...settings,
      "clone",
      // When the server is killed nobody reads any more, and git ends at its next word.
      "--progress",
      "--depth=1",
      "--single-branch",
      "--no-tags",
      "--no-recurse-submodules",
      "--template=",
      ...branch,
      "--",
      wish.url,
      wish.into,
    ],
    { cwd: "/", env: environmentFor(wish, options), stdio: ["ignore", "ignore", "pipe"], detached: true },
  );
  return awaitClone(child, signal);
}

function environmentFor(wish: CloneWish, options: CloneOptions): Record<string, string> {
  return {
    PATH: options.searchPath,
    HOME: options.home,
    LC_ALL: "C",
    TZ: "UTC",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    SSH_ASKPASS: "",
    GIT_ALLOW_PROTOCOL: wish.protocol,
    GIT_SSH_COMMAND: sshCommand,
    GIT_SSH_VARIANT: "ssh",
    GIT_LFS_SKIP_SMUDGE: "1",
    GIT_OPTIONAL_LOCKS: "0",
    ...(options.sshAuthSock === undefined ? {} : { SSH_AUTH_SOCK: options.sshAuthSock }),
  };
}

/** Ends when git has ended; on abort its whole group is killed, because git's helpers do not end with it. */
function awaitClone(child: ChildProcess, signal: AbortSignal): Promise<{ code: number; stderr: string }> {
  let stderr = "";
  child.stderr?.setEncoding("utf8");
  child.stderr?.on("data", (text: string) => {
    stderr = (stderr + text).slice(-maxErrorText);
  });
  return new Promise((resolve, reject) => {
    const kill = (): void => {
      if (child.pid === undefined || child.exitCode !== null) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has just ended.
      }
    };
    signal.addEventListener("abort", kill, { once: true });
    if (signal.aborted) kill();
    child.on("error", (error: NodeJS.ErrnoException) => {
      signal.removeEventListener("abort", kill);
      reject(error.code === "ENOENT" ? noGit(error) : error);
    });
    child.on("close", (code) => {
      signal.removeEventListener("abort", kill);
      resolve({ code: code ?? 128, stderr });
    });
  });
}

function watchSize(folder: string, limit: number, over: AbortController): NodeJS.Timeout {
  let looking = false;
  return setInterval(() => {
    if (looking) return;
    looking = true;
    void sizeOf(folder).then((size) => {
      looking = false;
      if (size > limit) over.abort();
    });
  }, sizeEvery);
}

/** Bytes of the files below a folder; what vanishes meanwhile counts nothing. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  let size = 0;
  for (const entry of entries)
    if (entry.isFile())
      size += (await lstat(path.join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  return size;
}

/** The commit that is checked out: git writes it into HEAD, or into the file of the branch that HEAD names. */
async function readCommit({ into, url }: CloneWish): Promise<string> {
  const read = async (file: string): Promise<string> =>
    (await readFile(path.join(into, ".git", file), "utf8").catch(() => "")).trim();
  const head = await read("HEAD");
  const branch = /^ref: (refs\/heads\/.+)$/.exec(head)?.[1];
  const packed = branch === undefined ? "" : await read("packed-refs");
  const commit =
    branch === undefined
      ? head
      : (await read(branch)) ||
        (packed
          .split("\n")
          .find((line) => line.endsWith(` ${branch}`))
          ?.split(" ")[0] ??
          "");
  if (/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(commit)) return commit;
  throw new ChiffonError("bad-input", `The repository at ${url} is empty.`, {
    hint: "Push a commit to it first, or name a branch that has one.",
  });
}

function tooLarge(url: string, limit: number): ChiffonError {
  return new ChiffonError(
    "too-large",
    `The repository at ${url} is larger than ${Math.round(limit / 1_000_000)} MB.`,
    { hint: "Clone it yourself, and add the folder with the playbooks by its path." },
  );
}

function tooSlow(url: string, limit: number): ChiffonError {
  return new ChiffonError("bad-input", `The clone of ${url} took longer than ${limit / 1_000} s.`, {
    hint: "Check that the server's machine reaches that address; or clone it yourself and add the folder by its path.",
  });
}

function noGit(cause: unknown): ChiffonError {
  return new ChiffonError("missing-tool", "git was not found on the server's machine.", {
    hint: "Install git (Debian: apt install git) and try again.",
    cause,
  });
}

const known: readonly (readonly [pattern: RegExp, why: string, hint: string])[] = [
  [
    /Host key verification failed|REMOTE HOST IDENTIFICATION/i,
    "the server's SSH key is not known, or is another one than before",
    "As the user who runs Chiffon, connect once (ssh -T git@HOST), compare the fingerprint, and try again.",
  ],
  [
    /Permission denied \(|could not read Username|terminal prompts disabled|Authentication failed|\b40[13]\b/i,
    "it wants a password or key, and none that was offered is accepted",
    "Use a deploy key with git@HOST:PATH, or a credential helper (git config --global credential.helper store) of the user who runs Chiffon.",
  ],
  [
    /Remote branch .* not found|Could not find remote branch/i,
    "it has no such branch",
    "Check the name of the branch, or leave it out for the default one.",
  ],
  [
    /Could not resolve host(?:name)?|Name or service not known|Temporary failure in name resolution/i,
    "its host was not found",
    "Check the address, and that the server's machine can reach it.",
  ],
  [
    /Connection refused|timed out|No route to host|Network is unreachable|Failed to connect/i,
    "its host does not answer",
    "Check the address, and that the server's machine can reach it.",
  ],
  [
    /SSL certificate|certificate verify|server certificate/i,
    "its certificate is not trusted",
    "Let the server's machine trust that certificate, or use git@HOST:PATH.",
  ],
  [
    /not found|does not exist|does not appear to be a git repository|not a git repository/i,
    "there is no such repository, or it may not be read without a key",
    "Check the address; for a private repository use a deploy key with git@HOST:PATH.",
  ],
  [
    /No space left on device|Disk quota exceeded/i,
    "the disk of the server's machine is full",
    "Free some space and try again.",
  ],
  [
    /transport '.*' not allowed/i,
    "git was sent to an address of another kind, which is not allowed",
    "Check url.insteadOf of the git settings, or give the final address.",
  ],
];

function explainGit(wish: CloneWish, stderr: string): ChiffonError {
  const found = known.find(([pattern]) => pattern.test(stderr));
  const [, why, hint] = found ?? [null, lastWords(stderr), "Try the same by hand: git clone ADDRESS"];
  return new ChiffonError("bad-input", `git could not clone ${wish.url}: ${why}.`, { hint });
}

/** What git said at the end, without its progress and without anything that is no plain text. */
function lastWords(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/\p{C}/gu, " ").trim())
    .filter((line) => /^(?:fatal|error|remote|ssh):/i.test(line));
  return (lines.slice(-3).join(" ").slice(0, 300) || "it ended without saying why").replace(/\.$/, "");
}
