import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readGitHead } from "./git-head.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "chiffon-head-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const git = (...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", ...args], {
    cwd: root,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", HOME: root, GIT_CONFIG_NOSYSTEM: "1" },
  }).trim();

test("the branch and commit of a checkout are read from its files, packed or not, and without a branch", async () => {
  git("init", "--quiet", "--initial-branch=home/lab");
  expect(await readGitHead(root)).toEqual({ branch: "home/lab", commit: null });
  git("commit", "--quiet", "--allow-empty", "-m", "one");
  const commit = git("rev-parse", "HEAD");
  expect(await readGitHead(root)).toEqual({ branch: "home/lab", commit });
  git("pack-refs", "--all");
  expect(await readGitHead(root)).toEqual({ branch: "home/lab", commit });
  git("checkout", "--quiet", "--detach");
  expect(await readGitHead(root)).toEqual({ branch: null, commit });
});

test("what git would not write counts as nothing, and no link is followed", async () => {
  expect(await readGitHead(root)).toBeUndefined();
  await mkdir(path.join(root, ".git"));
  for (const text of [
    "ref: refs/heads/../../../etc/passwd\n",
    "ref: refs/heads/a\u001b[2J\n",
    "x".repeat(50),
  ]) {
    await writeFile(path.join(root, ".git/HEAD"), text);
    expect(await readGitHead(root)).toBeUndefined();
  }
  await rm(path.join(root, ".git/HEAD"));
  await writeFile(path.join(root, "other"), `${"a".repeat(40)}\n`);
  await symlink("../other", path.join(root, ".git/HEAD"));
  expect(await readGitHead(root)).toBeUndefined();
});
