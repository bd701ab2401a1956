import type { LiveEvent } from "../../../src/contracts/live.ts";

/** Whether events of a topic have to come without a gap; those of the other topics are only hints to look again. */
export function isStrict(topic: string): boolean {
  return topic.startsWith("run:");
}

/**
 * What to do with an event for somebody who has seen everything up to `last`. `skip`: seen before. `gap`: one before it is
 * missing; it comes again with what is missing.
 */
export function decideDelivery(
  topic: string,
  last: number,
  { seq, type }: Pick<LiveEvent, "seq" | "type">,
): "deliver" | "skip" | "gap" {
  if (seq <= last) return "skip";
  // What was removed after its time stands for all that is missing before it.
  if (seq === last + 1 || type === "events.removed" || !isStrict(topic)) return "deliver";
  return "gap";
}

/** One who follows a topic. */
export interface Follower {
  /** Number of the newest event that was handed over. */
  last: number;
  readonly onEvent: (event: LiveEvent) => void;
}

/** All who follow one topic over the shared connection. */
export interface Following {
  readonly topic: string;
  readonly followers: Set<Follower>;
  /** From where the server was asked to send; undefined while it was not asked on this connection. */
  asked: number | undefined;
  /** Newest number seen of the topic, kept when nobody follows it, so that hints are not told twice. */
  seen: number;
}

/** From where the topic has to be sent so that nobody who follows it misses anything. */
export function decideAfter({ followers, seen }: Pick<Following, "followers" | "seen">): number {
  let after: number | undefined;
  for (const { last } of followers) after = after === undefined ? last : Math.min(after, last);
  return after ?? seen;
}

/** Hands an event to everybody who has not seen it. Returns true when somebody misses one before it. */
export function deliver(following: Following, event: LiveEvent): boolean {
  let gap = false;
  following.seen = Math.max(following.seen, event.seq);
  for (const follower of following.followers) {
    const decision = decideDelivery(following.topic, follower.last, event);
    if (decision === "gap") gap = true;
    if (decision !== "deliver") continue;
    follower.last = event.seq;
    follower.onEvent(event);
  }
  return gap;
}

/** A message of the live stream, or undefined when it is none that this page understands. */
export function parseMessage(text: string): LiveEvent | "error" | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("type" in value)) return undefined;
  if (value.type === "error") return "error";
  if (!("topic" in value) || typeof value.topic !== "string") return undefined;
  if (!("seq" in value) || typeof value.seq !== "number" || !("data" in value)) return undefined;
  return value as LiveEvent;
}
