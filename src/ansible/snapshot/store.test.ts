import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import type { RepositoryCopy } from "../../../test/fixtures/repositories/copy.ts";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { digestOfFiles } from "./manifest.ts";
import { createSnapshotStore } from "./store.ts";
import { removeTree } from "./tree.ts";
import { hashTree, verifyFiles } from "./verify.ts";

const run = promisify(execFile);
const stores: string[] = [];

/* Trees are read-only: a plain removal by a normal user would fail. */
afterEach(() => {
  for (const root of stores.splice(0)) removeTree(root);
});

function storeOf() {
  const base = mkdtempSync(join(tmpdir(), "chiffon-snapshots-"));
  stores.push(base);
  const root = join(base, "store");
  return { root, store: createSnapshotStore({ root }) };
}

function takeOf(copy: RepositoryCopy) {
  return { root: copy.root, paths: [""], playbook: "site.yml" };
}

/* Root may write anywhere; this is what someone does who wants to change a frozen file. */
function tamper(path: string, change: (path: string) => void): void {
  chmodSync(path, 0o644);
  change(path);
  chmodSync(path, 0o444);
}

test("a snapshot holds the files of the project, under a digest that anybody can recompute", async () => {
  await using copy = await copyRepository("flat");
  await copy.write("run.sh", "#!/bin/sh\n", 0o755);
  await copy.write("site.retry", "web1\n");
  await copy.write(".git/config", "");
  await copy.write("node_modules/x/index.js", "");
  await copy.write("env/pyvenv.cfg", "");
  const { store } = storeOf();
  const snapshot = await store.take(takeOf(copy));
  const paths = snapshot.files.map((file) => file.path);
  expect(paths).toContain("roles/webserver/templates/site.conf.j2");
  expect(paths.filter((path) => /retry|\.git|node_modules|env\//.test(path))).toEqual([]);
  expect(paths).toEqual(paths.toSorted());
  const list = snapshot.files.map(
    (file) => `${JSON.stringify([file.path, file.executable ? "x" : "-", file.sha256, file.size])}\n`,
  );
  expect(snapshot.digest).toBe(createHash("sha256").update(list.join("")).digest("hex"));
  const { treeDir, files } = await store.open(snapshot.digest);
  expect(files).toEqual(snapshot.files);
  expect(await hashTree(treeDir).then(digestOfFiles)).toBe(snapshot.digest);
  expect(lstatSync(join(treeDir, "run.sh")).mode & 0o777).toBe(0o555);
  expect(lstatSync(join(treeDir, "site.yml")).mode & 0o777).toBe(0o444);
  expect(lstatSync(join(treeDir, "roles")).mode & 0o777).toBe(0o555);
  expect(await store.verify(snapshot.digest)).toEqual({ ok: true });
});

test("real Ansible runs from the tree", { timeout: 60_000 }, async () => {
  await using copy = await copyRepository("flat");
  const { store } = storeOf();
  const { treeDir } = await store.open((await store.take(takeOf(copy))).digest);
  const { stdout } = await run("ansible-playbook", ["--list-tasks", "-i", "inventory.ini", "site.yml"], {
    cwd: treeDir,
    env: {
      PATH: "/usr/bin:/bin",
      HOME: copy.outside,
      LANG: "C.UTF-8",
      ANSIBLE_CONFIG: join(copy.outside, "none.cfg"),
    },
  });
  expect(stdout).toContain("webserver : Install nginx");
});

test("the same files give the same digest, a changed byte, mode or name another one", async () => {
  await using copy = await copyRepository("flat");
  const { store } = storeOf();
  const digest = async () => (await store.take(takeOf(copy))).digest;
  const first = await digest();
  expect(await digest()).toBe(first);
  const seen = new Set([first]);
  const isNew = async () => {
    const made = await digest();
    expect(seen).not.toContain(made);
    seen.add(made);
  };
  await copy.write("vars/status.yml", "---\nstatus_title: Everything at hone\nstatus_retries: 5\n");
  await isNew();
  chmodSync(join(copy.root, "site.yml"), 0o755);
  await isNew();
  await copy.write("filter_plugins/new.py", "");
  await isNew();
  await rm(join(copy.root, "filter_plugins"), { recursive: true });
  await rm(join(copy.root, "backup-database.yml"));
  await isNew();
  expect(await store.list()).toEqual([...seen].toSorted());
});

test("[P3] a change of a frozen file, a removed and an added one are found", async () => {
  await using copy = await copyRepository("flat");
  const { store, root } = storeOf();
  const { digest } = await store.take(takeOf(copy));
  const { treeDir } = await store.open(digest);
  const path = join(treeDir, "site.yml");
  const original = readFileSync(path);
  const changes: [string, RegExp, () => void, () => void][] = [
    [
      "site.yml",
      /content/,
      () =>
        tamper(path, (each) => {
          const times = lstatSync(each);
          writeFileSync(each, Buffer.from(original.map((byte, index) => (index === 9 ? byte ^ 1 : byte))));
          utimesSync(each, times.atime, times.mtime);
        }),
      () => tamper(path, (each) => writeFileSync(each, original)),
    ],
    [
      "site.yml",
      /bytes/,
      () => tamper(path, (each) => truncateSync(each, 3)),
      () => tamper(path, (each) => writeFileSync(each, original)),
    ],
    ["site.yml", /execute/, () => chmodSync(path, 0o555), () => chmodSync(path, 0o444)],
    [
      "library",
      /not there/,
      () => {
        chmodSync(treeDir, 0o755);
        mkdirSync(join(treeDir, "library"));
      },
      () => removeTree(join(treeDir, "library")),
    ],
  ];
  for (const [name, reason, change, back] of changes) {
    change();
    expect(await store.verify(digest)).toEqual({
      ok: false,
      path: name,
      reason: expect.stringMatching(reason),
    });
    expect(await createSnapshotStore({ root }).verify(digest)).toMatchObject({ ok: false });
    back();
    expect(await store.verify(digest)).toEqual({ ok: true });
  }
  chmodSync(treeDir, 0o755);
  await unlink(path);
  expect(await store.verify(digest)).toEqual({
    ok: false,
    path: "site.yml",
    reason: expect.stringMatching(/missing/),
  });
});

test("[P3] every single changed byte of any file is found", { timeout: 60_000 }, async () => {
  await using copy = await copyRepository("flat");
  const { store } = storeOf();
  const { digest, files } = await store.take(takeOf(copy));
  const { treeDir } = await store.open(digest);
  const filled = files.filter((file) => file.size > 0);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...filled),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (file, at, bits) => {
        const path = join(treeDir, file.path);
        const original = readFileSync(path);
        const changed = Buffer.from(original);
        changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ bits;
        tamper(path, (each) => writeFileSync(each, changed));
        expect(await store.verify(digest)).toMatchObject({ ok: false, path: file.path });
        tamper(path, (each) => writeFileSync(each, original));
        expect(await store.verify(digest)).toEqual({ ok: true });
      },
    ),
    { numRuns: 100 },
  );
});

