import type { Plan, PlanStep } from "../../contracts/plan.ts";
import { findUnit, type World } from "../request/world.ts";

const longestValue = 60;

/** What the next revision of a plan does otherwise: "kuma_port 3001 -> 8080, hosts web1, web2 -> web1". */
export function describeRevision(before: Plan, after: Plan, world: World): string {
  const left = [...before.steps];
  const lines: string[] = [];
  for (const step of after.steps) {
    const at = indexOfSame(left, step);
    const [was] = at < 0 ? [] : left.splice(at, 1);
    if (was === undefined) lines.push(`${step.unit.name} added`);
    else lines.push(...differences(was, step, world));
  }
  lines.push(...left.map((step) => `${step.unit.name} left out`));
  const said = [...new Set(lines)];
  return said.length === 0 ? "the same steps in another way" : said.join(", ");
}

/** Steps have no name of their own: the same unit for the same words, then the same unit, then the same words. */
function indexOfSame(steps: readonly PlanStep[], step: PlanStep): number {
  const sameUnit = (each: PlanStep): boolean => each.unit.id === step.unit.id;
  const sameText = (each: PlanStep): boolean => each.text === step.text;
  const both = steps.findIndex((each) => sameUnit(each) && sameText(each));
  if (both >= 0) return both;
  const unit = steps.findIndex(sameUnit);
  return unit >= 0 ? unit : steps.findIndex(sameText);
}

function differences(was: PlanStep, is: PlanStep, world: World): string[] {
  const lines: string[] = [];
  if (was.unit.id !== is.unit.id) lines.push(`${was.unit.name} -> ${is.unit.name}`);
  if (was.hosts.join() !== is.hosts.join())
    lines.push(`hosts ${was.hosts.join(", ")} -> ${is.hosts.join(", ")}`);
  const names = [...new Set([...was.vars, ...is.vars].map((variable) => variable.name))];
  for (const name of names) {
    const [old, now] = [valueOf(was, name, world), valueOf(is, name, world)];
    if (old !== now) lines.push(`${name} ${old} -> ${now}`);
    // Elsewhere in the repository it may have another value, over which a passed one wins.
    else if (isPassed(was, name) !== isPassed(is, name)) lines.push(`${name} -> ${now}`);
  }
  return lines;
}

const isPassed = (step: PlanStep, name: string): boolean =>
  step.vars.some((variable) => variable.name === name);

/** As it is passed; else as the unit has it by itself. */
function valueOf(step: PlanStep, name: string, world: World): string {
  const passed = step.vars.find((variable) => variable.name === name);
  if (passed !== undefined) return inWords(passed.value);
  const own = findUnit(world, step.unit.id)?.vars.find((variable) => variable.name === name)?.default;
  const plain = typeof own === "number" || typeof own === "boolean" || typeof own === "string";
  return plain && own !== "" && !/\{\{|\{%/.test(String(own)) ? inWords(own) : "its own value";
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return `${value.length} values`;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
