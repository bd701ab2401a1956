/** A background job that runs when nudged, and at the latest after its wait. One at a time; errors are reported, never fatal. */
export interface Loop extends AsyncDisposable {
  nudge(): void;
}

/** @param work does the job and returns in how many milliseconds it wants to run again. */
export function startLoop(work: () => Promise<number>, onError: (error: unknown) => void): Loop {
  let ended = false;
  let nudged = false;
  let wake: () => void = () => {};
  const running = (async () => {
    while (!ended) {
      nudged = false;
      const wait = await work().catch((error: unknown) => {
        onError(error);
        return 1_000;
      });
      if (ended || nudged) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, wait));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();
  return {
    nudge() {
      nudged = true;
      wake();
    },
    [Symbol.asyncDispose]: async () => {
      ended = true;
      wake();
      await running;
    },
  };
}
