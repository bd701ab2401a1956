import { createHash } from "node:crypto";
import { Envelope, queues } from "../../contracts/agent-protocol.ts";
import type { DeadLetter } from "../../contracts/dead-letter.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { plainJson, plainText } from "../../domain/plain-text.ts";
import type { DeadMessage, Verdict } from "../../ports/bus.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Caller } from "../engine.ts";
import type { Database, Tx } from "../schema.ts";
import { handleAgentMessage } from "../track/handle.ts";
import {
  deleteDeadLetter,
  deleteGivenUp,
  insertDeadLetter,
  listDeadRows,
  lockDeadLetter,
  markReplayed,
  sendAgain,
} from "./dead-letters-sql.ts";
import { publish } from "./sql.ts";

const keptOfRubbish = 65_536;
const upward: readonly string[] = [queues.result, queues.log, queues.heartbeat];
const downward = [queues.work(""), queues.control("")];

/** Keeps what a broker gave back; the broker may forget it then. */
export async function keepDeadMessage(deps: CoreDeps, message: DeadMessage): Promise<Verdict> {
  const { queue, reason, problem, body } = message;
  const envelope = problem === null ? plainJson(Envelope.parse(JSON.parse(body))) : null;
  await deps.db.transaction().execute((tx) =>
    insertDeadLetter(tx, {
      id: deps.newId(),
      digest: createHash("sha256").update(`${queue}\n${body}`).digest("hex"),
      at: deps.clock.now(),
      queue: plainText(queue),
      reason: plainText(reason),
      problem: problem === null ? null : plainText(problem),
      envelope,
      body: envelope === null ? plainText(body.slice(0, keptOfRubbish)) : "",
    }),
  );
  return "ack";
}

export async function listDeadLetters(db: Database): Promise<DeadLetter[]> {
  return (await listDeadRows(db)).map((row) => ({
    ...row,
    at: row.at.toISOString(),
    replayedAt: row.replayedAt?.toISOString() ?? null,
  }));
}

/** Gives a letter to its receiver once more: by the outbox to an agent, at once to this server. Recorded. */
export async function replayDeadLetter(deps: CoreDeps, caller: Caller, id: string): Promise<void> {
  const at = deps.clock.now();
  const number = outboxNumber(id);
  if (number !== undefined) {
    await deps.db.transaction().execute(async (tx) => {
      const row = (await sendAgain(tx, number, at)) ?? refuse(id);
      await record(tx, caller, { verb: "replayed", at, row });
    });
    return;
  }
  // The row stays locked meanwhile: two people who replay it do so one after the other.
  await deps.db.transaction().execute(async (tx) => {
    const row = (await lockDeadLetter(tx, id)) ?? refuse(id);
    const { queue, envelope } = row;
    if (row.replayed_at !== null)
      throw notNow("It was given out again already.", "It comes back to this list when it fails again.");
    if (envelope === null)
      throw notNow(`It cannot be given out: ${row.problem}.`, "Throw it away: chiffon agents dead discard");
    if (downward.some((beginning) => queue.startsWith(beginning))) await publish(tx, queue, { envelope, at });
    else if (upward.includes(queue)) expectTaken(await handleAgentMessage(deps, envelope));
    else throw notNow(`Nobody listens to ${queue} any more.`, "Throw it away: chiffon agents dead discard");
    await markReplayed(tx, id, { at, actor: caller.actor });
    await record(tx, caller, { verb: "replayed", at, row });
  });
}

/** Throws a letter away for good. Recorded. */
export async function discardDeadLetter(deps: CoreDeps, caller: Caller, id: string): Promise<void> {
  const number = outboxNumber(id);
  await deps.db.transaction().execute(async (tx) => {
    const found = number === undefined ? await lockDeadLetter(tx, id) : await deleteGivenUp(tx, number);
    const row = found ?? refuse(id);
    if (number === undefined) await deleteDeadLetter(tx, id);
    await record(tx, caller, { verb: "discarded", at: deps.clock.now(), row });
  });
}

function outboxNumber(id: string): number | undefined {
  const [, digits] = /^outbox-(\d{1,15})$/.exec(id) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function expectTaken(verdict: Verdict): void {
  if (verdict === "retry")
    throw notNow(
      "It cannot be taken now: what has to come before it is missing.",
      "Replay first what its agent has sent before it, or try again later.",
    );
  if (verdict === "dead")
    throw notNow(
      "It can never be taken: the attempt that it is about is not its sender's, or is not known.",
      "Throw it away: chiffon agents dead discard",
    );
}

function notNow(message: string, hint: string): ChiffonError {
  return new ChiffonError("conflict", message, { hint });
}

function refuse(id: string): never {
  throw new ChiffonError("not-found", `There is no dead letter ${id}.`, {
    hint: "chiffon agents dead shows all",
  });
}

/** What was in it is not recorded. */
async function record(
  tx: Tx,
  caller: Caller,
  what: {
    verb: "replayed" | "discarded";
    at: Date;
    row: { queue: string; reason: string; envelope: Envelope | null };
  },
): Promise<void> {
  const { queue, reason, envelope } = what.row;
  await recordAudit(tx, {
    at: what.at,
    kind: `dead-letter.${what.verb}`,
    actor: caller.actor,
    data: { queue, reason, type: envelope?.type ?? null, message_id: envelope?.message_id ?? null },
  });
}
