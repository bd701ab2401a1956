/** Points of a line; between them it is straight. */
type Line = readonly (readonly [from: number, to: number])[];

/* Evidence by words and evidence by name are put on one scale, on which candidates are ordered and compared. */
const byWords: Line = [
  [0, 0],
  [0.12, 0.03],
  [0.22, 0.15],
  [0.32, 0.45],
  [0.42, 0.62],
  [0.55, 0.72],
  [0.66, 0.765],
  [0.8, 0.775],
  [1, 0.775],
];

const byName: Line = [
  [0, 0],
  [0.5, 0.22],
  [0.7, 0.36],
  [0.78, 0.45],
  [0.82, 0.75],
  [0.85, 0.85],
  [1, 1],
];

/*
 * What a person is shown: how often the first candidate was right at this place of the scale, over labelled requests of several
 * repositories, rounded to what held for two sets of rows that were written apart. docs/matching.md has the figures.
 */
const asShown: Line = [
  [0, 0],
  [0.2, 0.1],
  [0.35, 0.22],
  [0.5, 0.48],
  [0.6, 0.62],
  [0.7, 0.76],
  [0.77, 0.84],
  [0.849, 0.84],
  [0.85, 0.95],
  [1, 0.99],
];

function along(line: Line, raw: number): number {
  const after = line.findIndex(([at]) => at >= raw);
  if (after <= 0) return line[after]?.[1] ?? line.at(-1)?.[1] ?? 0;
  const [fromRaw, from] = line[after - 1] ?? [0, 0];
  const [toRaw, to] = line[after] ?? [1, 1];
  return from + ((to - from) * (raw - fromRaw)) / (toRaw - fromRaw);
}

/** Place on the scale of a candidate that only shares words with a wish. Never enough for an automatic pick. */
export const confidenceByWords = (raw: number): number => along(byWords, Math.min(1, Math.max(0, raw)));

/** Place on the scale of a candidate whose name is said, whole or in part. */
export const confidenceByName = (raw: number): number => along(byName, Math.min(1, Math.max(0, raw)));

/** The confidence that is shown: the share of right answers that was measured at this place of the scale. */
export const shownConfidence = (place: number): number => Math.round(along(asShown, place) * 1000) / 1000;
