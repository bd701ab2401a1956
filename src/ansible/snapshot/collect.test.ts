import { execFile } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import type { RepositoryCopy } from "../../../test/fixtures/repositories/copy.ts";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { operationsRoot } from "../operations/operations.ts";
import { createSnapshotStore } from "./store.ts";
import { removeTree } from "./tree.ts";

const run = promisify(execFile);
const stores: string[] = [];

/* Trees are read-only: a plain removal by a normal user would fail. */
afterEach(() => {
  for (const root of stores.splice(0)) removeTree(root);
});

function storeOf() {
  const base = mkdtempSync(join(tmpdir(), "chiffon-snapshots-"));
  stores.push(base);
  return { store: createSnapshotStore({ root: join(base, "store") }) };
}

function takeOf(copy: RepositoryCopy) {
  return { root: copy.root, paths: [""], playbook: "site.yml" };
}

test("links inside are copied as files, links outside and pipes are left out with the reason", async () => {
  await using copy = await copyRepository("flat");
  await copy.write("../outside/secret", "secret");
  await copy.link("inside.yml", "site.yml");
  await copy.link("roles/linked", "webserver");
  await copy.link("roles/webserver/files/self", "../..");
  await copy.link("secret", join(copy.outside, "secret"));
  await copy.link("folder", copy.outside);
  await run("mkfifo", [join(copy.root, "pipe")]);
  const { store } = storeOf();
  const { files, skipped, digest } = await store.take(takeOf(copy));
  const paths = files.map((file) => file.path);
  expect(paths).toContain("inside.yml");
  expect(paths).toContain("roles/linked/tasks/main.yml");
  expect(
    skipped
      .map((each) => each.path)
      .filter((path) => !path.includes("self"))
      .toSorted(),
  ).toEqual(["folder", "pipe", "secret"]);
  expect(paths.some((path) => path.split("self").length > 2)).toBe(false);
  const { treeDir } = await store.open(digest);
  expect(lstatSync(join(treeDir, "inside.yml")).isSymbolicLink()).toBe(false);
});

test("only what lies at the paths is taken, folders whole", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("app/site.yml", "- hosts: all\n  tasks: []\n");
  await copy.write("app/notes.txt", "");
  await copy.write("shared/roles/base/tasks/main.yml", "- debug:\n");
  await copy.write("shared/roles/base/templates/x.j2", "");
  const { store } = storeOf();
  const paths = ["app/site.yml", "shared/roles/base"];
  const { files } = await store.take({ root: copy.root, paths, playbook: "app/site.yml" });
  expect(files.map((file) => file.path)).toEqual([
    "app/site.yml",
    "shared/roles/base/tasks/main.yml",
    "shared/roles/base/templates/x.j2",
  ]);
});

test("Chiffon's own operations cannot be replaced by files of the repository", async () => {
  await using copy = await copyRepository("flat");
  await copy.write(".own/ping.yml", "- hosts: all\n  tasks: [{shell: evil}]\n");
  await copy.write(".own/library/ping.py", "evil");
  const { store } = storeOf();
  const extra = [{ from: operationsRoot, to: ".own" }];
  const { digest, files, skipped } = await store.take({ ...takeOf(copy), playbook: ".own/ping.yml", extra });
  const { treeDir } = await store.open(digest);
  expect(readFileSync(join(treeDir, ".own/ping.yml"), "utf8")).toBe(
    readFileSync(join(operationsRoot, "ping.yml"), "utf8"),
  );
  expect(files.map((file) => file.path)).not.toContain(".own/library/ping.py");
  expect(skipped.map((each) => each.path)).toContain(".own/library/ping.py");
});

test("paths that are not there or lead out are refused", async () => {
  await using copy = await copyRepository("flat");
  await copy.link("outside.yml", "/etc/hostname");
  const { store } = storeOf();
  const wrong = [
    { playbook: "none.yml" },
    { playbook: "../outside/x.yml" },
    { playbook: "/etc/hostname" },
    { playbook: "outside.yml" },
    { paths: ["none"] },
    { paths: ["../outside"] },
    { paths: ["/etc"] },
    { root: join(copy.root, "none") },
  ];
  for (const each of wrong) {
    await expect(store.take({ ...takeOf(copy), ...each })).rejects.toMatchObject({ code: "not-found" });
  }
  expect(await store.list()).toEqual([]);
});

test("what is too large names the biggest files", async () => {
  await using copy = await copyRepository("flat");
  const { store } = storeOf();
  const make = (path: string, size: number) => {
    mkdirSync(join(copy.root, "media"), { recursive: true });
    writeFileSync(join(copy.root, path), "");
    truncateSync(join(copy.root, path), size);
  };
  make("media/film.mkv", 33_554_433);
  await expect(store.take(takeOf(copy))).rejects.toMatchObject({
    code: "too-large",
    message: expect.stringContaining("media/film.mkv"),
  });
  await rm(join(copy.root, "media"), { recursive: true });
  for (let index = 0; index < 9; index++) make(`media/part${index}`, 33_000_000);
  await expect(store.take(takeOf(copy))).rejects.toMatchObject({
    code: "too-large",
    message: expect.stringContaining("256.0 MiB"),
  });
});

test("a written playbook stands beside the one that it is made of, takes only its own place, and counts in the digest", async () => {
  await using copy = await copyRepository("flat");
  const { store } = storeOf();
  const playbook = ".chiffon-site-tasks-wiki.yml";
  await copy.write(playbook, "- hosts: evil\n");
  const text = "- hosts: all\n  tasks: []\n";
  const wish = { ...takeOf(copy), playbook, written: { from: "site.yml", text } };
  const { digest, files, skipped } = await store.take(wish);
  const { treeDir } = await store.open(digest);
  expect(readFileSync(join(treeDir, playbook), "utf8")).toBe(text);
  expect(files.map((file) => file.path)).toContain("site.yml");
  expect(skipped).toEqual([{ path: playbook, reason: "this place belongs to Chiffon" }]);
  expect((await store.take(wish)).digest).toBe(digest);
  const other = await store.take({ ...wish, written: { from: "site.yml", text: `${text}#\n` } });
  expect(other.digest).not.toBe(digest);
  for (const place of ["site.yml", "roles/.chiffon-x.yml", "../.chiffon-x.yml", ".chiffon-a/b.yml"])
    await expect(store.take({ ...wish, playbook: place })).rejects.toMatchObject({ code: "not-found" });
  await expect(store.take({ ...wish, written: { from: "gone.yml", text } })).rejects.toMatchObject({
    code: "not-found",
  });
});
