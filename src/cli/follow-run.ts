import { setTimeout as sleep } from "node:timers/promises";
import type { LiveEvent } from "../contracts/live.ts";
import type { Run } from "../contracts/run.ts";
import { ChiffonError } from "../domain/errors.ts";
import { isEnded } from "../domain/run/states.ts";
import type { Api } from "./api.ts";
import { readSocket } from "./live-socket.ts";

export interface FollowOptions {
  readonly api: Api;
  /** The whole id. */
  readonly runId: string;
  readonly signal: AbortSignal;
  /** Called when the live stream was cut, and when the server does not answer at all. */
  readonly onTrouble: (trouble: "polling" | "unreachable") => void;
  readonly timing?: Partial<Timing>;
}

interface Timing {
  /** Seconds that a poll waits for the next event. */
  readonly poll: number;
  /** Polls without an event before the live stream is tried again. */
  readonly emptyPolls: number;
  /** Seconds without any answer after which it is given up. */
  readonly giveUp: number;
}

const usual: Timing = { poll: 2, emptyPolls: 5, giveUp: 120 };

/**
 * The events of a run from the first to the one that ends it, each once and in order, over the live stream; while that is
 * cut, by polling from the last number. Ends after the end of the run. Throws what the server says, `server-unreachable`
 * when it stays away.
 */
export async function* followRun(options: FollowOptions): AsyncGenerator<LiveEvent, void> {
  const { api, runId, signal } = options;
  let after = 0;
  for (;;) {
    const ended = isEnded((await getRun(options)).state);
    for await (const event of ended ? poll(options, { after, ended }) : readOnce(options, after)) {
      after = event.seq;
      yield event;
      if (endsRun(event)) return;
    }
    // A run that has ended has no further events; they may have been removed after their time.
    if (ended && (await api.runs.events(runId, { after, limit: 1 }, signal)).items.length === 0) return;
  }
}

export function endsRun(event: LiveEvent): boolean {
  return event.type === "run.state" && isEnded(event.data.state);
}

/** The live stream as long as it lasts, then some polls; the caller begins anew. */
async function* readOnce(options: FollowOptions, from: number): AsyncGenerator<LiveEvent, void> {
  const { api, runId, signal, onTrouble } = options;
  let after = from;
  try {
    for await (const event of readSocket(api, { topic: `run:${runId}`, after, signal })) {
      if (event.seq <= after) continue;
      // A gap: polling gets what is missing. What was removed is missing for good.
      if (event.seq > after + 1 && event.type !== "events.removed") break;
      after = event.seq;
      yield event;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (isFinal(error)) throw error;
    onTrouble("polling"); // whatever cut the stream: polling gives the same events
  }
  yield* poll(options, { after, ended: false });
}

async function* poll(
  options: FollowOptions,
  from: { after: number; ended: boolean },
): AsyncGenerator<LiveEvent, void> {
  const { api, runId, signal } = options;
  const timing = { ...usual, ...options.timing };
  const wait = from.ended ? 0 : timing.poll;
  let { after } = from;
  for (let empty = 0; empty < timing.emptyPolls;) {
    const at = after;
    const begin = performance.now();
    const { items } = await patiently(options, () =>
      api.runs.events(runId, { after: at, limit: 500, wait }, signal),
    );
    for (const event of items) {
      after = event.seq;
      yield event;
    }
    if (items.length > 0) continue;
    empty = from.ended ? timing.emptyPolls : empty + 1;
    // The server waits for an event itself; where something between us does not let it, we do.
    const left = wait * 1_000 - (performance.now() - begin);
    if (left > 0) await sleep(left, undefined, { signal });
  }
}

function getRun(options: FollowOptions): Promise<Run> {
  return patiently(options, () => options.api.runs.get(options.runId, options.signal));
}

/** Asks again while the server is away, for example because it starts anew. */
async function patiently<T>(
  { signal, onTrouble, timing: given }: FollowOptions,
  ask: () => Promise<T>,
): Promise<T> {
  const timing = { ...usual, ...given };
  const begin = performance.now();
  for (let round = 0; ; round++) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (!isAway(error) || performance.now() - begin > timing.giveUp * 1_000) throw error;
      if (round === 0) onTrouble("unreachable");
      await sleep(timing.poll * 1_000, undefined, { signal });
    }
  }
}

function isAway(error: unknown): boolean {
  return (
    ChiffonError.is(error) && (error.code === "server-unreachable" || error.code === "database-unavailable")
  );
}

/** A refusal does not get better by asking in another way. */
function isFinal(error: unknown): boolean {
  return ChiffonError.is(error) && (error.code === "not-signed-in" || error.code === "not-allowed");
}
