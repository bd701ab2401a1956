/** Points of a line from raw evidence to how often the first candidate is right; between them it is straight. */
type Line = readonly (readonly [raw: number, share: number])[];

/*
 * Measured on labelled requests over several repositories and rounded to what holds with any one of them left out; kept below
 * what was measured, because other people word their wishes in other ways. See docs/matching.md.
 */
const byWords: Line = [
  [0, 0],
  [0.12, 0.03],
  [0.22, 0.15],
  [0.32, 0.45],
  [0.42, 0.62],
  [0.55, 0.72],
  [0.66, 0.77],
  [1, 0.77],
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

function along(line: Line, raw: number): number {
  const after = line.findIndex(([at]) => at >= raw);
  if (after <= 0) return line[after]?.[1] ?? line.at(-1)?.[1] ?? 0;
  const [fromRaw, from] = line[after - 1] ?? [0, 0];
  const [toRaw, to] = line[after] ?? [1, 1];
  return from + ((to - from) * (raw - fromRaw)) / (toRaw - fromRaw);
}

/** Confidence of a candidate that only shares words with a wish. Never enough for an automatic pick. */
export const confidenceByWords = (raw: number): number => along(byWords, Math.min(1, Math.max(0, raw)));

/** Confidence of a candidate whose name is said, whole or in part. */
export const confidenceByName = (raw: number): number => along(byName, Math.min(1, Math.max(0, raw)));
