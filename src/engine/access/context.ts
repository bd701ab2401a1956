import type { Actor } from "../../contracts/actor.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Database } from "../schema.ts";
import type { Codes } from "./codes.ts";
import type { Passwords, Random } from "./credentials.ts";
import type { Throttle } from "./throttle.ts";

/** What the use cases of this folder share. */
export interface AccessContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly passwords: Passwords;
  readonly codes: Codes;
  readonly throttle: Throttle;
}

/** Where a call comes from, and the session that the new one replaces. */
export interface Caller {
  readonly address: string;
  readonly previousSession?: string;
}

/** Actor of records about calls by people who have not proved who they are. */
export const nobody: Actor = { kind: "system", name: "someone not signed in", id: null };

/** Subjects of one-time codes. */
export const setupSubject = "set-up";
export const resetSubject = (username: string): string => `reset ${username}`;

/** A session unused for this long has ended. Milliseconds. */
export const sessionIdle = 12 * 3_600_000;
/** No session lives longer than this. Milliseconds. */
export const sessionLife = 7 * 86_400_000;
/** The time of last use is written at most this often. Milliseconds. */
export const touchEvery = 60_000;
/** How long a typed password lets the command line approve and administer. Milliseconds. */
export const passwordLife = 5 * 60_000;
