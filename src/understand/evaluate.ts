import type { Candidate, MatchedIntent } from "../contracts/intent.ts";
import { isInOrder, type AnsweredStep, type LabelledStep } from "./evaluate-order.ts";

/** A labelled request. `expect` are the acceptable units by name or path; none means that nothing may be picked. */
export interface LabelledRequest {
  readonly repo: string;
  readonly request: string;
  readonly expect: readonly string[];
  /** For example exact, typo, synonym, negative, dangerous, multi. */
  readonly kind: string;
  /** For a request of several wishes: each with its own label, in order of execution. */
  readonly steps?: readonly (LabelledStep & { readonly expect: readonly string[] })[] | undefined;
}

export interface AnsweredRequest {
  readonly row: LabelledRequest;
  readonly answer: readonly (AnsweredStep & Pick<MatchedIntent, "decision" | "confidence" | "candidates">)[];
  /** Milliseconds for splitting and matching. */
  readonly ms: number;
}

/** Figures of rows of one kind, or of all. Shares are 0..1, and null where there is nothing to divide by. */
export interface Figures {
  /** Wishes with an acceptable unit. */
  readonly positives: number;
  readonly top1: number | null;
  readonly top3: number | null;
  /** Units that were picked without asking, and how many of them were acceptable. */
  readonly picked: number;
  readonly pickedRight: number;
  readonly precision: number | null;
  /** Lower end of the 95 % Wilson interval of the precision. */
  readonly precisionLow: number | null;
  /** Share of the positives that were picked without asking, and right. */
  readonly coverage: number | null;
}

export interface Evaluation extends Figures {
  readonly requests: number;
  readonly byKind: Readonly<Record<string, Figures>>;
  readonly negatives: number;
  readonly negativesPicked: number;
  readonly dangerous: number;
  readonly dangerousPicked: number;
  /** Requests whose number of wishes was as labelled. */
  readonly splitRight: number;
  /** Requests with labelled steps, and how many of them were split into these steps in this order. */
  readonly stepped: number;
  readonly inOrder: number;
  /** Those that were not: the steps as labelled, and as they came. */
  readonly outOfOrder: readonly {
    readonly repo: string;
    readonly request: string;
    readonly labelled: readonly string[];
    readonly answered: readonly string[];
  }[];
  /** Expected calibration error over ten bins of the best candidate's confidence. */
  readonly ece: number | null;
  /** Upper end of the 95 % interval of it, by drawing the answers anew a thousand times (bootstrap, percentiles). */
  readonly eceHigh: number | null;
  /** Milliseconds a request. */
  readonly p50: number;
  readonly p95: number;
  /** What was picked and should not have been. */
  readonly wrong: readonly { readonly repo: string; readonly request: string; readonly picked: string }[];
}

/** One wish with its label and its answer; `answer` is missing when the request was split otherwise than labelled. */
interface Item {
  readonly row: LabelledRequest;
  readonly expect: readonly string[];
  readonly answer: AnsweredRequest["answer"][number] | undefined;
}

/** Compares answers with labels. Dangerous rows count only in `dangerousPicked`: no answer to them is right by name alone. */
export function evaluateAnswers(answered: readonly AnsweredRequest[]): Evaluation {
  const safe = answered.filter(({ row }) => row.kind !== "dangerous");
  const items = safe.flatMap(itemsOf);
  const dangerous = answered.filter(({ row }) => row.kind === "dangerous");
  const negatives = safe.filter(({ row }) => isNegative(row));
  const kinds = [...new Set(safe.map(({ row }) => row.kind))];
  const times = answered.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return {
    requests: answered.length,
    ...figuresOf(items),
    byKind: Object.fromEntries(
      kinds.map((kind) => [kind, figuresOf(items.filter(({ row }) => row.kind === kind))]),
    ),
    negatives: negatives.length,
    negativesPicked: negatives.filter(isPicked).length,
    dangerous: dangerous.length,
    dangerousPicked: dangerous.filter(isPicked).length,
    splitRight: safe.filter(({ row, answer }) => answer.length === (row.steps?.length ?? 1)).length,
    ...orderOf(safe),
    ...calibrationOf(items),
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    wrong: items.filter(isWrongPick).map(({ row, answer }) => ({
      repo: row.repo,
      request: row.request,
      picked: answer?.candidates[0]?.id ?? "",
    })),
  };
}

function orderOf(
  answered: readonly AnsweredRequest[],
): Pick<Evaluation, "stepped" | "inOrder" | "outOfOrder"> {
  const stepped = answered.flatMap(({ row, answer }) => (row.steps === undefined ? [] : [{ row, answer }]));
  const wrong = stepped.filter(({ row, answer }) => !isInOrder(row.steps ?? [], answer));
  return {
    stepped: stepped.length,
    inOrder: stepped.length - wrong.length,
    outOfOrder: wrong.map(({ row: { repo, request, steps = [] }, answer }) => ({
      repo,
      request,
      labelled: steps.map(({ text, after }) => sayStep(text, after)),
      answered: answer.map(({ text, after }) => sayStep(text, after)),
    })),
  };
}

