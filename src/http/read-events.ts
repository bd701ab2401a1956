import type { LiveEvent } from "../contracts/live.ts";
import type { Engine } from "../engine/engine.ts";

type Events = Engine["events"];

/** Characters of text that one answer or one batch carries, give or take one read: output may be long. */
const mostText = 2_097_152;
/** The first read asks for few, since nobody knows yet how long they are. */
const firstRead = 32;

export interface Wanted {
  readonly topic: string;
  readonly after: number;
  readonly limit: number;
}

export interface Some {
  readonly items: LiveEvent[];
  /** True when there may be more than was read. */
  readonly more: boolean;
}

/** Events after a number, oldest first: at most `limit`, and fewer where they are long. */
export async function readSome(events: Events, { topic, after, limit }: Wanted): Promise<Some> {
  const items: LiveEvent[] = [];
  let text = 0;
  let asked = Math.min(firstRead, limit);
  while (asked > 0) {
    const batch = await events.read(topic, items.at(-1)?.seq ?? after, asked);
    items.push(...batch);
    if (batch.length < asked) return { items, more: false };
    for (const event of batch) text += "text" in event.data ? event.data.text.length : 0;
    const average = Math.max(1, text / items.length);
    asked = Math.min(limit - items.length, asked * 4, Math.floor((mostText - text) / average));
  }
  return { items, more: true };
}

/** The same; where there is none yet, waits for the first one, the time to be up or the caller to go. */
export async function awaitSome(
  events: Events,
  question: Wanted & { readonly waitSeconds: number; readonly signal: AbortSignal },
): Promise<LiveEvent[]> {
  if (question.waitSeconds === 0) return (await readSome(events, question)).items;
  const ended = AbortSignal.any([question.signal, AbortSignal.timeout(question.waitSeconds * 1_000)]);
  let wake = (): void => undefined;
  // Watching begins before the first look, so that nothing falls between the two.
  const stop = events.watch(question.topic, () => wake());
  const onEnd = (): void => wake();
  ended.addEventListener("abort", onEnd);
  try {
    for (;;) {
      const hint = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const { items } = await readSome(events, question);
      if (items.length > 0 || ended.aborted) return items;
      await hint;
    }
  } finally {
    stop();
    ended.removeEventListener("abort", onEnd);
  }
}
