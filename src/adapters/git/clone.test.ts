import { execFileSync } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cloneRepository, type CloneOptions, type CloneWish } from "./clone.ts";

let root: string;
let bare: string;
const searchPath = process.env["PATH"] ?? "";

const git = (...args: string[]): string =>
  execFileSync("git", args, {
    encoding: "utf8",
    env: { PATH: searchPath, HOME: root, GIT_CONFIG_NOSYSTEM: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "chiffon-clone-"));
  bare = path.join(root, "bare.git");
  const work = path.join(root, "work");
  git("init", "--quiet", "--initial-branch=main", work);
  git("-C", work, "config", "user.email", "ada@example.org");
  git("-C", work, "config", "user.name", "Ada");
  for (const text of ["one", "two"]) {
    await writeFile(path.join(work, "site.yml"), text);
    git("-C", work, "add", "-A");
    git("-C", work, "commit", "--quiet", "-m", text);
  }
  git("-C", work, "branch", "other/branch", "HEAD~1");
  git("clone", "--quiet", "--bare", work, bare);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const clone = (wish: Partial<CloneWish> = {}, options: Partial<CloneOptions> = {}) =>
  cloneRepository(
    { url: `file://${bare}`, protocol: "file", branch: null, into: path.join(root, "into"), ...wish },
    { searchPath, home: root, signal: new AbortController().signal, ...options },
  );
const isThere = (name: string) =>
  access(path.join(root, name)).then(
    () => true,
    () => false,
  );

test("the newest commit of the default branch is cloned, without what came before", async () => {
  const { commit } = await clone();
  expect(commit).toBe(git("-C", bare, "rev-parse", "main"));
  expect(await readFile(path.join(root, "into/site.yml"), "utf8")).toBe("two");
  expect(git("-C", path.join(root, "into"), "rev-list", "--count", "HEAD")).toBe("1");
});

test("a branch is cloned by its name, and one that is not there is told", async () => {
  const { commit } = await clone({ branch: "other/branch" });
  expect(commit).toBe(git("-C", bare, "rev-parse", "other/branch"));
  const missing = clone({ branch: "nothing", into: path.join(root, "more") });
  await expect(missing).rejects.toMatchObject({
    code: "bad-input",
    message: expect.stringContaining("no such branch"),
  });
  expect(await isThere("more")).toBe(false);
});

test("an address that leads nowhere, an empty repository and a missing git are told in words and leave nothing", async () => {
  await expect(clone({ url: `file://${root}/nothing.git` })).rejects.toThrow("there is no such repository");
  git("init", "--quiet", "--bare", path.join(root, "empty.git"));
  await expect(clone({ url: `file://${root}/empty.git` })).rejects.toThrow("is empty");
  await expect(clone({}, { searchPath: path.join(root, "none") })).rejects.toMatchObject({
    code: "missing-tool",
  });
  expect(await isThere("into")).toBe(false);
});

test("git may use no other protocol than that of the address, also when the person's settings send it elsewhere", async () => {
  await writeFile(
    path.join(root, ".gitconfig"),
    `[url "ext::touch ${root}/ran "]\n\tinsteadOf = https://evil.example/\n[protocol "ext"]\n\tallow = always\n`,
  );
  const sent = clone({ url: "https://evil.example/x", protocol: "https" });
  await expect(sent).rejects.toThrow("address of another kind");
  await expect(clone({ protocol: "https" })).rejects.toThrow("address of another kind");
  expect(await isThere("ran")).toBe(false);
});

test("hooks of templates do not run and submodules are not fetched", async () => {
  const template = path.join(root, "template/hooks");
  await mkdir(template, { recursive: true });
  await writeFile(path.join(template, "post-checkout"), `#!/bin/sh\ntouch ${root}/ran\n`, { mode: 0o755 });
  await writeFile(
    path.join(root, ".gitconfig"),
    `[init]\n\ttemplateDir = ${root}/template\n[core]\n\thooksPath = ${template}\n[submodule]\n\trecurse = true\n[protocol "file"]\n\tallow = always\n`,
  );
  const work = path.join(root, "work");
  git("-C", work, "-c", "core.hooksPath=/dev/null", "submodule", "--quiet", "add", `file://${bare}`, "sub");
  git("-C", work, "-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "sub");
  await clone({ url: `file://${work}` });
  expect(await isThere("ran")).toBe(false);
  expect(await isThere("into/.gitmodules")).toBe(true);
  expect(await isThere("into/sub/site.yml")).toBe(false);
});

test("a repository over the limit of size is refused and removed", async () => {
  await expect(clone({}, { sizeLimit: 100 })).rejects.toMatchObject({ code: "too-large" });
  expect(await isThere("into")).toBe(false);
});

test("a server that never answers ends with the limit of time, and with the caller's signal, and leaves no process", async () => {
  const sockets = new Set<{ destroy(): void }>();
  const silent = createServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const wish = { url: `ssh://git@127.0.0.1:${port}/x`, protocol: "ssh" as const };
  try {
    await expect(clone(wish, { timeLimit: 700 })).rejects.toThrow("took longer than 0.7 s");
    const stop = new AbortController();
    silent.once("connection", () => stop.abort(new Error("stopped")));
    await expect(clone(wish, { signal: stop.signal })).rejects.toThrow("stopped");
    expect(await isThere("into")).toBe(false);
    expect(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })).not.toContain(`127.0.0.1:${port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  }
});

test("an SSH server that is not known is told with what to do, and nobody is asked", async () => {
  const wish = { url: "ssh://git@127.0.0.1:1/x", protocol: "ssh" as const };
  await expect(clone(wish)).rejects.toMatchObject({
    code: "bad-input",
    message: expect.stringContaining("its host does not answer"),
    hint: expect.stringContaining("reach it"),
  });
});
