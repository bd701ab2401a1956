import { argon2, createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { ChiffonError } from "../../domain/errors.ts";

/** Source of random bytes; passed in so that tests own it. */
export type Random = (bytes: number) => Buffer;

export const systemRandom: Random = (bytes) => randomBytes(bytes);

/** SHA-256 of the UTF-8 text, hexadecimal. Enough for values of 128 random bits and more; passwords use argon2id. */
export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** Compares two digests without telling by the time where they differ. */
export function sameDigest(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left, "utf8"), Buffer.from(right, "utf8")];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** 256 random bits for a session, recognisable by its beginning. */
export function createSessionToken(random: Random): string {
  return `chs_${random(32).toString("base64url")}`;
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function toBase62(bytes: Buffer, length: number): string {
  let rest = BigInt(`0x${bytes.toString("hex")}`);
  let text = "";
  for (let i = 0; i < length; i++) {
    text = (base62[Number(rest % 62n)] ?? "0") + text;
    rest /= 62n;
  }
  return text;
}

function checksum(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return toBase62(bytes, 6);
}

/** For secret scanners: the form of every API token. The last six characters are a checksum, so that a typo is told apart. */
export const apiTokenPattern = /^chf_[0-9A-Za-z]{49}$/;

/** `chf_`, 256 random bits in base 62, and the CRC-32 of both in base 62. */
export function createApiToken(random: Random): string {
  const body = `chf_${toBase62(random(32), 43)}`;
  return body + checksum(body);
}

/** True when form and checksum fit; says nothing about whether the token exists. */
export function isApiToken(text: string): boolean {
  return apiTokenPattern.test(text) && checksum(text.slice(0, -6)) === text.slice(-6);
}

/** Letters and digits that are not mistaken for each other (Crockford's base 32). */
const codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A code for people to type: seven groups of four, 140 random bits. */
export function createCode(random: Random): string {
  const letters = [...random(28)].map((byte) => codeLetters[byte % 32] ?? "0");
  return Array.from({ length: 7 }, (_, group) => letters.slice(group * 4, group * 4 + 4).join("")).join("-");
}

/** What counts of a typed code: case, spaces, hyphens and the look-alikes O, I and L do not. */
export function normalizeCode(typed: string): string {
  return typed.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");
}

const deriveKey = promisify(argon2);
/** 19 MiB, two passes, one lane: the parameters that OWASP's password storage cheat sheet recommends for argon2id. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 };

/** Hashes and verifies passwords with argon2id; at most two at a time, since each one takes 19 MiB and a core. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** `stored` is what `hash` gave; without it the same work is done and the answer is false. */
  verify(stored: string | undefined, password: string): Promise<boolean>;
}

export function createPasswords(random: Random): Passwords {
  const slots = createSlots(2, 64);
  const unmatched = random(32);
  const derive = (password: string, nonce: Buffer): Promise<Buffer> =>
    slots.use(() =>
      deriveKey("argon2id", { message: password.normalize("NFKC"), nonce, tagLength: 32, ...cost }),
    );
  return {
    hash: async (password) => {
      const nonce = random(16);
      const tag = await derive(password, nonce);
      return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${encode(nonce)}$${encode(tag)}`;
    },
    verify: async (stored, password) => {
      const parts = stored?.split("$") ?? [];
      const nonce = Buffer.from(parts[4] ?? "", "base64");
      const expected = Buffer.from(parts[5] ?? "", "base64");
      const known = parts[1] === "argon2id" && nonce.length === 16 && expected.length === 32;
      const tag = await derive(password, known ? nonce : unmatched.subarray(0, 16));
      return timingSafeEqual(tag, known ? expected : unmatched) && known;
    },
  };
}

function encode(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

function createSlots(size: number, maxWaiting: number): { use<T>(work: () => Promise<T>): Promise<T> } {
  let free = size;
  const waiting: (() => void)[] = [];
  return {
    use: async (work) => {
      if (free > 0) free--;
      else {
        if (waiting.length >= maxWaiting) {
          throw new ChiffonError("too-many-requests", "Too many people are signing in at this moment.", {
            hint: "Try again in a few seconds.",
          });
        }
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    },
  };
}
