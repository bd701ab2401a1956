import type { Unit, UnitVariable } from "../../contracts/catalogue.ts";
import type { MatchedIntent } from "../../contracts/intent.ts";
import type { ValueOrigin } from "../../contracts/plan.ts";
import type { Question } from "../../contracts/request.ts";
import type { JsonValue } from "../../domain/canonical-json.ts";
import { settledNames, settledValue, type Answers } from "./answers.ts";
import { variableQuestion } from "./questions.ts";

/** A variable that Chiffon passes, and where its value comes from. */
export interface PassedVariable {
  readonly name: string;
  readonly value: JsonValue;
  readonly source: string;
  readonly origin: ValueOrigin;
}

/** A wish with its unit. */
interface Kept {
  readonly index: number;
  readonly intent: MatchedIntent;
  readonly unit: Unit;
}

/** Values that the words give, by name. */
export type BoundVars = Readonly<Record<string, { value: JsonValue; source: string; origin?: ValueOrigin }>>;

/** The values that a step passes, or the questions about those that are still open. */
export function decideVars(
  each: Kept,
  from: { bound: BoundVars; answers: Answers },
): { vars: PassedVariable[] } | { questions: Question[] } {
  const said: BoundVars = { ...switchVars(each), ...from.bound, ...operationVars(each) };
  const settled = settledNames(from.answers, each.index);
  const vars: PassedVariable[] = [];
  for (const name of new Set([...Object.keys(said), ...settled])) {
    const chosen = settledValue(from.answers, each.index, name);
    const found = chosen ?? said[name];
    if (found !== undefined && found !== "own")
      vars.push({
        name,
        origin: chosen === undefined ? "request" : "person",
        ...found,
        value: found.value as JsonValue,
      });
  }
  const questions: Question[] = [];
  for (const variable of each.unit.vars) {
    const id = `var:${each.index}:${variable.name}`;
    const answer = from.answers.get(id);
    const bound = vars.findIndex((other) => other.name === variable.name);
    if (answer !== undefined && !settled.includes(variable.name)) {
      if (bound >= 0) vars.splice(bound, 1);
      vars.push({
        name: variable.name,
        value: typed(answer, variable),
        source: "your answer",
        origin: "person",
      });
    } else if (bound < 0 ? variable.required : !isChoice(variable, vars[bound]?.value))
      questions.push(variableQuestion(each.unit, variable, id));
  }
  return questions.length > 0 ? { questions } : { vars };
}

/** False for a value that the role's own argument_specs refuse. */
function isChoice({ choices }: UnitVariable, value: JsonValue | undefined): boolean {
  if (choices === undefined || value === null || typeof value === "object") return true;
  return choices.includes(`${value}`);
}

/** A switch must not become the text "false", which counts as yes; other types Ansible converts itself. */
function typed(answer: string, { type }: UnitVariable): JsonValue {
  if (type === "bool" && /^(true|yes|on)$/i.test(answer)) return true;
  if (type === "bool" && /^(false|no|off)$/i.test(answer)) return false;
  return type === "int" && /^-?\d{1,15}$/.test(answer) ? Number(answer) : answer;
}

/** A role or task file that is off by default is switched on to be deployed, and off to be removed. */
function switchVars({ unit, intent }: Kept): BoundVars {
  const name = unit.enableVar;
  if (name === null) return {};
  const on = intent.verb !== "remove" && intent.verb !== "stop";
  return { [name]: { value: on, source: `switches ${unit.name} ${on ? "on" : "off"}` } };
}

/** Which service an operation is about: the words of the sentence as a service's name is written. */
function operationVars(each: Kept): BoundVars {
  const wanted =
    each.unit.kind === "operation" && each.unit.vars.some((variable) => variable.name === "chiffon_service");
  const name = each.intent.target
    .toLowerCase()
    .replaceAll(/[^a-z0-9@._]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return wanted && name !== ""
    ? { chiffon_service: { value: name, source: `"${each.intent.target}" in the request` } }
    : {};
}