test("a damaged tree or blob is made anew by the next take", async () => {
  await using copy = await copyRepository("flat");
  const { store, root } = storeOf();
  const { digest, files } = await store.take(takeOf(copy));
  const { treeDir } = await store.open(digest);
  tamper(join(treeDir, "site.yml"), (path) => writeFileSync(path, "- hosts: all\n"));
  const second = await store.take(takeOf(copy));
  expect(second.digest).toBe(digest);
  expect(await store.verify(digest)).toEqual({ ok: true });
  const blob = files.find((file) => file.path === "site.yml")?.sha256 ?? "";
  expect(
    createHash("sha256")
      .update(readFileSync(join(root, "blobs", blob.slice(0, 2), blob)))
      .digest("hex"),
  ).toBe(blob);
});

test("a changed list of files is refused", async () => {
  await using copy = await copyRepository("flat");
  const { store, root } = storeOf();
  const { digest } = await store.take(takeOf(copy));
  tamper(join(root, "manifests", digest), (path) =>
    writeFileSync(path, readFileSync(path, "utf8").replace('"-"', '"x"')),
  );
  await expect(store.open(digest)).rejects.toMatchObject({ code: "hash-mismatch" });
  await expect(store.open("0".repeat(64))).rejects.toMatchObject({ code: "not-found" });
  await expect(store.open("../../etc")).rejects.toMatchObject({ code: "not-found" });
});

