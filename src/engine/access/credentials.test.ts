import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  apiTokenPattern,
  createApiToken,
  createCode,
  createPasswords,
  createSessionToken,
  isApiToken,
  normalizeCode,
  systemRandom,
} from "./credentials.ts";

const bytes = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));

describe("API tokens", () => {
  test("have a form that scanners can find, and a checksum that fits", () => {
    fc.assert(
      fc.property(bytes(32), (random) => {
        const token = createApiToken(() => random);
        expect(token).toMatch(apiTokenPattern);
        expect(isApiToken(token)).toBe(true);
      }),
    );
  });

  test("with one character changed are recognised as mistyped", () => {
    fc.assert(
      fc.property(bytes(32), fc.nat({ max: 48 }), fc.nat({ max: 60 }), (random, position, shift) => {
        const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        const token = createApiToken(() => random);
        const at = position + 4;
        const other = alphabet[(alphabet.indexOf(token.charAt(at)) + 1 + shift) % 62] ?? "";
        expect(isApiToken(token.slice(0, at) + other + token.slice(at + 1))).toBe(false);
      }),
    );
  });

  test("of different random bits differ, the extremes included", () => {
    const low = createApiToken(() => Buffer.alloc(32, 0));
    const high = createApiToken(() => Buffer.alloc(32, 255));
    expect(low.slice(4, 47)).toBe("0".repeat(43));
    expect(high.slice(4, 47)).not.toBe(low.slice(4, 47));
    expect(createSessionToken(systemRandom)).toMatch(/^chs_[\w-]{43}$/);
  });
});

describe("codes for people", () => {
  test("have seven groups of four, and mean the same however they are typed", () => {
    const code = createCode((length) => randomBytes(length));
    expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
    const typed = ` ${code.toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l")} `;
    expect(normalizeCode(typed)).toBe(normalizeCode(code));
    expect(normalizeCode(code)).toHaveLength(28);
  });
});

describe("passwords", () => {
  const passwords = createPasswords(systemRandom);

  test("are kept as argon2id with 19 MiB and two passes, each with its own salt", async () => {
    const [one, other] = await Promise.all([
      passwords.hash("correct horse"),
      passwords.hash("correct horse"),
    ]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(one).not.toBe(other);
    expect(await passwords.verify(one, "correct horse")).toBe(true);
    expect(await passwords.verify(one, "correct horsf")).toBe(false);
  });

  test("fit however their letters were composed", async () => {
    const stored = await passwords.hash("caf\u00e9 au lait");
    expect(await passwords.verify(stored, "cafe\u0301 au lait")).toBe(true);
  });

  test("fit nothing where there is no hash or a damaged one", async () => {
    for (const stored of [undefined, "", "$argon2id$v=19$m=19456,t=2,p=1$$", "plain"]) {
      expect(await passwords.verify(stored, "")).toBe(false);
    }
  });
});
