import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTerminalSanitiser, sanitiseTerminalText } from "./terminal-text.ts";

const ESC = "\u001b";
const colour = new RegExp(`${ESC}\\[[0-9;:]*m`, "g");

describe("terminal sanitiser", () => {
  test.each([
    ["colours stay", `${ESC}[0;32mok${ESC}[0m ${ESC}[38;5;208mx${ESC}[m ${ESC}[4:3my`, null],
    ["line ends and tabs stay", "a\r\n\tb\n", null],
    ["moving the cursor and erasing goes", `a${ESC}[2J${ESC}[1;1Hb${ESC}[?25lc${ESC}[Kd`, "abcd"],
    ["a title goes", `a${ESC}]0;evil\u0007b${ESC}]2;evil${ESC}\\c`, "abc"],
    [
      "a link and the clipboard go",
      `${ESC}]8;;http://x\u0007text${ESC}]8;;\u0007${ESC}]52;c;aGk=\u0007`,
      "text",
    ],
    [
      "device control, APC, PM and SOS go",
      `a${ESC}Pq#0${ESC}\\b${ESC}_x${ESC}\\c${ESC}^y${ESC}\\d${ESC}Xz${ESC}\\e`,
      "abcde",
    ],
    ["eight-bit controls go", "a\u009b2Jb\u009dtitle\u009cc\u0085d\u0090q\u009ce", "abcde"],
    ["an eight-bit colour becomes a plain one", "\u009b31mred", `${ESC}[31mred`],
    ["character sets and resets go", `a${ESC}(0b${ESC}cc${ESC}7d${ESC}#8e`, "abcde"],
    ["NUL, bell, backspace, form feed and DEL go", "a\u0000b\u0007c\u0008d\u000ce\u007ff", "abcdef"],
    ["overrides of direction go", "a\u202eb\u2066c\u2069d\u200fe\u061cf", "abcdef"],
    ["private and odd colour forms go", `a${ESC}[>4;2mb${ESC}[?1mc${ESC}[1 md`, "abcd"],
    ["endless parameters go", `a${ESC}[${"1;".repeat(500)}mb`, "ab"],
    ["an unfinished title ends with its line", `a${ESC}]0;never closed\nnext line`, "a\nnext line"],
    ["an unfinished sequence ends with its line", `a${ESC}[12\nnext`, "a\nnext"],
    [
      "a sequence inside a sequence starts anew",
      `a${ESC}[${ESC}[31mb${ESC}]x${ESC}[0mc`,
      `a${ESC}[31mb${ESC}[0mc`,
    ],
    ["letters beyond ASCII stay", "Grüße 日本語 🚀", null],
  ])("%s", (_, text, expected) => {
    expect(sanitiseTerminalText(text)).toBe(expected ?? text);
  });

  test("gives the same text for every cut, and nothing but colours as control sequences", () => {
    const sequences =
      "\u001b [ ] P _ \\ m 3 ; ? ( J \u0007 \u009b \u009d \u009c \n \r \t a é \u202e \u0000 🔑 \ud83d";
    const units = [" "].concat(sequences.split(" "));
    const unit = fc.constantFrom(...units);
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 60 }),
        fc.array(fc.nat(), { maxLength: 10 }),
        (text, places) => {
          const expected = sanitiseTerminalText(text);
          const sorted = [0, ...places.map((place) => place % (text.length + 1)), text.length].sort(
            (a, b) => a - b,
          );
          const cut = createTerminalSanitiser();
          const pieces = sorted.slice(1).map((end, index) => cut.push(text.slice(sorted[index] ?? 0, end)));
          expect(pieces.join("") + cut.end()).toBe(expected);
          const plain = expected.replaceAll(colour, "");
          expect(plain).not.toMatch(/[[\p{Cc}\p{Bidi_Control}]--[\t\n\r]]/v);
          expect(sanitiseTerminalText(expected)).toBe(expected);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test("takes linear time on sequences that never end", () => {
    const hostile = [`${ESC}]`, `${ESC}[1;`, `${ESC}P`, `${ESC}${ESC}`, "\u009d", `${ESC}[`];
    for (const piece of hostile) {
      const started = process.cpuUsage();
      sanitiseTerminalText(piece.repeat(300_000));
      const used = process.cpuUsage(started);
      expect((used.user + used.system) / 1000).toBeLessThan(1500);
    }
  });
});