test("many takes at once give one whole tree, from one store or from two", async () => {
  await using copy = await copyRepository("flat");
  const { store, root } = storeOf();
  const other = createSnapshotStore({ root });
  const taken = await Promise.all(
    Array.from({ length: 12 }, (_, index) => (index % 2 ? store : other).take(takeOf(copy))),
  );
  expect(new Set(taken.map((each) => each.digest)).size).toBe(1);
  expect(await createSnapshotStore({ root }).verify(taken[0]?.digest ?? "")).toEqual({ ok: true });
  expect(readdirSync(join(root, "tmp"))).toEqual([]);
});

test(
  "what a killed process left is cleared, and its snapshot can be taken again",
  { timeout: 60_000 },
  async () => {
    await using copy = await copyRepository("flat");
    for (let index = 0; index < 1_500; index++)
      writeFileSync(join(copy.root, `file${index}.txt`), `${index}`);
    const { store, root } = storeOf();
    const script = `
    import { createSnapshotStore } from ${JSON.stringify(join(import.meta.dirname, "store.ts"))};
    setTimeout(() => process.kill(process.pid, "SIGKILL"), Number(process.argv[1]));
    await createSnapshotStore({ root: ${JSON.stringify(root)} }).take(${JSON.stringify(takeOf(copy))});
    process.kill(process.pid, "SIGKILL");`;
    for (const delay of ["1", "60", "120", "250"]) {
      await expect(
        run(process.execPath, ["--input-type=module-typescript", "-e", script, delay]),
      ).rejects.toMatchObject({
        signal: "SIGKILL",
      });
      for (const digest of await store.list())
        expect(await createSnapshotStore({ root }).verify(digest)).toEqual({ ok: true });
    }
    const { digest } = await createSnapshotStore({ root }).take(takeOf(copy));
    expect(await store.verify(digest)).toEqual({ ok: true });
    expect(readdirSync(join(root, "tmp"))).toEqual([]);
  },
);

test("removal keeps what is named, whole, and clears the rest", async () => {
  await using copy = await copyRepository("flat");
  const { store, root } = storeOf();
  const first = await store.take(takeOf(copy));
  await copy.write("site.yml", "- hosts: all\n  tasks: []\n");
  const second = await store.take(takeOf(copy));
  const blobs = () =>
    readdirSync(join(root, "blobs"), { recursive: true }).filter((name) => String(name).includes("/")).length;
  const before = blobs();
  expect(await store.remove([second.digest])).toEqual({ removed: 1 });
  expect(blobs()).toBe(before - 1);
  expect(await store.list()).toEqual([second.digest]);
  expect(await store.verify(second.digest)).toEqual({ ok: true });
  await expect(store.open(first.digest)).rejects.toMatchObject({ code: "not-found" });
  await Promise.all([store.remove([]), store.take(takeOf(copy)), store.remove([])]);
  for (const digest of await store.list()) expect(await store.verify(digest)).toEqual({ ok: true });
  expect(existsSync(join(root, "tmp")) && readdirSync(join(root, "tmp"))).toEqual([]);
});

test("removal spares for a while what was taken a moment ago, also where it lay there before", async () => {
  await using copy = await copyRepository("flat");
  const { store, root } = storeOf();
  const { digest } = await store.take(takeOf(copy));
  const later = createSnapshotStore({ root });
  expect(await later.take(takeOf(copy))).toMatchObject({ digest });
  expect(await later.remove([], { spareFor: 60_000 })).toEqual({ removed: 0 });
  expect(await later.verify(digest)).toEqual({ ok: true });
  expect(await later.remove([])).toEqual({ removed: 1 });
});

test("large files are compared as well", async () => {
  await using copy = await copyRepository("flat");
  writeFileSync(join(copy.root, "large.bin"), Buffer.alloc(3_000_000, 7));
  const { store } = storeOf();
  const { digest, files } = await store.take(takeOf(copy));
  const { treeDir } = await store.open(digest);
  expect(await verifyFiles(treeDir, files)).toBe(undefined);
  const bytes = Buffer.alloc(3_000_000, 7);
  bytes[2_999_999] = 8;
  tamper(join(treeDir, "large.bin"), (path) => writeFileSync(path, bytes));
  expect(await verifyFiles(treeDir, files)).toEqual({
    path: "large.bin",
    reason: expect.stringMatching(/content/),
  });
  expect(await store.verify(digest)).toMatchObject({ ok: false, path: "large.bin" });
});
