import type { Database } from "../schema.ts";

export interface KeptAnswer {
  readonly route: string;
  readonly body_sha256: string;
  readonly owner: string;
  readonly state: "working" | "done";
  readonly answer: unknown;
  readonly created_at: Date;
}

export interface Reservation {
  readonly identity: string;
  readonly key: string;
  readonly route: string;
  readonly bodySha256: string;
  readonly owner: string;
  readonly at: Date;
}

/** Takes the key unless somebody has it; gives what is there otherwise. */
export async function takeKey(db: Database, wanted: Reservation): Promise<"taken" | KeptAnswer | undefined> {
  const inserted = await db
    .insertInto("idempotency")
    .values({
      identity: wanted.identity,
      key: wanted.key,
      route: wanted.route,
      body_sha256: wanted.bodySha256,
      owner: wanted.owner,
      state: "working",
      answer: null,
      created_at: wanted.at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("key")
    .executeTakeFirst();
  if (inserted !== undefined) return "taken";
  return db
    .selectFrom("idempotency")
    .select(["route", "body_sha256", "owner", "state", "answer", "created_at"])
    .where("identity", "=", wanted.identity)
    .where("key", "=", wanted.key)
    .executeTakeFirst();
}

/** Forgets a key, if it is still the one that the caller saw. */
export async function dropKey(
  db: Database,
  which: { identity: string; key: string; owner: string; createdAt: Date },
): Promise<void> {
  await db
    .deleteFrom("idempotency")
    .where("identity", "=", which.identity)
    .where("key", "=", which.key)
    .where("owner", "=", which.owner)
    .where("created_at", "=", which.createdAt)
    .execute();
}

export async function keepAnswer(
  db: Database,
  which: { identity: string; key: string; owner: string },
  answer: string | null,
): Promise<void> {
  await db
    .updateTable("idempotency")
    .set({ state: "done", answer })
    .where("identity", "=", which.identity)
    .where("key", "=", which.key)
    .where("owner", "=", which.owner)
    .execute();
}

export async function dropKeysBefore(db: Database, time: Date): Promise<void> {
  await db.deleteFrom("idempotency").where("created_at", "<", time).execute();
}
