import { watch, type FSWatcher } from "node:fs";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { copyRepository } from "../../test/fixtures/repositories/copy.ts";
import { createFolderWatch } from "../ansible/catalogue/folder-watch.ts";
import { startCatalogueWatch, type CatalogueWatchDeps } from "./catalogue-watch.ts";
import { createCatalogues } from "./catalogues.ts";

const patience = { timeout: 15_000, interval: 20 };
const never = 3_600_000;
/* Nothing is looked at by time: what is noticed was heard. */
const waits = { first: 0, quiet: 50, longest: 500, watched: never, unwatched: never };
const playbook = (name: string) => `- name: ${name}\n  hosts: all\n  tasks: []\n`;

async function startWatched(options: Pick<CatalogueWatchDeps, "waits" | "watchFolders"> = {}) {
  const copy = await copyRepository("empty");
  await copy.write("first.yml", playbook("first"));
  const catalogues = createCatalogues([{ name: "home", root: copy.root, inventory: null }]);
  const seen = { readings: 0, names: [] as string[], told: [] as string[], errors: [] as unknown[] };
  const open = new Set<FSWatcher>();
  const counted = ((...args: Parameters<typeof watch>) => {
    const watcher = watch(...args);
    open.add(watcher);
    watcher.on("close", () => open.delete(watcher));
    return watcher;
  }) as typeof watch;
  const watching = startCatalogueWatch({
    catalogues: {
      folders: catalogues.folders,
      spareReadings: catalogues.spareReadings,
      get isSeenByFolders() {
        return catalogues.isSeenByFolders;
      },
      async read(signal) {
        const read = await catalogues.read(signal);
        seen.readings += 1;
        seen.names = read.flatMap((each) => each.catalogue.units.map((unit) => unit.name));
        return read;
      },
    },
    onChange: (names) => void seen.told.push(...names),
    onError: (error) => seen.errors.push(error),
    waits,
    watchFolders: (onChange) => createFolderWatch(onChange, { open: counted }),
    ...options,
  });
  return {
    copy,
    catalogues,
    seen,
    open,
    end: () => watching[Symbol.asyncDispose](),
    async [Symbol.asyncDispose]() {
      await watching[Symbol.asyncDispose]();
      await copy[Symbol.asyncDispose]();
    },
  };
}

/* The reading after new watches has been made. */
const settled = (seen: { readings: number }) =>
  vi.waitFor(() => expect(seen.readings).toBeGreaterThanOrEqual(2), patience);

test("[INFRA-01] a playbook that is written appears without being asked for, also in a new folder", async () => {
  await using watched = await startWatched();
  const { copy, seen } = watched;
  await settled(seen);
  expect(seen).toMatchObject({ names: ["first"], told: [] });
  await copy.write("second.yml", playbook("second"));
  await vi.waitFor(() => expect(seen.names).toEqual(["first", "second"]), patience);
  expect(seen.told).toContain("home");
  await copy.write("deep/er/third.yml", playbook("third"));
  await vi.waitFor(() => expect(seen.names).toContain("third"), patience);
  await copy.write("deep/er/fourth.yml", playbook("fourth"));
  await vi.waitFor(() => expect(seen.names).toContain("fourth"), patience);
  await rm(join(copy.root, "deep"), { recursive: true });
  await vi.waitFor(() => expect(seen.names).toEqual(["first", "second"]), patience);
  expect(seen.errors).toEqual([]);
});

test("a folder that takes the place of another is watched too", async () => {
  await using watched = await startWatched();
  const { copy, seen } = watched;
  await copy.write("apps/old.yml", playbook("old"));
  await copy.write("other/new.yml", playbook("new"));
  await vi.waitFor(() => expect(seen.names).toContain("new"), patience);
  await rm(join(copy.root, "apps"), { recursive: true });
  await rename(join(copy.root, "other"), join(copy.root, "apps"));
  await vi.waitFor(() => expect(seen.names).toEqual(["new", "first"]), patience);
  await copy.write("apps/newer.yml", playbook("newer"));
  await vi.waitFor(() => expect(seen.names).toContain("newer"), patience);
});

