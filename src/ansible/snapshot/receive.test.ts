import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import type { SnapshotFile } from "../../contracts/plan.ts";
import type { ReadBlob } from "./fetch-blobs.ts";
import { digestOfFiles } from "./manifest.ts";
import { createSnapshotStore, type Snapshot, type SnapshotStore } from "./store.ts";
import { removeTree } from "./tree.ts";
import { hashTree } from "./verify.ts";

const run = promisify(execFile);
const never = new AbortController().signal;
const bases: string[] = [];

/* Trees are read-only: a plain removal by a normal user would fail. */
afterEach(() => {
  for (const base of bases.splice(0)) removeTree(base);
});

function storeOf() {
  const base = mkdtempSync(join(tmpdir(), "chiffon-receive-"));
  bases.push(base);
  const root = join(base, "store");
  return { root, store: createSnapshotStore({ root }) };
}

/** Everything that lies in a store, folders left out. */
function filesIn(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A store that holds a snapshot of a small repository, and one that is empty. */
async function takeOne(texts: Readonly<Record<string, string>> = {}) {
  await using copy = await copyRepository("flat");
  await copy.write("run.sh", "#!/bin/sh\n", 0o755);
  await copy.write("empty.txt", "");
  await copy.write("again.yml", readFileSync(join(copy.root, "site.yml"), "utf8"));
  writeFileSync(join(copy.root, "large.bin"), Buffer.alloc(1_500_000, 7));
  for (const [path, text] of Object.entries(texts)) await copy.write(path, text);
  const there = storeOf();
  const snapshot = await there.store.take({ root: copy.root, paths: [""], playbook: "site.yml" });
  return { there, snapshot, here: storeOf() };
}

function countReads(store: SnapshotStore): { read: ReadBlob; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    read: (sha256, signal) => {
      asked.push(sha256);
      return store.readBlob(sha256, signal);
    },
  };
}

const wishOf = ({ digest, files }: Snapshot, read: ReadBlob) => ({ digest, files, read, signal: never });

test("a snapshot of another store is received whole, and each content is fetched once", async () => {
  const { there, snapshot, here } = await takeOne();
  const { read, asked } = countReads(there.store);
  const received = await here.store.receive(wishOf(snapshot, read));
  expect(received).toEqual(await here.store.open(snapshot.digest));
  expect(received.files).toEqual(snapshot.files);
  expect(received.treeDir.startsWith(here.root)).toBe(true);
  expect(await hashTree(received.treeDir).then(digestOfFiles)).toBe(snapshot.digest);
  expect(statSync(join(received.treeDir, "run.sh")).mode & 0o777).toBe(0o555);
  expect(statSync(join(received.treeDir, "roles")).mode & 0o777).toBe(0o555);
  expect(await here.store.verify(snapshot.digest)).toEqual({ ok: true });
  expect(asked.toSorted()).toEqual([...new Set(snapshot.files.map((file) => file.sha256))].toSorted());
  expect(readdirSync(join(here.root, "tmp"))).toEqual([]);
});

test("only what is missing is fetched, and nothing of a snapshot that is there", async () => {
  const { there, snapshot, here } = await takeOne();
  await here.store.receive(wishOf(snapshot, there.store.readBlob));
  const again = countReads(there.store);
  await here.store.receive(wishOf(snapshot, again.read));
  await createSnapshotStore({ root: here.root }).receive(wishOf(snapshot, again.read));
  expect(again.asked).toEqual([]);

  const other = await takeOne({ "site.yml": "- hosts: all\n  tasks: []\n" });
  const { read, asked } = countReads(other.there.store);
  await here.store.receive(wishOf(other.snapshot, read));
  expect(asked).toEqual([hash("sha256", "- hosts: all\n  tasks: []\n")]);
  expect(await here.store.verify(other.snapshot.digest)).toEqual({ ok: true });
});

