import { expect, test } from "vitest";
import { cleanLine, plainText, shadeOf } from "./log-text.ts";

test("[UI-04] colours stay, and everything else that a terminal would obey goes", () => {
  const hostile = [
    "\u001b[2J\u001b[H", // clears the screen
    "\u001b]0;a title\u0007", // a title
    "\u001b]8;;https://evil.example\u001b\\press here\u001b]8;;\u001b\\", // a link
    "\u001b]52;c;c2VjcmV0\u0007", // the clipboard
    "\u001bP+q544e\u001b\\", // a question to the terminal
    "\u001b[31mred\u001b[0m",
    "\u009b2K",
  ].join("");

  expect(cleanLine(hostile)).toBe("press here\u001b[31mred\u001b[0m");
  expect(plainText(hostile)).toBe("press herered");
});

test("[UI-04] characters that hide text or turn its direction are written out", () => {
  expect(cleanLine("ab\u202ecd\u2066e\u200bf")).toBe("ab[U+202E]cd[U+2066]e[U+200B]f");
  expect(cleanLine("a\u0000b\u0008c\u007f\u0085")).toBe("a\u2400b\u2408c\u2421[U+0085]");
  expect(cleanLine("\ttabs stay")).toBe("\ttabs stay");
});

test("a control string that never ends takes only its own line, and one megabyte is cleaned whole", () => {
  expect(cleanLine("before \u001b]0;never ends")).toBe("before ");
  expect(cleanLine("\u001b[".repeat(500_000))).toBe("");
  expect(cleanLine(`${"a".repeat(500_000)}${"\u001b]x".repeat(200_000)}`)).toHaveLength(500_000);
});

test("black, white, palette and true colours are left to the page", () => {
  expect(shadeOf("ansi-red")).toBe("red");
  for (const name of ["ansi-black", "ansi-white", "ansi-palette-16", "ansi-truecolor", null])
    expect(shadeOf(name)).toBeUndefined();
});
