import fc from "fast-check";
import { expect, test } from "vitest";
import { createOutputFilter } from "./output-filter.ts";
import { compileSecrets } from "./redactor.ts";

const secrets = compileSecrets([{ name: "KEY", value: "pässwörd-🔑-€" }]);

function filter(pieces: readonly Uint8Array[]): string {
  const output = createOutputFilter(secrets);
  return pieces.map((piece) => output.push(piece)).join("") + output.end();
}

test("gives the same text for bytes cut anywhere, in the middle of characters and sequences too", () => {
  const part = fc.constantFrom(
    "ok\n",
    "\u001b[31m",
    "\u001b[0m",
    "\u001b]0;title\u0007",
    "\u001b[2J",
    "pässwörd-🔑-€",
    Buffer.from("pässwörd-🔑-€").toString("base64"),
    "päss",
    "€🔑",
    "\r\n",
  );
  const bytes = fc.oneof(
    part.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 5 }).map((raw) => Buffer.from(raw)),
  );
  fc.assert(
    fc.property(
      fc.array(bytes, { maxLength: 20 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      (parts, places) => {
        const whole = Buffer.concat(parts);
        const sorted = [0, ...places.map((place) => place % (whole.length + 1)), whole.length].sort(
          (a, b) => a - b,
        );
        const pieces = sorted.slice(1).map((end, index) => whole.subarray(sorted[index] ?? 0, end));
        const expected = filter([whole]);
        expect(filter(pieces)).toBe(expected);
        expect(filter(Array.from(whole, (byte) => Uint8Array.of(byte)))).toBe(expected);
        expect(expected).not.toContain("pässwörd-🔑-€");
      },
    ),
    { numRuns: 1000 },
  );
});

test("finds a secret that a control sequence was hidden in", () => {
  expect(filter([Buffer.from("a pässw\u001b]0;x\u0007örd-\u0000🔑-€ b")])).toBe("a «secret:KEY» b");
});

test("holds back the end of a line only when a wrapped encoding may go on behind it", () => {
  const output = createOutputFilter(secrets);
  const push = (text: string) => output.push(Buffer.from(text));
  expect(push("ok: [web1]\n")).toBe("ok: [web1]\n");
  const encoded = Buffer.from("pässwörd-🔑-€").toString("base64");
  expect(push(`data: ${encoded.slice(0, 9)}\r\n`)).toBe("data: ");
  expect(push(`${encoded.slice(9)}\nnext\n`)).toBe("«secret:KEY»\nnext\n");
  expect(push(`data: ${encoded.slice(0, 9)}\n`)).toBe("data: ");
  expect(push("something else\n")).toBe(`${encoded.slice(0, 9)}\nsomething else\n`);
});

test("shows bytes that are not text as the replacement character and goes on", () => {
  expect(filter([Uint8Array.of(0x61, 0xff, 0x62, 0xe2, 0x82)])).toBe("a\ufffdb\ufffd");
});
