import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listEncodedForms } from "./encodings.ts";
import { redactJson } from "./redact-json.ts";
import {
  compileSecrets,
  createRedactor,
  findSecretProblem,
  redactText,
  type SecretPatterns,
  type SecretValue,
} from "./redactor.ts";

/** Cuts a text at the given places. */
function cutAt(text: string, places: readonly number[]): string[] {
  const sorted = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  const starts = [0, ...sorted];
  return starts.map((start, index) => text.slice(start, starts[index + 1] ?? text.length));
}

function redactPieces(secrets: SecretPatterns, pieces: readonly string[]): string {
  const redactor = createRedactor(secrets);
  return pieces.map((piece) => redactor.push(piece)).join("") + redactor.end();
}

/** The same rule written the slow way: mark every occurrence of every form, join what overlaps, name it by the longest. */
function redactSlowly(secrets: readonly SecretValue[], text: string): string {
  const matches = secrets.flatMap(({ name, value }) =>
    listEncodedForms(value).flatMap(({ text: form }) => {
      const found: { start: number; end: number; name: string }[] = [];
      for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
        found.push({ start: at, end: at + form.length, name });
      }
      return found;
    }),
  );
  let out = "";
  let cursor = 0;
  let rest = matches.sort((a, b) => a.start - b.start || b.end - a.end);
  for (let first = rest[0]; first !== undefined; first = rest[0]) {
    let end = first.end;
    let count = 1;
    for (let next = rest[count]; next !== undefined && next.start < end; next = rest[count]) {
      end = Math.max(end, next.end);
      count++;
    }
    const names = rest.slice(0, count).sort((a, b) => b.end - b.start - (a.end - a.start) || a.end - b.end);
    out += `${text.slice(cursor, first.start)}«secret:${names[0]?.name}»`;
    cursor = end;
    rest = rest.slice(count);
  }
  return out + text.slice(cursor);
}

const encodings: Record<string, (value: string) => string> = {
  raw: (value) => value,
  base64: (value) => Buffer.from(value).toString("base64"),
  "base64 one byte in": (value) => Buffer.from(`:${value}:x`).toString("base64"),
  "base64 two bytes in": (value) => Buffer.from(`u:${value}:x`).toString("base64"),
  base64url: (value) => Buffer.from(value).toString("base64url"),
  url: (value) => encodeURIComponent(value),
  form: (value) => new URLSearchParams([["a", value]]).toString().slice(2),
  json: (value) => JSON.stringify(value),
  "json in json": (value) => JSON.stringify(JSON.stringify({ value })),
  yaml: (value) => `'${value.replaceAll("'", "''")}'`,
  "wrapped base64": (value) => wrap(Buffer.from(`password = ${value}\n`).toString("base64"), "\n"),
  "wrapped base64 with carriage returns": (value) =>
    wrap(Buffer.from(`x: ${value}`).toString("base64"), "\r\n"),
  "wrapped hex": (value) => wrap(Buffer.from(`x: ${value}`).toString("hex"), "\n"),
  hex: (value) => Buffer.from(value).toString("hex"),
  "upper-case hex": (value) => Buffer.from(value).toString("hex").toUpperCase(),
  shell: (value) => `'${value.replaceAll("'", `'\\''`)}'`,
  "python shell": (value) => `'${value.replaceAll("'", `'"'"'`)}'`,
};

/** Lines so short that every secret is broken, most of them several times. */
function wrap(text: string, lineEnd: string): string {
  return text.replace(/.{17}/g, `$&${lineEnd}`);
}

/** Passwords as people and generators make them: printable, some with quotes, blanks and letters beyond ASCII. */
const password = fc
  .string({
    unit: fc.constantFrom(..."abcXYZ019'\"\\ /+=%&<$`äß€-_.".split(""), "🔑"),
    minLength: 8,
    maxLength: 40,
  })
  .filter((value) => findSecretProblem(value) === undefined);

