import type { Unit } from "../../../src/contracts/catalogue.ts";
import type { PlanStep, StepEdit } from "../../../src/contracts/plan.ts";
import { valueOf } from "./plan-words.ts";

/** What a person has entered about one step; only what they touched. */
export interface StepDraft {
  /** Texts by name of the variable. */
  readonly vars: Readonly<Record<string, string>>;
  /** Names with commas; null as long as it is untouched. */
  readonly hosts: string | null;
  readonly skip: boolean;
}

export const untouched: StepDraft = { vars: {}, hosts: null, skip: false };

/** A variable that can be set, with its value as the form shows it. */
export interface EditableVariable {
  readonly name: string;
  /** What Chiffon passes now; "" when the playbook's own value holds. */
  readonly text: string;
  readonly isPassed: boolean;
  /** The playbook's own value; "" where it is not known. */
  readonly own: string;
}

/** What can be set of a step: what is passed first, then what else the playbook reads. */
export function variablesOf(step: PlanStep, unit: Unit | undefined): EditableVariable[] {
  const own = new Map(unit?.vars.map((variable) => [variable.name, variable.default]));
  const passed = step.vars.filter(({ name }) => !name.startsWith("chiffon_"));
  const others = [...own.keys()].filter(
    (name) => !name.startsWith("chiffon_") && !passed.some((each) => each.name === name),
  );
  return [
    ...passed.map(({ name, value }) => ({
      name,
      text: textOf(value),
      isPassed: true,
      own: textOf(own.get(name)),
    })),
    ...others.map((name) => ({ name, text: "", isPassed: false, own: textOf(own.get(name)) })),
  ];
}

/** As a person writes it: text without quotes, everything else as JSON. */
function textOf(value: PlanStep["vars"][number]["value"] | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : valueOf(value).replaceAll(/\s*\n\s*/g, " ");
}

/** What differs from the plan, as the server takes it; a value that was emptied is the playbook's own again. */
export function editsOf(steps: readonly PlanStep[], drafts: ReadonlyMap<number, StepDraft>): StepEdit[] {
  return steps.flatMap((step) => {
    const draft = drafts.get(step.index) ?? untouched;
    if (draft.skip) return [{ step: step.index, skip: true as const }];
    const edit: StepEdit = { step: step.index };
    const vars = Object.entries(draft.vars).flatMap(([name, text]) => {
      const before = step.vars.find((variable) => variable.name === name);
      if (text === textOf(before?.value)) return [];
      return [[name, text === "" ? null : text] as const];
    });
    if (vars.length > 0) edit.vars = Object.fromEntries(vars);
    const hosts = namesOf(draft.hosts ?? "");
    if (hosts.length > 0 && hosts.join() !== step.hosts.join()) edit.hosts = hosts;
    return edit.vars === undefined && edit.hosts === undefined ? [] : [edit];
  });
}

function namesOf(text: string): string[] {
  return text
    .split(/[,\s]+/)
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