test("content that was damaged here is fetched again, also where its size and time tell nothing", async () => {
  const { there, snapshot, here } = await takeOne();
  await here.store.receive(wishOf(snapshot, there.store.readBlob));
  for (const path of ["site.yml", "large.bin"]) {
    const file = snapshot.files.find((each) => each.path === path);
    const blob = join(here.root, "blobs", file?.sha256.slice(0, 2) ?? "", file?.sha256 ?? "");
    const { atime, mtime } = statSync(blob);
    chmodSync(blob, 0o644);
    writeFileSync(blob, Buffer.alloc(file?.size ?? 0, 1));
    chmodSync(blob, 0o444);
    utimesSync(blob, atime, mtime);
    const { read, asked } = countReads(there.store);
    await createSnapshotStore({ root: here.root }).receive(wishOf(snapshot, read));
    expect(asked).toEqual([file?.sha256]);
    expect(await createSnapshotStore({ root: here.root }).verify(snapshot.digest)).toEqual({ ok: true });
  }
});

const wrongSources: Record<string, { wrong: ReadBlob; code: string; message: RegExp }> = {
  "sends too much": {
    wrong: async function* () {
      for (;;) yield Buffer.alloc(65_536, "x");
    },
    code: "hash-mismatch",
    message: /"site\.yml" of the snapshot came more than its \d+ bytes/,
  },
  "sends too little": {
    wrong: () => once(Buffer.from("- ")),
    code: "hash-mismatch",
    message: /only 2 of its \d+ bytes/,
  },
  "sends nothing": {
    wrong: async function* () {},
    code: "hash-mismatch",
    message: /only 0 of its \d+ bytes/,
  },
  "breaks off": {
    wrong: async function* () {
      yield Buffer.from("- ");
      throw new Error("connection reset");
    },
    code: "server-unreachable",
    message: /did not come: connection reset/,
  },
  "cannot even begin": {
    wrong: () => {
      throw new Error("no route");
    },
    code: "server-unreachable",
    message: /did not come: no route/,
  },
  "has it no more": {
    wrong: (sha256, signal) => storeOf().store.readBlob(sha256, signal),
    code: "not-found",
    message: /no stored file/,
  },
};

for (const [what, { wrong, code, message }] of Object.entries(wrongSources))
  test(`a side that ${what} is refused, and nothing of what it sent stays`, async () => {
    const { there, snapshot, here } = await takeOne();
    const bad = snapshot.files.find((file) => file.path === "site.yml")?.sha256;
    const read: ReadBlob = (sha256, signal) =>
      (sha256 === bad ? wrong : there.store.readBlob)(sha256, signal);
    // The message names one of the two paths that have this content.
    await expect(here.store.receive(wishOf(snapshot, read))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(message.source.replace("site", "(site|again)"))),
      hint: expect.any(String),
    });
    expect(filesIn(here.root)).toEqual([]);
    await expect(here.store.open(snapshot.digest)).rejects.toMatchObject({ code: "not-found" });
    await here.store.receive(wishOf(snapshot, there.store.readBlob));
    expect(await here.store.verify(snapshot.digest)).toEqual({ ok: true });
  });

test("a single changed byte of any file that comes is refused", { timeout: 60_000 }, async () => {
  const { there, snapshot, here } = await takeOne();
  const filled = snapshot.files.filter((file) => file.size > 0);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...filled),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (file, at, bits) => {
        const read: ReadBlob = async function* (sha256, signal) {
          const pieces: Uint8Array[] = [];
          for await (const piece of there.store.readBlob(sha256, signal)) pieces.push(piece);
          const bytes = Buffer.concat(pieces);
          if (sha256 === file.sha256) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ bits;
          yield bytes;
        };
        await expect(here.store.receive(wishOf(snapshot, read))).rejects.toMatchObject({
          code: "hash-mismatch",
        });
        expect(filesIn(here.root)).toEqual([]);
      },
    ),
    { numRuns: 50 },
  );
});

const hangingSources: Record<string, ReadBlob> = {
  "never sends": () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
  "stops in the middle": async function* () {
    yield Buffer.from("-");
    await new Promise(() => {});
  },
  "sends nothing for ever": async function* () {
    for (;;) yield Buffer.alloc(0);
  },
};

