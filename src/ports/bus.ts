import type { Envelope } from "../contracts/agent-protocol.ts";

/**
 * What a handler says of a message. `ack`: done, or durably taken over. `retry`: not now, deliver again later. `dead`: can
 * never be handled (kept for a person to see). A handler that throws means `retry`.
 */
export type Verdict = "ack" | "retry" | "dead";

export interface ConsumeOptions {
  /** Messages of this queue that may be in hand at the same time; order is kept with 1. */
  readonly slots: number;
}

/**
 * Carries envelopes between server and agents. It may lose, repeat and delay messages: the outbox sends again, the inbox,
 * the fence and the sequence numbers make repeats harmless.
 */
export interface Transport {
  /** Resolves with the receiver's verdict, or `retry` when nobody consumes the queue. Never throws for the receiver's fault. */
  deliver(queue: string, envelope: Envelope): Promise<Verdict>;
  consume(
    queue: string,
    options: ConsumeOptions,
    handler: (envelope: Envelope) => Promise<Verdict>,
  ): AsyncDisposable;
  /** Whether `deliver` can find a receiver for this queue now. What is for others waits where it is, here or for another server. */
  reaches(queue: string): boolean;
  /** All queues that it reaches. */
  reachable(): readonly string[];
}

/** A message that no handler could take, as a broker gives it back. */
export interface DeadMessage {
  /** The queue in which it died. */
  readonly queue: string;
  /** The broker's word: `rejected`, `delivery_limit`, `maxlen`, `expired`. */
  readonly reason: string;
  /** Why no handler may ever see it: no envelope, or not from the agent that it names. Null: it is whole. */
  readonly problem: string | null;
  readonly body: string;
}
