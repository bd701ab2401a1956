import type { LiveEvent } from "../contracts/live.ts";
import type { Engine } from "../engine/engine.ts";

interface Question {
  readonly topic: string;
  readonly after: number;
  readonly limit: number;
  /** Seconds. */
  readonly wait: number;
  readonly signal: AbortSignal;
}

/** Events after a number; waits for the first one where there is none yet, the time is up or the caller has gone. */
export async function readEvents(engine: Engine, question: Question): Promise<LiveEvent[]> {
  const { topic, after, limit, wait } = question;
  if (wait === 0) return engine.events.read(topic, after, limit);
  const ended = AbortSignal.any([question.signal, AbortSignal.timeout(wait * 1_000)]);
  let wake = (): void => undefined;
  // Watching begins before the first look, so that nothing falls between the two.
  const stop = engine.events.watch(topic, () => wake());
  const onEnd = (): void => wake();
  ended.addEventListener("abort", onEnd);
  try {
    for (;;) {
      const hint = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const events = await engine.events.read(topic, after, limit);
      if (events.length > 0 || ended.aborted) return events;
      await hint;
    }
  } finally {
    stop();
    ended.removeEventListener("abort", onEnd);
  }
}
