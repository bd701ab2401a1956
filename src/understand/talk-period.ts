/** A stretch of time as people name it. */
export interface Period {
  /** How answers name it: "in the last 7 days". */
  readonly label: string;
  /** Days back from today's beginning (UTC) to its begin; null for a length in hours. */
  readonly fromDay: number | null;
  /** Hours back from now, where `fromDay` is null. */
  readonly hours: number;
}

const hour = 3_600_000;
const day = 24 * hour;
const hoursOf: Readonly<Record<string, number>> = { hour: 1, day: 24, week: 168, month: 720, year: 8_760 };

/** What "last week" and no word about time mean. */
export const lastWeek: Period = backHours(168, "in the last 7 days");

function backHours(hours: number, label: string): Period {
  return { label, fromDay: null, hours };
}

const fixed: readonly (readonly [RegExp, Period])[] = [
  [/\b(?:today|this morning)\b/, { label: "today (UTC)", fromDay: 0, hours: 0 }],
  [/\b(?:yesterday|last night)\b/, { label: "since yesterday (UTC)", fromDay: 1, hours: 0 }],
  [/\b(?:in |over |during )?(?:the )?(?:last|past|previous|this) week\b/, lastWeek],
  [
    /\b(?:in |over |during )?(?:the )?(?:last|past|previous|this) month\b/,
    backHours(720, "in the last 30 days"),
  ],
  [
    /\b(?:in |over |during )?(?:the )?(?:last|past|previous|this) year\b/,
    backHours(8_760, "in the last 365 days"),
  ],
  [/\b(?:in |over |during )?(?:the )?(?:last|past) hour\b/, backHours(1, "in the last hour")],
  [/\b(?:recently|lately)\b/, lastWeek],
];
const counted = /\b(?:in |over |during |within )?(?:the )?(?:last|past) (\d{1,3}) (hour|day|week|month)s?\b/;

/** Takes the time out of a lower-case question: what is left, and the period it named. */
export function takePeriod(text: string): { rest: string; period: Period | null } {
  const hit = counted.exec(text);
  if (hit !== null) {
    const count = Number(hit[1]);
    const unit = hit[2] ?? "day";
    const label = `in the last ${count} ${unit}${count === 1 ? "" : "s"}`;
    return { rest: without(text, hit[0]), period: backHours(count * (hoursOf[unit] ?? 24), label) };
  }
  for (const [shape, period] of fixed) {
    const found = shape.exec(text);
    if (found !== null) return { rest: without(text, found[0]), period };
  }
  return { rest: text, period: null };
}

/** When a period begins, seen from `now`. */
export function beginOf(period: Period, now: Date): Date {
  if (period.fromDay === null) return new Date(now.getTime() - period.hours * hour);
  const today = Math.floor(now.getTime() / day) * day;
  return new Date(today - period.fromDay * day);
}

function without(text: string, part: string): string {
  return text.replace(part, " ").replaceAll(/\s+/g, " ").trim();
}
