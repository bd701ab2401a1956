const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `840 ms`, `3.2 s`, `4 min 05 s`, `2 h 10 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < second) return `${Math.round(whole)} ms`;
  if (whole < 9_950) return `${(whole / second).toFixed(1)} s`;
  const seconds = Math.round(whole / second);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long ago in words, and after how many milliseconds the words may change. */
export function describeAge(at: number, now: number): { text: string; next: number } {
  const age = now - at;
  if (age < -10 * second) return { text: `in ${formatRough(-age)}`, next: 10 * second };
  if (age < 10 * second) return { text: "just now", next: 5 * second };
  return { text: `${formatRough(age)} ago`, next: age < minute ? 5 * second : minute / 2 };
}

function formatRough(ms: number): string {
  if (ms < minute) return `${Math.floor(ms / second)} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min`;
  if (ms < day) return `${Math.floor(ms / hour)} h`;
  return `${Math.floor(ms / day)} d`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
