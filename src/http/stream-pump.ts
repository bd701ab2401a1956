import type { LiveEvent } from "../contracts/live.ts";
import type { Engine } from "../engine/engine.ts";
import { readSome } from "./read-events.ts";

const mostPerRead = 500;

export interface PumpOptions {
  readonly events: Engine["events"];
  readonly topic: string;
  readonly after: number;
  /** Resolves when the receiver can take more. */
  send(text: string): Promise<void> | undefined;
  onError(error: unknown): void;
}

/**
 * Sends the stored events of a topic after a number, in order and without a gap, then the new ones as they are stored.
 * What is sent is always read from the store: a hint only says that it is worth looking. Returns what ends it.
 */
export function startPump(options: PumpOptions): () => void {
  const { events, topic, send, onError } = options;
  let after = options.after;
  let stopped = false;
  let running = false;
  let hinted = false;

  const sendAll = async (batch: LiveEvent[]): Promise<void> => {
    for (const event of batch) {
      if (stopped) return;
      if (event.seq <= after) continue;
      after = event.seq;
      await send(JSON.stringify(event));
    }
  };
  const drain = async (): Promise<void> => {
    while (hinted && !stopped) {
      hinted = false;
      const { items, more } = await readSome(events, { topic, after, limit: mostPerRead });
      if (more) hinted = true;
      await sendAll(items);
    }
  };
  const look = (): void => {
    hinted = true;
    if (running || stopped) return;
    running = true;
    drain()
      .catch((error: unknown) => {
        if (!stopped) onError(error);
      })
      .finally(() => {
        running = false;
        // A hint that came after the last read and before this line.
        if (hinted && !stopped) look();
      });
  };
  // Watching begins before the first look, so that nothing falls between the two.
  const unwatch = events.watch(topic, look);
  look();
  return () => {
    stopped = true;
    unwatch();
  };
}
