import { hash } from "node:crypto";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { SnapshotFile } from "../../contracts/plan.ts";
import { checkList } from "./check-list.ts";
import { digestOfFiles } from "./manifest.ts";
import { createSnapshotStore } from "./store.ts";
import { removeTree } from "./tree.ts";

const fileOf = (path: string, changes: Partial<SnapshotFile> = {}): SnapshotFile => ({
  path,
  sha256: hash("sha256", "x"),
  size: 1,
  executable: false,
  ...changes,
});

const hostileLists: Record<string, SnapshotFile[]> = {
  "leads out": [fileOf("../x")],
  "leads out further down": [fileOf("a/../../x")],
  "ends outside": [fileOf("a/..")],
  "is absolute": [fileOf("/etc/passwd")],
  "holds a NUL": [fileOf("a\0.yml")],
  "is empty": [fileOf("")],
  "is a dot": [fileOf("./a")],
  "has an empty folder name": [fileOf("a//b")],
  "ends with a slash": [fileOf("a/")],
  "has half a surrogate pair": [fileOf("\ud800")],
  "has a name that no disk takes": [fileOf("é".repeat(128))],
  "is longer than any disk takes": [fileOf("a/".repeat(3_000).concat("a"))],
  "is there twice": [fileOf("a"), fileOf("a")],
  "lies below a file": [fileOf("a"), fileOf("a/b")],
  "lies far below a file": [fileOf("a/b/c/d"), fileOf("a/b")],
  "has a digest that is a path": [fileOf("a", { sha256: "../../../etc/passwd" })],
  "has a size below nothing": [fileOf("a", { size: -1 })],
  "has a size that is no number": [fileOf("a", { size: Number.NaN })],
  "has two sizes for one content": [fileOf("a"), fileOf("b", { size: 2 })],
};

for (const [what, files] of Object.entries(hostileLists))
  test(`a list with its right digest is refused before anything is asked for when a path in it ${what}`, async () => {
    const base = mkdtempSync(join(tmpdir(), "chiffon-list-"));
    const root = join(base, "store");
    let asked = 0;
    const read = async function* () {
      asked += 1;
      yield Buffer.from("x");
    };
    const wish = { digest: digestOfFiles(files), files, read, signal: new AbortController().signal };
    await expect(createSnapshotStore({ root }).receive(wish)).rejects.toMatchObject({
      code: "bad-input",
      message: expect.not.stringContaining("\0"),
    });
    expect([asked, existsSync(root)]).toEqual([0, false]);
    removeTree(base);
  });

test("a list that is larger than a snapshot may be is refused", () => {
  const many = (count: number, make: (at: number) => SnapshotFile) =>
    Array.from({ length: count }, (_, at) => make(at));
  const lists = [
    many(20_001, (at) => fileOf(`f${at}`)),
    [fileOf("a", { size: 33_554_433 })],
    many(9, (at) => fileOf(`f${at}`, { sha256: hash("sha256", `${at}`), size: 33_000_000 })),
    many(30, (at) => fileOf(`${at}/${"d/".repeat(1_900)}f`)),
  ];
  for (const files of lists)
    expect(() => checkList(digestOfFiles(files), files)).toThrow(
      expect.objectContaining({ code: "too-large" }),
    );
});

test("whatever paths a list has, those that are accepted lie inside the tree, each at its own place", () => {
  const name = fc.oneof(
    fc.constantFrom("", ".", "..", "a", "b", "a\0", "\\", "~", "-", "\u0000..", " ", "..."),
    fc.string({ unit: "binary", maxLength: 4 }),
  );
  const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => names.join("/"));
  fc.assert(
    fc.property(fc.array(path, { maxLength: 6 }), (paths) => {
      const files = paths.map((each) => fileOf(each));
      let accepted: SnapshotFile[] = [];
      try {
        accepted = checkList(digestOfFiles(files), files);
      } catch (error) {
        expect(error).toMatchObject({ code: "bad-input" });
      }
      const places = accepted.map((file) => resolve("/tree", file.path));
      for (const [at, place] of places.entries()) {
        expect(place).toBe(`/tree/${accepted[at]?.path}`);
        expect(places.some((other) => other.startsWith(`${place}/`))).toBe(false);
      }
      expect(new Set(places).size).toBe(places.length);
    }),
    { numRuns: 2_000 },
  );
});