for (const [what, wrong] of Object.entries(hangingSources))
  test(`a side that ${what} is left when the signal fires, and nothing stays`, async () => {
    const { there, snapshot, here } = await takeOne();
    const bad = snapshot.files.find((file) => file.path === "large.bin")?.sha256;
    const stop = new AbortController();
    const read: ReadBlob = (sha256, signal) => {
      if (sha256 !== bad) return there.store.readBlob(sha256, signal);
      setImmediate(() => stop.abort(new Error("it took too long")));
      return wrong(sha256, signal);
    };
    await expect(
      here.store.receive({ ...wishOf(snapshot, read), signal: stop.signal }),
    ).rejects.toMatchObject({
      code: "server-unreachable",
      message: expect.stringContaining("did not come: it took too long"),
    });
    expect(filesIn(here.root)).toEqual([]);
  });

test("a signal that has fired before is obeyed, and nothing is asked for", async () => {
  const { there, snapshot, here } = await takeOne();
  const { read, asked } = countReads(there.store);
  const wish = { ...wishOf(snapshot, read), signal: AbortSignal.abort(new Error("too late")) };
  await expect(here.store.receive(wish)).rejects.toMatchObject({ code: "server-unreachable" });
  expect(asked).toEqual([]);
  expect(filesIn(here.root)).toEqual([]);
});

test("a list that is not the one of the digest is refused before anything is asked for", async () => {
  const { there, snapshot, here } = await takeOne();
  const { read, asked } = countReads(there.store);
  const changes: ((files: SnapshotFile[]) => SnapshotFile[])[] = [
    (files) => files.slice(1),
    (files) => [...files, { path: "group_vars/all.yml", sha256: "0".repeat(64), size: 0, executable: false }],
    (files) => files.map((file, at) => (at === 0 ? { ...file, executable: !file.executable } : file)),
    (files) => files.map((file, at) => (at === 0 ? { ...file, size: file.size + 1 } : file)),
    (files) => files.map((file, at) => (at === 0 ? { ...file, path: `${file.path}x` } : file)),
    () => [],
  ];
  for (const change of changes)
    await expect(
      here.store.receive({ ...wishOf(snapshot, read), files: change(snapshot.files) }),
    ).rejects.toMatchObject({ code: "hash-mismatch", message: expect.stringContaining("list of files") });
  for (const digest of ["../../etc", "", "0".repeat(64)])
    await expect(here.store.receive({ ...wishOf(snapshot, read), digest })).rejects.toMatchObject({
      code: "hash-mismatch",
    });
  expect(asked).toEqual([]);
  expect(filesIn(here.root)).toEqual([]);
});

test("two that receive the same snapshot at once give one whole tree, from one store or from two", async () => {
  const { there, snapshot, here } = await takeOne();
  const other = createSnapshotStore({ root: here.root });
  await Promise.all(
    [here.store, other, here.store, other].map((store) =>
      store.receive(wishOf(snapshot, there.store.readBlob)),
    ),
  );
  expect(await here.store.list()).toEqual([snapshot.digest]);
  expect(await createSnapshotStore({ root: here.root }).verify(snapshot.digest)).toEqual({ ok: true });
  expect(readdirSync(join(here.root, "tmp"))).toEqual([]);
});

test("a failing receiver does not harm another one of the same snapshot", async () => {
  const { there, snapshot, here } = await takeOne();
  const broken: ReadBlob = () => once(Buffer.from("x"));
  const [good, bad] = await Promise.allSettled([
    here.store.receive(wishOf(snapshot, there.store.readBlob)),
    here.store.receive(wishOf(snapshot, broken)),
  ]);
  expect([good.status, bad.status]).toEqual(["fulfilled", "rejected"]);
  expect(await createSnapshotStore({ root: here.root }).verify(snapshot.digest)).toEqual({ ok: true });
});