describe("redactor", () => {
  test.each(Object.keys(encodings))("hides a secret written as %s, wherever the stream is cut", (name) => {
    const encode = encodings[name] ?? String;
    const around = fc.tuple(fc.string(), fc.string());
    fc.assert(
      fc.property(
        password,
        around,
        fc.array(fc.nat(), { maxLength: 8 }),
        (value, [before, after], places) => {
          const secrets = [{ name: "DB_PASSWORD", value }];
          const whole = `${before} ${encode(value)} ${after}`;
          const patterns = compileSecrets(secrets);
          const out = redactPieces(patterns, cutAt(whole, places));
          expect(out).toContain("«secret:DB_PASSWORD»");
          const visible = out.replaceAll("«secret:DB_PASSWORD»", "\0").replace(/[\r\n]/g, "");
          expect(listEncodedForms(value).filter((form) => visible.includes(form.text))).toEqual([]);
          expect(out).toBe(redactText(patterns, whole));
        },
      ),
      { numRuns: 150 },
    );
  });

  test("gives the same text for every cut, and the same as a slow search for each form", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "'", "\n"), minLength: 6, maxLength: 14 });
    const value = letters.filter((text) => text.trim().length >= 6);
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 4 }),
        fc.array(
          fc.oneof(fc.nat(3), fc.string({ unit: fc.constantFrom("a", "b", "'", "\n"), maxLength: 12 })),
          {
            maxLength: 12,
          },
        ),
        fc.array(fc.nat(), { maxLength: 20 }),
        (values, parts, places) => {
          const secrets = values.map((secret, index) => ({ name: `S${index}`, value: secret }));
          const text = parts.map((part) => (typeof part === "number" ? (values[part] ?? "") : part)).join("");
          const expected = redactSlowly(secrets, text);
          const patterns = compileSecrets(secrets);
          expect(redactText(patterns, text)).toBe(expected);
          expect(redactPieces(patterns, cutAt(text, places))).toBe(expected);
          expect(redactPieces(patterns, text.split(""))).toBe(expected);
        },
      ),
      { numRuns: 700 },
    );
  });

  test("hides every line of a private key by itself, and keeps the armour lines", () => {
    const lines = Array.from({ length: 12 }, () => randomBytes(48).toString("base64"));
    const key = ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
    const secrets = [{ name: "TLS_KEY", value: key }];
    const numbered = key
      .split("\n")
      .map((line, index) => `  ${index}: ${line}`)
      .join("\n");
    const out = redactText(secrets, numbered);
    expect(out).toContain("0: -----BEGIN PRIVATE KEY-----");
    for (const line of lines) expect(out).not.toContain(line);
    expect(redactText(secrets, `key:\n${key}done`)).toBe("key:\n«secret:TLS_KEY»done");
    const armoured = redactText(secrets, Buffer.from(`name: x\n${key}`).toString("base64"));
    for (const line of lines)
      expect(Buffer.from(armoured, "base64").toString("latin1")).not.toContain(line.slice(8, 40));
  });

  test("hides the head of a long one-line secret that was cut off", () => {
    const token = randomBytes(600).toString("base64url");
    const out = redactText([{ name: "TOKEN", value: token }], `Bearer ${token.slice(0, 300)}…`);
    expect(out.length).toBeLessThan(150);
    expect(out).toContain("«secret:TOKEN»");
  });

  test("leaves no part of two secrets that overlap", () => {
    const secrets = [
      { name: "A", value: "abcdef" },
      { name: "B", value: "defghijk" },
    ];
    expect(redactText(secrets, "x abcdefghijk y abcdef defghijk")).toBe(
      "x «secret:B» y «secret:A» «secret:B»",
    );
  });

  test("holds back only what begins a secret", () => {
    const redactor = createRedactor([{ name: "A", value: "hunter2 kept" }]);
    expect(redactor.push("password: hunt")).toBe("password: ");
    expect(redactor.push("ing season\n")).toBe("hunting season\n");
    expect(redactor.push("hunter2 ")).toBe("");
    expect(redactor.push("kept")).toBe("«secret:A»");
    expect(redactor.push("hun")).toBe("");
    expect(redactor.end()).toBe("hun");
    expect(redactor.push("hunter2 kept")).toBe("«secret:A»");
  });

  test("a secret that repeats without end keeps nothing in memory", () => {
    const redactor = createRedactor([{ name: "A", value: "aaaaaa" }]);
    let out = "";
    for (let count = 0; count < 2000; count++) out += redactor.push("a".repeat(1000));
    expect(out).toBe("");
    expect(redactor.end()).toBe("«secret:A»");
  });

  test("without secrets it passes everything on at once", () => {
    const redactor = createRedactor([]);
    expect(redactor.push("anything")).toBe("anything");
    expect(redactor.end()).toBe("");
  });

  test("refuses values that cannot be hidden, with the reason", () => {
    expect(findSecretProblem("short")).toMatch(/shorter than 6/);
    expect(findSecretProblem("   abc   ")).toMatch(/shorter than 6/);
    expect(findSecretProblem("abc\u0007defgh")).toMatch(/control/);
    expect(findSecretProblem("abc\u202edefgh")).toMatch(/direction/);
    expect(findSecretProblem("abcdefg\ud800")).toMatch(/Unicode/);
    expect(findSecretProblem("x".repeat(20_000))).toMatch(/longer/);
    expect(findSecretProblem("line one\n\tline two\r\n")).toBeUndefined();
    expect(() => compileSecrets([{ name: "A", value: "abc" }])).toThrow(/too short/);
  });
});

describe("redactJson", () => {
  const secrets = [{ name: "PIN", value: "12345678" }];

  test("walks strings, keys and numbers", () => {
    const value = { a: ["x 12345678", { k12345678: 1, kept: null }], n: 12345678, ok: true, gone: undefined };
    expect(redactJson(secrets, value)).toEqual({
      a: ["x «secret:PIN»", { "k«secret:PIN»": 1, kept: null }],
      n: "«secret:PIN»",
      ok: true,
    });
  });

  test("keeps both of two keys that differ only in a secret, and is not fooled by __proto__", () => {
    const two = [...secrets, { name: "PIN", value: "abcdefgh" }];
    expect(redactJson(two, { "12345678": 1, abcdefgh: 2 })).toEqual({
      "«secret:PIN»": 1,
      "«secret:PIN» (2)": 2,
    });
    const parsed: unknown = JSON.parse('{"__proto__": {"admin": "12345678"}}');
    expect(JSON.stringify(redactJson(secrets, parsed))).toBe('{"__proto__":{"admin":"«secret:PIN»"}}');
  });

  test("does not overflow on deep values", () => {
    let deep: unknown = "12345678";
    for (let count = 0; count < 100_000; count++) deep = [deep];
    expect(JSON.stringify(redactJson(secrets, deep))).toContain("nested too deeply");
  });
});
