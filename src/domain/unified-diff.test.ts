import fc from "fast-check";
import { expect, test } from "vitest";
import { unifiedDiff } from "./unified-diff.ts";

const names = { before: "before", after: "after" };

test("a change in the middle is shown with three lines around it", () => {
  const before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
  expect(unifiedDiff(before, before.replace("5", "five"), names)).toBe(
    "--- before\n+++ after\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8",
  );
  expect(unifiedDiff("", "new\n", names)).toBe("--- before\n+++ after\n@@ -0,0 +1,1 @@\n+new");
  expect(unifiedDiff("a\n", "a", names)).toContain("the new text has no newline at its end");
  expect(unifiedDiff("same", "same", names)).toBe("");
});

/** Applies a diff with all lines as context. */
function applied(before: string[], diff: string): string[] {
  const result: string[] = [];
  let at = 0;
  for (const line of diff.split("\n").slice(2)) {
    const hunk = /^@@ -(\d+),(\d+) /.exec(line);
    if (hunk !== null) {
      const start = Number(hunk[1]) - (hunk[2] === "0" ? 0 : 1);
      result.push(...before.slice(at, start));
      at = start;
    } else if (line.startsWith("+")) result.push(line.slice(1));
    else {
      expect(before[at]).toBe(line.slice(1));
      if (line.startsWith(" ")) result.push(line.slice(1));
      at += 1;
    }
  }
  return [...result, ...before.slice(at)];
}

test("applied to the old text it gives the new one", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 40 });
  fc.assert(
    fc.property(lines, lines, (old, fresh) => {
      const end = (all: string[]): string => all.map((line) => `${line}\n`).join("");
      const diff = unifiedDiff(end(old), end(fresh), names);
      expect(diff === "" ? old : applied(old, diff)).toEqual(fresh);
    }),
    { numRuns: 500 },
  );
});

test("two large texts that have nothing in common are shown as a whole", () => {
  const text = (word: string): string => Array.from({ length: 4_000 }, (_, at) => `${word} ${at}\n`).join("");
  const diff = unifiedDiff(text("old"), text("new"), names);
  expect(diff.split("\n").filter((line) => line.startsWith("-old"))).toHaveLength(4_000);
});
