import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { duration, fit, oneLine, shellWord, table, widthOf } from "./text.ts";

describe("texts of strangers", () => {
  test("become one line that moves no cursor and sets no title", () => {
    const hostile = "a\u001b[2Jb\u001b]0;title\u0007c\r\nd\te\u202ef\u009b31mg";
    expect(oneLine(hostile)).toBe("abc d efg");
  });

  test("never hold a control character, whatever came in", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.nat(0x2fff).map((code) => String.fromCodePoint(code)) }), (text) => {
        expect(oneLine(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});

describe("tables", () => {
  test("line up wide characters, and cut only flexible columns to the width of the terminal", () => {
    const lines = table(
      [{ title: "id" }, { title: "what", flexible: true }, { title: "n", right: true }],
      [
        ["abc", "配置 web1", "1"],
        ["abcd", "a text that is much longer than there is room for", "100"],
      ],
      40,
    );
    expect(lines.every((line) => widthOf(line) <= 40)).toBe(true);
    expect(lines[2]).toMatch(/^abcd {2}a text.*… {2}100$/);
    expect(lines.map((line) => widthOf(line))).toEqual([40, 40, 40]);
  });

  test("keep everything where there is no terminal", () => {
    const long = "x".repeat(500);
    expect(table([{ title: "t", flexible: true }], [[long]])[1]).toBe(long);
  });
});

test("a text fits into any width, and is as it was when there is room", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 60 }), (text, width) => {
      const cut = fit(text, width);
      expect(widthOf(cut)).toBeLessThanOrEqual(width);
      if (widthOf(text) <= width) expect(cut).toBe(text);
    }),
  );
});

test("a shell reads a printed word back as it was", () => {
  const words = fc.sample(
    fc.string({ unit: "grapheme", minLength: 1 }).filter((word) => !word.includes("\0")),
    60,
  );
  words.push("it's", "$HOME", "a b", "`x`", "\\", "!!", "*", "-n", "~");
  const script = `printf '%s\\0' ${words.map(shellWord).join(" ")}`;
  expect(execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1)).toEqual(
    words,
  );
});

test.each([
  [0, "0.0 s"],
  [1_234, "1.2 s"],
  [59_000, "59 s"],
  [59_900, "1 min 00 s"],
  [185_000, "3 min 05 s"],
  [7_800_000, "2 h 10 min"],
  [-5, "0.0 s"],
])("%i ms are %s", (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});
