import fc from "fast-check";
import { expect, test } from "vitest";
import { diffText } from "./text-diff.ts";

const of = (was: string, is: string) => diffText(was, is, 1_000).text;

test("shows changed lines with three lines around them, in hunks with their numbers", () => {
  const was = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n";
  expect(of(was, was.replace("b\n", "B\n").replace("k\n", ""))).toBe(
    "@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -8,5 +8,4 @@\n h\n i\n j\n-k\n l",
  );
  expect(of("", "x\n")).toBe("@@ -0,0 +1,1 @@\n+x");
  expect(of("x\n", "")).toBe("@@ -1,1 +0,0 @@\n-x");
  expect(of("x\n", "x\n")).toBe("");
  expect(of("x\n", "x")).toBe("@@ -1,1 +1,1 @@\n-x\n+x\n\\ No newline at end of file");
});

test("a long diff is cut and says how much is missing; two huge texts are shown as replaced", () => {
  const lines = (letter: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${letter}${index}\n`).join("");
  const cut = diffText(lines("a", 500), lines("b", 500), 100);
  expect(cut.text.split("\n")).toHaveLength(100);
  expect(cut.note).toBe("901 more lines of this diff are not shown");
  const huge = diffText(lines("a", 20_000), lines("b", 20_000), 10);
  expect(huge.note).toBe("39991 more lines of this diff are not shown");
});

test("applying the diff to the first text gives the second one", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "{{ x }}"), { maxLength: 40 });
  fc.assert(
    fc.property(text, text, (was, is) => {
      const diff = diffText(
        was.map((line) => `${line}\n`).join(""),
        is.map((line) => `${line}\n`).join(""),
        10_000,
      );
      expect(apply(was, diff.text)).toEqual(is);
    }),
  );
});

function apply(lines: readonly string[], diff: string): string[] {
  const made: string[] = [];
  let at = 0;
  for (const line of diff === "" ? [] : diff.split("\n")) {
    const [, from, length] = /^@@ -(\d+),(\d+) /.exec(line) ?? [];
    if (from !== undefined) {
      const start = Number(length) === 0 ? Number(from) : Number(from) - 1;
      made.push(...lines.slice(at, start));
      at = start;
    } else if (line.startsWith("+")) made.push(line.slice(1));
    else {
      expect(lines[at]).toBe(line.slice(1));
      if (line.startsWith(" ")) made.push(line.slice(1));
      at += 1;
    }
  }
  return [...made, ...lines.slice(at)];
}
