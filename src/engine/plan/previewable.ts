import type { PlanStep } from "../../contracts/plan.ts";
import type { Verb } from "../../contracts/vocabulary.ts";

/** Verbs after which a service is there, or another one than before: what comes later cannot be seen before. */
const changing: ReadonlySet<Verb> = new Set<Verb>(["deploy", "update", "start", "restore", "rollback"]);

type Facts = Pick<PlanStep, "index" | "verb" | "services" | "unit" | "after" | "condition">;
/** What decides the order of steps. */
type Order = {
  readonly index: number;
  readonly after: readonly number[];
  readonly condition: { readonly step: number } | null;
};

/**
 * Indexes of the steps whose result the preview of this step needs: those before it that bring, or renew, a service that it
 * is about. Check mode cannot look at what such a step only will have made.
 */
export function decidePreviewableAfter(step: Facts, steps: readonly Facts[]): number[] {
  const before = collectBefore(step, steps);
  return steps.filter((other) => before.has(other.index) && brings(other, step)).map((other) => other.index);
}

function brings(earlier: Facts, later: Facts): boolean {
  if (!changing.has(earlier.verb)) return false;
  return earlier.unit.id === later.unit.id || earlier.services.some((name) => later.services.includes(name));
}

/** Everything that has to end before the step, however many steps lie between. */
export function collectBefore(step: Order, steps: readonly Order[]): Set<number> {
  const found = new Set<number>();
  const open = [step];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const needed = next.condition === null ? next.after : [...next.after, next.condition.step];
    for (const index of needed) {
      const other = steps.find((each) => each.index === index);
      if (other === undefined || found.has(index)) continue;
      found.add(index);
      open.push(other);
    }
  }
  return found;
}
