/** So many at a time, in the order in which they asked. */
export interface Slots {
  /** Undefined when it was closed before the work could begin. */
  run<T>(work: () => Promise<T>): Promise<T | undefined>;
  /** Nothing begins any more; resolves when the last one has ended. */
  close(): Promise<void>;
}

export function createSlots(count: number): Slots {
  const waiting: ((taken: boolean) => void)[] = [];
  let busy = 0;
  let closed = false;
  let onIdle = (): void => {};
  const take = (): boolean | Promise<boolean> => {
    if (closed) return false;
    if (busy >= count) return new Promise<boolean>((resolve) => waiting.push(resolve));
    busy += 1;
    return true;
  };
  const release = (): void => {
    const next = closed ? undefined : waiting.shift();
    // Whoever frees a slot hands it on, so that nobody overtakes.
    if (next) return next(true);
    busy -= 1;
    if (busy === 0) onIdle();
  };
  return {
    async run(work) {
      if (!(await take())) return undefined;
      try {
        return await work();
      } finally {
        release();
      }
    },
    async close() {
      closed = true;
      for (const wake of waiting.splice(0)) wake(false);
      if (busy > 0) await new Promise<void>((resolve) => (onIdle = resolve));
    },
  };
}
