import type { StepCondition } from "../../contracts/plan.ts";
import type { TaskState } from "../../contracts/run.ts";

/** A step of a run that is over, or whose end nobody knows. */
export interface TriedStep {
  readonly step: number;
  readonly state: TaskState;
  readonly skipCause: "condition" | "dependency" | null;
  readonly changed: boolean;
  readonly hosts: readonly string[];
  /** Of those, the ones that are not done. */
  readonly left: readonly string[];
  readonly after: readonly number[];
  readonly condition: StepCondition | null;
}

/** A step that is tried again. Indexes are those of the run before. */
export interface RetriedStep {
  readonly step: number;
  readonly hosts: readonly string[];
  readonly after: readonly number[];
  readonly condition: StepCondition | null;
}

export interface Retried {
  readonly steps: readonly RetriedStep[];
  /** What a person should know about conditions that the run before has decided. */
  readonly notes: readonly string[];
}

/** What of a run is tried again: what is left of it (`undefined`), or everything from a step on. Empty when nothing is. */
export function chooseRetried(tried: readonly TriedStep[], from: number | undefined): Retried {
  const asked = tried.filter((each) => (from === undefined ? isLeft(each) : each.step >= from));
  const wanted = [...asked, ...readAgain(tried, asked)];
  const numbers = new Set(wanted.map((each) => each.step));
  // Whoever waits for the failure of a step that is tried again waits again.
  const waiting = tried.filter(
    ({ step, condition }) =>
      !numbers.has(step) && condition?.kind === "failed" && numbers.has(condition.step),
  );
  const chosen = [...wanted, ...waiting].toSorted((a, b) => a.step - b.step);
  const notes: string[] = [];
  const kept: { readonly each: TriedStep; readonly condition: StepCondition | null }[] = [];
  for (const each of chosen) {
    const decided = decideAgain(each, { tried, numbers });
    if (decided.note !== null) notes.push(decided.note);
    if (decided.runs) kept.push({ each, condition: decided.condition });
  }
  const runs = new Set(kept.map(({ each }) => each.step));
  const steps = kept.map(({ each, condition }) => ({
    step: each.step,
    hosts: from === undefined && isTried(each) && each.left.length > 0 ? each.left : each.hosts,
    after: [...new Set(waitsFor(each, { tried, runs }))].toSorted((a, b) => a - b),
    condition,
  }));
  return { steps, notes };
}

/** The steps that tell facts for a step that was left out: what they told then may not be true any more. */
function readAgain(tried: readonly TriedStep[], asked: readonly TriedStep[]): TriedStep[] {
  return tried.filter(
    (each) =>
      !asked.includes(each) &&
      asked.some(
        ({ condition, state }) =>
          condition?.kind === "fact" && condition.step === each.step && state === "skipped",
      ),
  );
}

const isTried = ({ state }: TriedStep): boolean => state !== "succeeded" && state !== "skipped";
const isLeft = (each: TriedStep): boolean =>
  isTried(each) || (each.state === "skipped" && each.skipCause === "dependency");

interface Decided {
  readonly runs: boolean;
  readonly condition: StepCondition | null;
  readonly note: string | null;
}

/** A condition about a step that runs again stays; one about a step that does not was decided by the run before. */
function decideAgain(
  { step, condition }: TriedStep,
  { tried, numbers }: { tried: readonly TriedStep[]; numbers: ReadonlySet<number> },
): Decided {
  if (condition === null) return { runs: true, condition, note: null };
  const subject = tried.find((each) => each.step === condition.step);
  const name = `step ${condition.step + 1}`;
  if (condition.kind === "fact") {
    if (numbers.has(condition.step)) return { runs: true, condition, note: null };
    // It had begun: otherwise the facts would be read again.
    const note = `step ${step + 1} of the run before runs without its condition: what ${name} told allowed it there`;
    return { runs: true, condition: null, note };
  }
  const changed = condition.kind === "changed" && subject?.changed === true;
  if (numbers.has(condition.step) && !changed) return { runs: true, condition, note: null };
  const holds = changed || subject?.state === condition.kind;
  const what = { changed: "changed something", succeeded: "succeeded", failed: "failed" }[condition.kind];
  const note = holds
    ? `step ${step + 1} of the run before runs without its condition: ${name} ${what} there`
    : `step ${step + 1} of the run before is left out: it was only for when ${name} ${what}`;
  return { runs: holds, condition: null, note };
}

/** What a step still waits for: through steps that are not tried again to those before them. */
function waitsFor(
  { after, condition }: Pick<TriedStep, "after" | "condition">,
  known: { tried: readonly TriedStep[]; runs: ReadonlySet<number> },
): number[] {
  const before = condition === null ? after : [...after, condition.step];
  return before.flatMap((step) => {
    if (known.runs.has(step)) return [step];
    const other = known.tried.find((each) => each.step === step && !known.runs.has(step));
    return other === undefined || other.step === condition?.step ? [] : waitsFor(other, known);
  });
}