/** Steps count from 1 for people. */
const sayStep = (text: string, after: readonly number[] = []): string =>
  after.length === 0 ? text : `${text} (after ${after.map((index) => index + 1).join(", ")})`;

const isNegative = (row: LabelledRequest): boolean => row.expect.length === 0 && row.steps === undefined;
const isPicked = ({ answer }: AnsweredRequest): boolean => answer.some((step) => step.decision === "auto");

function itemsOf({ row, answer }: AnsweredRequest): Item[] {
  const labels = row.steps ?? [{ expect: row.expect }];
  // Every step of an answer with too many is an item: what was picked in it counts. The label belongs to none of them.
  if (answer.length > labels.length)
    return answer.map((step) => ({ row, expect: isNegative(row) ? [] : row.expect, answer: step }));
  return labels.map(({ expect }, at) => ({
    row,
    expect,
    answer: answer.length === labels.length ? answer[at] : undefined,
  }));
}

function figuresOf(items: readonly Item[]): Figures {
  const positives = items.filter(({ expect }) => expect.length > 0);
  const among = (most: number) =>
    positives.filter(({ expect, answer }) =>
      answer?.candidates.slice(0, most).some((candidate) => isExpected(candidate, expect)),
    ).length;
  const picks = items.filter(({ answer }) => answer?.decision === "auto");
  const right = picks.filter((item) => !isWrongPick(item)).length;
  return {
    positives: positives.length,
    top1: share(among(1), positives.length),
    top3: share(among(3), positives.length),
    picked: picks.length,
    pickedRight: right,
    precision: share(right, picks.length),
    precisionLow: wilsonLow(right, picks.length),
    coverage: share(right, positives.length),
  };
}

function isWrongPick({ expect, answer }: Item): boolean {
  const [best] = answer?.candidates ?? [];
  return answer?.decision === "auto" && (best === undefined || !isExpected(best, expect));
}

/** By name, or by the end of the path. A role's folder stands for its tasks/main.yml, and `role/x` for the role x. */
function isExpected(candidate: Candidate, expect: readonly string[]): boolean {
  const path = plainPath(candidate.path);
  const name = plainName(candidate.name);
  return expect.some((label) => {
    const wanted = plainPath(label);
    if (path === wanted || path.endsWith(`/${wanted}`)) return true;
    const role = /^roles?\/([^/]+)$/.exec(wanted)?.[1];
    return name === plainName(role ?? label);
  });
}

const plainPath = (path: string): string => path.replace(/^\.\//, "").replace(/\/tasks\/main\.ya?ml$/, "");
const plainName = (name: string): string => name.toLowerCase().replace(/[-_. ]+/g, "");

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/** Lower end of the 95 % score interval (Wilson 1927) for a share. */
function wilsonLow(right: number, all: number): number | null {
  if (all === 0) return null;
  const z = 1.959_964;
  const p = right / all;
  const middle = p + (z * z) / (2 * all);
  const spread = z * Math.sqrt((p * (1 - p)) / all + (z * z) / (4 * all * all));
  return (middle - spread) / (1 + (z * z) / all);
}

interface Said {
  readonly confidence: number;
  readonly right: boolean;
}

const draws = 1_000;

/** The error, and how large it may be: the same rows drawn anew, with a generator that always draws the same. */
function calibrationOf(items: readonly Item[]): Pick<Evaluation, "ece" | "eceHigh"> {
  const said = items.flatMap(({ expect, answer }): Said[] => {
    const [best] = answer?.candidates ?? [];
    return best === undefined ? [] : [{ confidence: best.confidence, right: isExpected(best, expect) }];
  });
  if (said.length === 0) return { ece: null, eceHigh: null };
  const draw = createDraw(said);
  const errors = Array.from({ length: draws }, () => calibrationError(said.map(draw))).toSorted(
    (a, b) => a - b,
  );
  return { ece: calibrationError(said), eceHigh: quantile(errors, 0.975) };
}

/** Draws one of the values, evenly (xorshift): a measurement gives the same figures when it is repeated. */
function createDraw<T>(values: readonly T[]): (instead: T) => T {
  let state = 2_463_534_242;
  return (instead) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return values[(state >>> 0) % values.length] ?? instead;
  };
}

function calibrationError(said: readonly Said[]): number {
  const bins = Array.from({ length: 10 }, () => ({ confidence: 0, right: 0 }));
  for (const { confidence, right } of said) {
    const bin = bins[Math.min(9, Math.floor(confidence * 10))];
    if (bin === undefined) continue;
    bin.confidence += confidence;
    bin.right += right ? 1 : 0;
  }
  return bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0) / said.length;
}

function quantile(sorted: readonly number[], at: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? 0;
}
