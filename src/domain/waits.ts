/** Every wait of the execution core, in milliseconds. One factor scales them all, so that tests need not wait. */
export interface Waits {
  /** An agent renews its leases this often. */
  readonly renewEvery: number;
  /** Without renewal for this long, a running attempt becomes unknown and an agent offline. */
  readonly silence: number;
  /** An attempt that was handed out begins within this time, or is handed out again. */
  readonly beginWithin: number;
  /** An attempt whose agent is gone for this long is stopped by its own supervisor. */
  readonly orphanLimit: number;
  readonly heartbeatEvery: number;
  /** An approval must lead to a start within this time. Not scaled: it is a promise to people. */
  readonly approvalValid: number;
  /** Back-off before attempt 2, 3, 4. */
  readonly retryAfter: readonly number[];
  /** A task that has waited for this long is as urgent as one of the next higher priority that is new. */
  readonly agePriority: number;
  /** How often the server looks for what is overdue. */
  readonly tick: number;
}

/** @param scale 1 in production; 0.1 makes everything ten times quicker. */
export function scaleWaits(scale: number): Waits {
  const second = 1_000 * scale;
  return {
    renewEvery: 10 * second,
    silence: 90 * second,
    beginWithin: 30 * second,
    orphanLimit: 1_800 * second,
    heartbeatEvery: 30 * second,
    approvalValid: 24 * 3_600 * 1_000,
    retryAfter: [1 * second, 2 * second, 4 * second],
    agePriority: 300 * second,
    tick: Math.max(50, second),
  };
}