test(
  "kill -9 while a snapshot is received leaves nothing that is taken for whole, and it can be received again",
  { timeout: 120_000 },
  async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`many/${at}.txt`, `${at}`]));
    const { there, snapshot, here } = await takeOne(many);
    const list = join(here.root, "../list.json");
    writeFileSync(list, JSON.stringify({ digest: snapshot.digest, files: snapshot.files }));
    const script = `
    import { readFileSync } from "node:fs";
    import { createSnapshotStore } from ${JSON.stringify(join(import.meta.dirname, "store.ts"))};
    const [at, after] = process.argv.slice(1).map(Number);
    const kill = () => process.kill(process.pid, "SIGKILL");
    const there = createSnapshotStore({ root: ${JSON.stringify(there.root)} });
    let asked = 0;
    async function* read(sha256, signal) {
      asked += 1;
      if (asked === at) after === 0 ? kill() : setTimeout(kill, after);
      yield* there.readBlob(sha256, signal);
    }
    const wish = JSON.parse(readFileSync(${JSON.stringify(list)}, "utf8"));
    await createSnapshotStore({ root: ${JSON.stringify(here.root)} })
      .receive({ ...wish, read, signal: new AbortController().signal });
    kill();`;
    const contents = new Set(snapshot.files.map((file) => file.sha256)).size;
    const moments = [
      [1, 0],
      [150, 0],
      [contents, 0],
      [contents, 5],
      [contents, 15],
      [contents, 25],
      [contents, 60],
      [contents, 100],
      [contents, 140],
    ];
    for (const moment of moments) {
      await expect(
        run(process.execPath, ["--input-type=module-typescript", "-e", script, ...moment.map(String)]),
      ).rejects.toMatchObject({ signal: "SIGKILL" });
      const store = createSnapshotStore({ root: here.root });
      for (const digest of await store.list()) expect(await store.verify(digest)).toEqual({ ok: true });
      for (const blob of filesIn(join(here.root, "blobs")))
        expect(blob.endsWith(hash("sha256", readFileSync(blob)))).toBe(true);
      // So that the next one has all of it before it.
      await store.remove([]);
    }
    const store = createSnapshotStore({ root: here.root });
    await store.receive(wishOf(snapshot, there.store.readBlob));
    expect(await createSnapshotStore({ root: here.root }).verify(snapshot.digest)).toEqual({ ok: true });
    expect(readdirSync(join(here.root, "tmp"))).toEqual([]);
  },
);

test("removal waits for what is being received, keeps what is named, and clears lists and content without a tree", async () => {
  const { there, snapshot, here } = await takeOne();
  const other = await takeOne({ "site.yml": "- hosts: all\n  tasks: []\n" });
  const receive = (from: typeof other) =>
    here.store.receive(wishOf(from.snapshot, from.there.store.readBlob));
  const [, removed] = await Promise.all([receive(other), here.store.remove([other.snapshot.digest])]);
  expect(removed).toEqual({ removed: 0 });
  expect(await here.store.verify(other.snapshot.digest)).toEqual({ ok: true });
  await Promise.all([here.store.remove([]), receive({ there, snapshot, here }), here.store.remove([])]);
  for (const digest of await here.store.list())
    expect(await createSnapshotStore({ root: here.root }).verify(digest)).toEqual({ ok: true });

  await receive(other);
  await receive({ there, snapshot, here });
  // As if its maker had been killed before the tree was there.
  chmodSync(join(here.root, "trees", snapshot.digest), 0o755);
  renameSync(join(here.root, "trees", snapshot.digest), join(here.root, "../gone"));
  await here.store.remove([other.snapshot.digest]);
  expect(readdirSync(join(here.root, "manifests"))).toEqual([other.snapshot.digest]);
  const kept = new Set(other.snapshot.files.map((file) => file.sha256));
  expect(filesIn(join(here.root, "blobs")).length).toBe(kept.size);
  expect(await createSnapshotStore({ root: here.root }).verify(other.snapshot.digest)).toEqual({ ok: true });
});
