import type { Clock } from "../../ports/clock.ts";
import { createCode, normalizeCode, sameDigest, sha256, type Random } from "./credentials.ts";

/** A code that a person types once, shown once. */
export interface OneTimeCode {
  readonly code: string;
  readonly expiresAt: Date;
}

export type CodeCheck =
  | { readonly kind: "accepted"; readonly putBack: () => void }
  | { readonly kind: "wrong"; readonly triesLeft: number }
  | { readonly kind: "expired" }
  | { readonly kind: "spent" }
  | { readonly kind: "none" };

const lifetime = 30 * 60_000;
const tries = 5;

interface Entry {
  readonly hash: string;
  readonly expiresAt: Date;
  triesLeft: number;
}

/** One-time codes by subject, kept in memory as hashes: they end with the process. */
export interface Codes {
  /** Replaces an earlier code of the subject. */
  issue(subject: string): OneTimeCode;
  /** An accepted code is used up at once; `putBack` revives it when what it was for failed. */
  take(subject: string, typed: string): CodeCheck;
}

export function createCodes({ clock, random }: { clock: Clock; random: Random }): Codes {
  const entries = new Map<string, Entry>();
  return {
    issue: (subject) => {
      const code = createCode(random);
      const expiresAt = new Date(clock.now().getTime() + lifetime);
      entries.set(subject, { hash: sha256(normalizeCode(code)), expiresAt, triesLeft: tries });
      return { code, expiresAt };
    },
    take: (subject, typed) => {
      const entry = entries.get(subject);
      if (entry === undefined) return { kind: "none" };
      if (clock.now() >= entry.expiresAt) return { kind: "expired" };
      if (entry.triesLeft === 0) return { kind: "spent" };
      entry.triesLeft--;
      if (!sameDigest(sha256(normalizeCode(typed)), entry.hash)) {
        return { kind: "wrong", triesLeft: entry.triesLeft };
      }
      entries.delete(subject);
      return {
        kind: "accepted",
        putBack: () => {
          entry.triesLeft++;
          if (!entries.has(subject)) entries.set(subject, entry);
        },
      };
    },
  };
}
