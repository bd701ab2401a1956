import type { Removal } from "../../contracts/run.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Tx } from "../schema.ts";
import { countEnded, listExpired, listOverflow, markOldHints, markRemoved, purgeSome } from "./sql.ts";

/** How long output and events stay: whichever is reached first. */
export interface Keep {
  readonly days: number;
  /** Of what the events of all runs take in the database. */
  readonly bytes: number;
}

export interface RetentionDeps extends Pick<CoreDeps, "db" | "clock"> {
  readonly keep: Keep;
}

/** Runs that one transaction takes: nobody waits long for their rows. */
const mostRuns = 100;
const dayMs = 24 * 3_600_000;
const hourMs = 3_600_000;

/**
 * Does one bounded piece of the work and returns in how many milliseconds there is more. Removal is said first, in one transaction
 * with its audit record; rows are deleted after that, and go on being deleted after a kill. Records, plans, approvals and the
 * results per host stay.
 */
export async function tendRetention(deps: RetentionDeps): Promise<number> {
  if (await purgeSome(deps.db)) return 0;
  if ((await countEnded(deps.db, mostRuns)) === mostRuns) return 0;
  if (await removeSome(deps)) return 0;
  const { clock, keep } = deps;
  const marked = await markOldHints(deps.db, oldest(deps), {
    at: clock.now().toISOString(),
    reason: becauseOfAge(keep.days, clock.now()),
  });
  return marked > 0 ? 0 : hourMs;
}

/** One sweep: the output and events of some runs, by one rule. False when there is nothing to remove. */
async function removeSome(deps: RetentionDeps): Promise<boolean> {
  const { db, clock, keep } = deps;
  return await db.transaction().execute(async (tx) => {
    const now = clock.now();
    const { rule, runs } = await listDue(deps, tx);
    const last = runs.at(-1);
    if (last === undefined) return false;
    const reason = rule === "age" ? becauseOfAge(keep.days, now) : becauseOfSize(keep.bytes, now);
    await markRemoved(tx, runs, { at: now.toISOString(), reason });
    await recordAudit(tx, {
      at: now,
      kind: "output.removed",
      actor: { kind: "system", name: "chiffon", id: null },
      data: {
        rule,
        keep: { days: keep.days, bytes: keep.bytes },
        runs: runs.length,
        bytes: runs.reduce((sum, run) => sum + run.bytes, 0),
        ended_until: last.endedAt.toISOString(),
      },
    });
    return true;
  });
}

async function listDue(
  deps: RetentionDeps,
  tx: Tx,
): Promise<{ rule: "age" | "size"; runs: Awaited<ReturnType<typeof listExpired>> }> {
  const expired = await listExpired(tx, oldest(deps), mostRuns);
  if (expired.length > 0) return { rule: "age", runs: expired };
  return { rule: "size", runs: await listOverflow(tx, deps.keep.bytes, mostRuns) };
}

function oldest({ clock, keep }: RetentionDeps): Date {
  return new Date(clock.now().getTime() - keep.days * dayMs);
}

function becauseOfAge(days: number, now: Date): Removal["reason"] {
  return `removed after ${days} ${days === 1 ? "day" : "days"} on ${dateOf(now)}`;
}

function becauseOfSize(bytes: number, now: Date): Removal["reason"] {
  const size = bytes < 1e9 ? `${bytes.toLocaleString("en")} bytes` : `${bytes / 1e9} GB`;
  return `removed on ${dateOf(now)}, because more than ${size} were stored`;
}

function dateOf(now: Date): string {
  return now.toISOString().slice(0, 10);
}