test("while nothing changes nothing is read again, and a change is never missed by who asks right after it", async () => {
  await using watched = await startWatched({ waits: { ...waits, quiet: 5 } });
  const { copy, catalogues, seen } = watched;
  const isSpared = async () => expect(await catalogues.read()).toBe(await catalogues.read());
  await vi.waitFor(isSpared, patience);
  let fromQuiet = 0;
  for (let round = 0; round < 100; round += 1) {
    const quiet = await catalogues.read();
    if ((await catalogues.read()) === quiet) fromQuiet += 1;
    await copy.write("first.yml", playbook(`round ${round}`));
    const [read] = await catalogues.read();
    expect(read?.catalogue.units.map(({ plays }) => plays[0]?.name)).toEqual([`round ${round}`]);
    if (round % 10 === 0) await vi.waitFor(isSpared, patience);
  }
  expect(fromQuiet).toBeGreaterThanOrEqual(10);
  expect(seen.errors).toEqual([]);
});

test("what lies behind a link is read each time: no watch sees its changes", async () => {
  await using watched = await startWatched();
  const { copy, catalogues } = watched;
  await copy.write(".real/second.yml", playbook("second"));
  await symlink(".real/second.yml", join(copy.root, "second.yml"));
  await vi.waitFor(() => expect(catalogues.isSeenByFolders).toBe(false), patience);
  expect(await catalogues.read()).not.toBe(await catalogues.read());
});

test("a burst of five hundred writes is few readings", async () => {
  await using watched = await startWatched({ waits: { ...waits, quiet: 300, longest: never } });
  const { copy, seen } = watched;
  await settled(seen);
  const before = seen.readings;
  await mkdir(join(copy.root, "many"));
  for (let at = 0; at < 500; at += 1)
    await writeFile(join(copy.root, `many/${at}.yml`), playbook(`play ${at}`));
  await vi.waitFor(() => expect(seen.names).toHaveLength(501), patience);
  expect(seen.readings - before).toBeLessThanOrEqual(50);
});

test("closing leaves no watch behind, and reads no more", async () => {
  await using watched = await startWatched();
  const { copy, seen, open } = watched;
  await copy.write("deep/second.yml", playbook("second"));
  await vi.waitFor(() => expect(seen.names).toContain("second"), patience);
  await vi.waitFor(() => expect(open.size).toBe(2), patience);
  await watched.end();
  await vi.waitFor(() => expect(open.size).toBe(0), patience);
  expect(seen.errors).toEqual([]);
});

test("where folders cannot be watched it looks again by time", async () => {
  const refused = (() => {
    throw Object.assign(new Error("System limit for number of file watchers reached"), { code: "ENOSPC" });
  }) as typeof watch;
  await using watched = await startWatched({
    waits: { ...waits, unwatched: 20 },
    watchFolders: (onChange) => createFolderWatch(onChange, { open: refused }),
  });
  const { copy, seen } = watched;
  await copy.write("second.yml", playbook("second"));
  await vi.waitFor(() => expect(seen.names).toContain("second"), patience);
  expect(seen.errors).toEqual([]);
});

test("more folders than the limit are not watched at all, and none twice", async () => {
  await using copy = await copyRepository("empty");
  await mkdir(join(copy.root, "a"));
  await mkdir(join(copy.root, "b"));
  using folders = createFolderWatch(() => {}, { max: 2 });
  const [a, b] = [join(copy.root, "a"), join(copy.root, "b")];
  expect(await folders.follow([a, a])).toEqual({ added: 1, complete: true });
  expect(await folders.follow([a, b, join(copy.root, "gone")])).toEqual({ added: 0, complete: false });
  expect(folders.size).toBe(0);
  expect(await folders.follow([b, join(copy.root, "gone")])).toEqual({ added: 1, complete: true });
  expect(folders.size).toBe(1);
});

test("a reading that fails is told, and another one follows", async () => {
  const errors: unknown[] = [];
  let readings = 0;
  await using _watching = startCatalogueWatch({
    catalogues: {
      folders: () => [],
      isSeenByFolders: true,
      spareReadings: () => {},
      read: () => (readings++, Promise.reject(new Error("disk"))),
    },
    onChange: () => {},
    onError: (error) => errors.push(error),
    waits: { ...waits, unwatched: 10 },
  });
  await vi.waitFor(() => expect(readings).toBeGreaterThan(2), patience);
  expect(errors[0]).toMatchObject({ message: "disk" });
});
