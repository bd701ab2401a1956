import type { Token } from "./tokens.ts";

const weekdays = "monday|tuesday|wednesday|thursday|friday|saturday|sunday";
const timeWord = new RegExp(
  `^(?:tonight|tomorrow|nightly|daily|weekly|hourly|monthly|midnight|noon|weekdays|weekends|(?:${weekdays})s?)$`,
);
const clock = /^\d{1,2}(?::\d{2})?(?:am|pm|h)?$/;
const period = new RegExp(
  `^(?:night|day|week|hour|month|morning|evening|minute|minutes|hours|days|weekend|${weekdays})s?$`,
);
/** What comes again and again. */
const repeating = new RegExp(
  `\\b(?:every|each|nightly|daily|weekly|hourly|monthly|weekdays|weekends|(?:${weekdays})s|(?:once|twice) an?)\\b`,
  "i",
);

/** Whether a time as written means more than once. */
export const isRepeating = (time: string): boolean => repeating.test(time);

/** "every sunday at 4am", "tonight", "once a week" at a token: as written without "at", and how many tokens it takes. */
export function findTime(tokens: readonly Token[], at: number): { text: string; used: number } | undefined {
  const words: string[] = [];
  let next = at;
  while (next < tokens.length) {
    const length = partLength(tokens, next, words.length > 0);
    if (length === 0) break;
    words.push(...tokens.slice(next, next + length).map((token) => token.text));
    next += length;
  }
  if (words.length === 0) return undefined;
  return { text: words.join(" ").replace(/^(?:at|on) /i, ""), used: next - at };
}

function partLength(tokens: readonly Token[], at: number, inside: boolean): number {
  const word = (ahead: number): string => tokens[at + ahead]?.lower ?? "";
  if (/^(?:every|each)$/.test(word(0))) {
    if (period.test(word(1))) return 2;
    if (/^(?:\d+|other|second|third)$/.test(word(1)) && period.test(word(2))) return 3;
  }
  if (/^(?:once|twice)$/.test(word(0)) && /^an?$/.test(word(1)) && period.test(word(2))) return 3;
  const joins = /^(?:at|on|by|until|after|before)$/.test(word(0));
  if (joins && (timeWord.test(word(1)) || (word(0) !== "on" && clock.test(word(1))))) return 1;
  if (timeWord.test(word(0))) return 1;
  const goesOn = /^(?:am|pm|utc|cet|o'clock|morning|night|evening)$/;
  return inside && (clock.test(word(0)) || period.test(word(0)) || goesOn.test(word(0))) ? 1 : 0;
}
