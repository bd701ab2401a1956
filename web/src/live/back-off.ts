const first = 500;
const most = 15_000;

/** Milliseconds to wait before the nth try (from 0): doubled each time, spread so that not all pages come at once. */
export function backOff(tries: number, random: number): number {
  const whole = Math.min(most, first * 2 ** Math.min(tries, 10));
  return Math.round(whole * (0.5 + random / 2));
}
