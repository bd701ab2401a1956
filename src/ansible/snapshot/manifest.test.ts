import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOfFiles, readManifest, writeManifest } from "./manifest.ts";

test("a list of files is the same text in any order and proves itself", () => {
  const file = fc.record({
    path: fc.string({ minLength: 1 }),
    sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
    size: fc.nat(),
    executable: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.uniqueArray(file, { selector: (each) => each.path }), (files) => {
      const digest = digestOfFiles(files);
      expect(digestOfFiles(files.toReversed())).toBe(digest);
      const text = writeManifest(files);
      expect(readManifest(text, digest)).toEqual(files.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
      expect(readManifest(`${text} `, digest)).toBe(undefined);
    }),
  );
});
