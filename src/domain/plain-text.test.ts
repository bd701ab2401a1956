import fc from "fast-check";
import { expect, test } from "vitest";
import { plainJson, plainText } from "./plain-text.ts";

test("texts keep their length and lose only what a database cannot carry", () => {
  expect(plainText("a\0b\uD83D!\u{1F600}")).toBe("a\uFFFDb\uFFFD!\u{1F600}");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const clean = plainText(text);
      expect(clean.length).toBe(text.length);
      expect(clean.isWellFormed() && !clean.includes("\0")).toBe(true);
    }),
  );
});

test("every text inside a value is cleaned, and nothing else changes", () => {
  expect(plainJson({ "a\0": [1, null, true, "x\0"], b: { c: "\uDC80" } })).toEqual({
    "a\uFFFD": [1, null, true, "x\uFFFD"],
    b: { c: "\uFFFD" },
  });
});
