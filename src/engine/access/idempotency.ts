import { randomUUID } from "node:crypto";
import { ChiffonError } from "../../domain/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Database } from "../schema.ts";
import {
  dropKey,
  dropKeysBefore,
  keepAnswer,
  takeKey,
  type KeptAnswer,
  type Reservation,
} from "./idempotency-sql.ts";

const keptFor = 24 * 3_600_000;
/** After this long a key that another process was working on is free again: that process has died. */
const takeOverAfter = 30_000;

/** A write that may be sent twice and must be done once. */
export interface Repeatable {
  /** `Identity.key` of the caller. */
  readonly identity: string;
  /** The caller's `Idempotency-Key`. */
  readonly key: string;
  /** Method and path. */
  readonly route: string;
  readonly bodySha256: string;
  /** True when the answer must not be kept; repeats are then refused instead of answered. */
  readonly secretAnswer: boolean;
}

/** Keeps the answers of writes for 24 h; a write that failed may be tried again with the same key. */
export interface Idempotency {
  once<T>(call: Repeatable, work: () => Promise<T>): Promise<unknown>;
}

export function createIdempotency({ db, clock }: { db: Database; clock: Clock }): Idempotency {
  const owner = randomUUID();
  /** What this process works on right now; a row of ours that is not here was left behind by a lost connection. */
  const active = new Set<string>();
  let cleanedAt = 0;
  const clean = async (now: Date): Promise<void> => {
    if (now.getTime() - cleanedAt < 3_600_000) return;
    cleanedAt = now.getTime();
    await dropKeysBefore(db, new Date(now.getTime() - keptFor));
  };
  return {
    once: async (call, work) => {
      const at = clock.now();
      await clean(at);
      const mine = `${call.identity}\n${call.key}`;
      if (active.has(mine)) throw stillWorking();
      active.add(mine);
      try {
        const found = await reserve(db, { ...call, owner, at });
        return found === "taken" ? await doOnce(db, { ...call, owner, at }, work) : repeat(found, call);
      } finally {
        active.delete(mine);
      }
    },
  };
}

async function doOnce<T>(db: Database, call: Repeatable & Reservation, work: () => Promise<T>): Promise<T> {
  let answer;
  try {
    answer = await work();
  } catch (error) {
    await dropKey(db, { ...call, createdAt: call.at });
    throw error;
  }
  await keepAnswer(db, call, call.secretAnswer ? null : JSON.stringify({ answer: answer ?? null }));
  return answer;
}

async function reserve(db: Database, wanted: Reservation): Promise<"taken" | KeptAnswer> {
  for (let round = 0; round < 3; round++) {
    const found = await takeKey(db, wanted);
    if (found === "taken") return found;
    if (found === undefined) continue; // dropped between our two looks
    if (!isOver(found, wanted)) return found;
    await dropKey(db, { ...wanted, owner: found.owner, createdAt: found.created_at });
  }
  throw stillWorking();
}

/** The caller has made sure that this process does not work on the key itself. */
function isOver(found: KeptAnswer, wanted: Reservation): boolean {
  const age = wanted.at.getTime() - found.created_at.getTime();
  if (age > keptFor) return true;
  return found.state === "working" && (found.owner === wanted.owner || age > takeOverAfter);
}

function repeat(found: KeptAnswer, call: Repeatable): unknown {
  if (found.route !== call.route || found.body_sha256 !== call.bodySha256) {
    throw new ChiffonError("conflict", "This Idempotency-Key was used before for another call.", {
      hint: "Use a new key for each call, and the same key only to repeat a call unchanged.",
    });
  }
  if (found.state === "working") throw stillWorking();
  if (found.answer === null || typeof found.answer !== "object" || !("answer" in found.answer)) {
    throw new ChiffonError(
      "conflict",
      "This call was done before; its answer holds a secret and was not kept.",
      {
        hint: "If the answer was lost, repeat the call with a new Idempotency-Key.",
      },
    );
  }
  return found.answer.answer;
}

function stillWorking(): ChiffonError {
  return new ChiffonError("conflict", "The first call with this Idempotency-Key is still being worked on.", {
    hint: "Wait for its answer, or repeat the call in a minute.",
  });
}
