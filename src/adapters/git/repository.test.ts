import { execFileSync } from "node:child_process";
import { mkdtemp, mkdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openRepository } from "./repository.ts";

let root: string;
let dir: string;
const identity = { name: "Chiffon", email: "audit@chiffon.invalid" };
const at = new Date("2026-11-22T15:33:00.000Z");
const commit = (
  file: string,
  text: string,
): { at: Date; message: string; files: { path: string; text: string }[] } => {
  return { at, message: `add ${file}\n`, files: [{ path: file, text }] };
};

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "chiffon-git-"));
  dir = path.join(root, "data/audit.git");
});
afterEach(() => rm(root, { recursive: true, force: true }));

test("commits follow one another, keep the files before them, and have ids that only content and time decide", async () => {
  const one = await openRepository({ dir, identity });
  expect(await one.findHead()).toBeUndefined();
  const first = await one.append(undefined, [commit("a/b.json", "1\n"), commit("a/c.json", "ä\0\n")]);
  const second = await one.append(first, [commit("a/b.json", "2\n")]);
  expect(await one.findHead()).toBe(second);
  expect(await one.findFile(second, "a/b.json")).toBe("2\n");
  expect(await one.findFile(first, "a/b.json")).toBe("1\n");
  expect(await one.findFile(first, "a")).toBeUndefined();
  expect(await one.findFile(first, "none")).toBeUndefined();
  expect(await Array.fromAsync(one.listFiles(second))).toEqual([
    { path: "a/b.json", text: "2\n" },
    { path: "a/c.json", text: "ä\0\n" },
  ]);
  const other = await openRepository({ dir: path.join(root, "other.git"), identity });
  const again = await other.append(undefined, [
    commit("a/b.json", "1\n"),
    commit("a/c.json", "ä\0\n"),
    commit("a/b.json", "2\n"),
  ]);
  expect(again).toBe(second);
  execFileSync("git", [`--git-dir=${dir}`, "fsck", "--strict", "--no-dangling"], { stdio: "pipe" });
});

test("a commit on anything but the newest one is refused and changes nothing", async () => {
  const repository = await openRepository({ dir, identity });
  const first = await repository.append(undefined, [commit("a", "1")]);
  const second = await repository.append(first, [commit("a", "2")]);
  await expect(repository.append(first, [commit("a", "3")])).rejects.toMatchObject({ code: "internal" });
  await expect(repository.append(undefined, [commit("a", "3")])).rejects.toMatchObject({ code: "internal" });
  expect(await repository.findHead()).toBe(second);
});

test.each(["../x", "/x", "a//b", "a/../b", ".git/config", "a/.GIT/b", "a b", 'a"b', "a\nb", ""])(
  "the path %j is refused",
  async (file) => {
    const repository = await openRepository({ dir, identity });
    await expect(repository.append(undefined, [commit(file, "x")])).rejects.toThrow("not a path");
    expect(await repository.findHead()).toBeUndefined();
  },
);

test("a lock that a killed process left is removed, one that was just made is waited for", async () => {
  const repository = await openRepository({ dir, identity });
  const head = await repository.append(undefined, [commit("a", "1")]);
  const lock = path.join(dir, "refs/heads/main.lock");
  await writeFile(lock, "");
  await expect(repository.append(head, [commit("a", "2")])).rejects.toThrow("lock");
  const past = new Date(Date.now() - 10_000);
  await utimes(lock, past, past);
  expect(await repository.append(head, [commit("a", "2")])).not.toBe(head);
});

test("hooks of the repository and settings of the user do not run", async () => {
  const repository = await openRepository({ dir, identity });
  const trace = path.join(root, "ran");
  const hook = `#!/bin/sh\ntouch ${trace}\n`;
  await mkdir(path.join(dir, "hooks"), { recursive: true });
  await writeFile(path.join(dir, "hooks/reference-transaction"), hook, { mode: 0o755 });
  await repository.append(undefined, [commit("a", "1")]);
  await expect(readFile(trace)).rejects.toThrow("ENOENT");
});

test("a folder that is half a repository is completed, and opening one again keeps it", async () => {
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, "HEAD"), "ref: refs/heads/main\n");
  const first = await openRepository({ dir, identity });
  const head = await first.append(undefined, [commit("a", "1")]);
  const second = await openRepository({ dir, identity });
  expect(await second.findHead()).toBe(head);
});

test("without git there is a message that says what to install", async () => {
  const opening = openRepository({ dir, identity, searchPath: path.join(root, "empty") });
  await expect(opening).rejects.toMatchObject({
    code: "missing-tool",
    hint: expect.stringContaining("Install git"),
  });
});
