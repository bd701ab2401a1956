import { execFileSync } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cloneRepository } from "../../adapters/git/clone.ts";
import type { AddRepository } from "../../contracts/first-run.ts";
import { createCatalogues, type Repository } from "../catalogues.ts";
import type { Caller } from "../engine.ts";
import { createTestCore, createTestRun, type TestCore } from "../testing.ts";
import { openRepositories, type Repositories, type RepositoriesDeps } from "./repositories.ts";
import { getRepositoryView, listRepositories } from "./view.ts";

const caller: Caller = { actor: { kind: "user", name: "ada", id: "1" }, strong: true };
const searchPath = process.env["PATH"] ?? "";
const never = new AbortController().signal;
let core: TestCore;
let root: string;
let deps: RepositoriesDeps;

beforeEach(async () => {
  core = await createTestCore();
  root = await realpath(await mkdtemp(path.join(tmpdir(), "chiffon-repositories-")));
  await writeFolder("home/lab", "one");
  await writeFolder("example", "example");
  deps = {
    ...core.deps,
    // Every look at it is a second later than the one before.
    clock: { now: () => (core.advance(1_000), core.deps.clock.now()) },
    places: { dataDir: path.join(root, "data"), exampleRoot: path.join(root, "example") },
    clone: (wish, signal) => cloneRepository(wish, { searchPath, home: root, signal }),
  };
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

async function writeFolder(name: string, playbook: string): Promise<string> {
  const folder = path.join(root, name);
  await mkdir(folder, { recursive: true });
  const play = "- hosts: all\n  tasks:\n    - ansible.builtin.debug:\n";
  await writeFile(path.join(folder, `${playbook}.yml`), play);
  await writeFile(
    path.join(folder, "hosts.yml"),
    "all:\n  hosts:\n    box:\n      ansible_connection: local\n",
  );
  return folder;
}

const git = (...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", ...args], {
    encoding: "utf8",
    env: { PATH: searchPath, HOME: root, GIT_CONFIG_NOSYSTEM: "1" },
  }).trim();

async function commitPlaybook(name: string): Promise<string> {
  const work = await writeFolder("work", name);
  if (!(await readdir(work)).includes(".git")) git("init", "--quiet", "--initial-branch=main", work);
  git("-C", work, "add", "-A");
  git("-C", work, "commit", "--quiet", "-m", name);
  return `file://${work}`;
}

const open = (given: readonly Repository[] = []): Promise<Repositories> => openRepositories(deps, given);
const names = (repositories: Repositories): string[] => repositories.list().map((each) => each.name);
const kinds = async (): Promise<string[]> =>
  (await core.db.selectFrom("audit_record").select("kind").orderBy("at").orderBy("id").execute()).map(
    ({ kind }) => kind,
  );
const isThere = (folder: string) =>
  access(folder).then(
    () => true,
    () => false,
  );

test("a folder, a clone and the example are added, shown with what is in them, and there again after a restart", async () => {
  const url = await commitPlaybook("two");
  const first = await open([
    { name: "flagged", root: await writeFolder("flagged", "zero"), inventory: null },
  ]);
  for (const wish of [{ path: path.join(root, "home/lab") }, { url }, { example: true }] as AddRepository[])
    await first.add(caller, wish, never);

  const again = await open([{ name: "flagged", root: path.join(root, "flagged"), inventory: null }]);
  const catalogues = createCatalogues(again);

  expect(names(again)).toEqual(["flagged", "lab", "work", "homelab"]);
  const views = await listRepositories({ ...core, repositories: again, catalogues });
  expect(views.map(({ source, units, hosts, inventory }) => ({ source, units, hosts, inventory }))).toEqual(
    ["flag", "path", "git", "example"].map((source) => ({
      source,
      units: 1,
      hosts: 1,
      inventory: "hosts.yml",
    })),
  );
  expect(views[2]).toMatchObject({
    url,
    branch: "main",
    commit: git("-C", path.join(root, "work"), "rev-parse", "HEAD"),
  });
  expect(views[1]).toMatchObject({ branch: null, commit: null });
  expect(views[1]).toMatchObject({ addedBy: "ada", addedAt: "2026-11-22T12:00:01.000Z" });
  expect(await kinds()).toEqual(["repository.added", "repository.added", "repository.added"]);
});

test("the catalogue follows what is added and removed at once, and a folder that is gone takes nothing else along", async () => {
  const repositories = await open();
  const catalogues = createCatalogues(repositories);
  expect(await catalogues.read()).toEqual([]);
  await repositories.add(caller, { path: path.join(root, "home/lab") }, never);
  await repositories.add(caller, { example: true }, never);
  expect((await catalogues.read()).flatMap(({ catalogue }) => catalogue.units.map(({ id }) => id))).toEqual([
    "lab:one.yml",
    "homelab:example.yml",
  ]);

  await rm(path.join(root, "home/lab"), { recursive: true });
  expect((await getRepositoryView({ ...core, repositories, catalogues }, "lab")).problem).toContain(
    "There is no folder",
  );
  expect((await getRepositoryView({ ...core, repositories, catalogues }, "homelab")).units).toBe(1);

  await repositories.remove(caller, "lab");
  expect(catalogues.repositories.map(({ name }) => name)).toEqual(["homelab"]);
});

test("a pull takes the newest commit, keeps the checkout before it for who still reads it, and is nothing when there is none", async () => {
  const url = await commitPlaybook("two");
  const repositories = await open();
  const catalogues = createCatalogues(repositories);
  await repositories.add(caller, { url }, never);
  const folder = path.join(root, "data/repositories");
  const before = repositories.list()[0]?.root;
  await repositories.pull(caller, "work", never);
  expect(repositories.list()[0]?.root).toBe(before);

  for (const name of ["three", "four", "five"]) {
    await commitPlaybook(name);
    await repositories.pull(caller, "work", never);
  }

  expect((await getRepositoryView({ ...core, repositories, catalogues }, "work")).units).toBe(4);
  expect(await readdir(folder)).toHaveLength(2);
  expect(await kinds()).toEqual(["repository.added", ...Array<string>(3).fill("repository.pulled")]);
  await repositories.remove(caller, "work");
  expect(await readdir(folder)).toEqual([]);
});

test("what a killed server left of a clone is removed by the next start, and what is in use stays", async () => {
  const url = await commitPlaybook("two");
  const first = await open();
  await first.add(caller, { url }, never);
  const half = path.join(root, "data/repositories/half-a-clone");
  await mkdir(path.join(half, ".git"), { recursive: true });

  const again = await open();

  expect(await isThere(half)).toBe(false);
  expect(await isThere(again.list()[0]?.root ?? "")).toBe(true);
});

test("a clone that fails, or whose caller goes away, leaves no folder and no row", async () => {
  const repositories = await open();
  const gone = repositories.add(caller, { url: `file://${root}/nothing.git` }, never);
  await expect(gone).rejects.toThrow("there is no such repository");
  const url = await commitPlaybook("two");
  await expect(repositories.add(caller, { url }, AbortSignal.abort(new Error("left")))).rejects.toThrow(
    "left",
  );
  await expect(repositories.add(caller, { url: "ext::sh" }, never)).rejects.toThrow("helper program");
  expect(await readdir(path.join(root, "data/repositories"))).toEqual([]);
  expect(names(repositories)).toEqual([]);
  expect(await kinds()).toEqual([]);
});

test("nothing is served twice, and names are never shared", async () => {
  const flagged = [{ name: "lab", root: await writeFolder("other/lab", "x"), inventory: null }];
  const repositories = await open(flagged);
  const lab = { path: path.join(root, "home/lab") };
  const added = await Promise.allSettled([1, 2, 3].map(() => repositories.add(caller, lab, never)));
  // Which of them comes first is open.
  expect(added.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected", "rejected"]);
  expect(names(repositories)).toEqual(["lab", "lab-2"]);
  await expect(repositories.add(caller, { path: path.join(root, "other/lab") }, never)).rejects.toMatchObject(
    {
      code: "conflict",
      message: "This is served already, as lab.",
    },
  );
  const url = await commitPlaybook("two");
  await repositories.add(caller, { url }, never);
  await expect(repositories.add(caller, { url }, never)).rejects.toMatchObject({
    hint: expect.stringContaining("chiffon repo pull work"),
  });
  // Added names stay, whatever a later start is given.
  const later = await open([
    { name: "lab-2", root: path.join(root, "example"), inventory: null },
    ...flagged,
  ]);
  expect(names(later)).toEqual(["lab-2-2", "lab", "lab-2", "work"]);
});

test("only added repositories can be removed, only clones pulled, and only known ones named", async () => {
  const repositories = await open([{ name: "flagged", root: path.join(root, "example"), inventory: null }]);
  await repositories.add(caller, { path: path.join(root, "home/lab") }, never);
  await expect(repositories.remove(caller, "flagged")).rejects.toThrow("when the server was started");
  await expect(repositories.remove(caller, "nobody")).rejects.toMatchObject({ code: "not-found" });
  await expect(repositories.pull(caller, "lab", never)).rejects.toThrow("lab is no clone");
  await expect(repositories.pull(caller, "nobody", never)).rejects.toMatchObject({ code: "not-found" });
  await repositories.remove(caller, "lab");
  expect(await isThere(path.join(root, "home/lab/one.yml"))).toBe(true);
});

test("open plans of a removed repository become stale with the reason, decided ones stay", async () => {
  await createTestRun(core, [["box"]]);
  const repositories = await open();
  await writeFolder("demo", "one");
  await repositories.add(caller, { path: path.join(root, "demo") }, never);
  const { id } = await core.db.selectFrom("plan").select("id").executeTakeFirstOrThrow();
  const planNow = () =>
    core.db.selectFrom("plan").select(["state", "reason"]).where("id", "=", id).executeTakeFirst();
  await repositories.remove(caller, "demo");
  expect(await planNow()).toEqual({ state: "approved", reason: null });

  await core.db.updateTable("plan").set({ state: "proposed" }).execute();
  await repositories.add(caller, { path: path.join(root, "demo") }, never);
  await repositories.remove(caller, "demo");
  expect(await planNow()).toEqual({ state: "stale", reason: "the repository demo was removed" });
  expect((await kinds()).filter((kind) => kind === "plan.stale")).toHaveLength(1);
});

test("paths that are no folder to read playbooks from are refused in words", async () => {
  const repositories = await open();
  await mkdir(path.join(root, "data/keys"), { recursive: true });
  await writeFile(path.join(root, "file"), "");
  await symlink(path.join(root, "loop"), path.join(root, "loop"));
  await symlink(path.join(root, "data"), path.join(root, "innocent"));
  const refused: [string, string][] = [
    ["home/lab", "not an absolute path"],
    [path.join(root, "nothing"), "does not exist"],
    [path.join(root, "file"), "is a file"],
    [path.join(root, "file/below"), "does not exist"],
    [path.join(root, "loop"), "leads to itself"],
    ["/", "the whole machine"],
    ["/tmp/..", "the whole machine"],
    [root, "Chiffon's own data"],
    [path.join(root, "data"), "Chiffon's own data"],
    [path.join(root, "data/keys"), "Chiffon's own data"],
    [path.join(root, "innocent"), "Chiffon's own data"],
    [`${root}\0/x`, "no path can have"],
  ];
  for (const [given, why] of refused)
    await expect(repositories.add(caller, { path: given }, never), given).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining(why),
    });
  expect(names(repositories)).toEqual([]);
});
