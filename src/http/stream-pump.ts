import type { LiveEvent } from "../contracts/live.ts";
import type { Engine } from "../engine/engine.ts";

const mostPerRead = 500;
/** Characters of one read that should stay in memory at a time; the next read asks for fewer events when it was more. */
const wantedPerRead = 1_048_576;

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
  let limit = mostPerRead;
  let stopped = false;
  let running = false;
  let hinted = false;

  const sendAll = async (batch: LiveEvent[]): Promise<void> => {
    let length = 0;
    for (const event of batch) {
      if (stopped) return;
      if (event.seq <= after) continue;
      const text = JSON.stringify(event);
      length += text.length;
      after = event.seq;
      await send(text);
    }
    const fitting = Math.floor((batch.length * wantedPerRead) / Math.max(1, length));
    limit = Math.min(mostPerRead, Math.max(1, fitting));
  };
  const drain = async (): Promise<void> => {
    while (hinted && !stopped) {
      hinted = false;
      let batch = await events.read(topic, after, limit);
      while (batch.length > 0 && !stopped) {
        await sendAll(batch);
        if (!stopped) batch = await events.read(topic, after, limit);
      }
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
