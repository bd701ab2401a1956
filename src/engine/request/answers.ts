import type { Question } from "../../contracts/request.ts";

/** Answers by question id. */
export type Answers = ReadonlyMap<string, string>;

/** What stands for "leave this step out" and "no matter what" in answers. */
export const leaveOut = "leave out";
export const always = "always";

export function answersOf(questions: readonly Question[]): Answers {
  return new Map(questions.flatMap((each) => (each.answer === null ? [] : [[each.id, each.answer]])));
}

/** Whether the wish with this index makes no step, because somebody said so. */
export const isLeftOut = (answers: Answers, index: number): boolean =>
  ["unit", "condition", "portals"].some((kind) => answers.get(`${kind}:${index}`) === leaveOut);

/*
 * What nobody was asked for and is settled all the same: kept among the answers, so that it outlives the next revision. Nobody
 * can answer these over HTTP, for they have no options and take no words.
 */
const settled = { options: [], free: false };

/** A step that is left out keeps its number, as when the answer to its question was to leave it out. */
export function leftOut(step: number): Question {
  const text = "Left out at a person's wish.";
  return { id: `unit:${step}`, kind: "unit", step, text, ...settled, answer: leaveOut };
}

/** Which unit a step runs, where its words do not decide that. */
export function unitChosen(step: number, unit: string): Question {
  return { id: `unit:${step}`, kind: "unit", step, text: "What runs.", ...settled, answer: unit };
}

/** Where the value of a variable comes from: `set` by a person, `back` as it was in an earlier run. */
const origins = { set: "person", back: "as it was before" } as const;

/** A value for a variable, whatever the words say. */
export function valueSet(given: {
  step: number;
  name: string;
  value: unknown;
  origin: keyof typeof origins;
}): Question {
  const { step, name, origin } = given;
  return {
    id: `${origin}:${step}:${name}`,
    kind: "variable",
    step,
    text: `The value of ${name} (${origins[origin]}).`,
    ...settled,
    answer: JSON.stringify(given.value),
  };
}

/** The playbook's own value for a variable, whatever the words say. */
export function valueUnset(step: number, name: string): Question {
  const text = `The value of ${name}.`;
  return { id: `unset:${step}:${name}`, kind: "variable", step, text, ...settled, answer: "its own value" };
}

export const inventoryKey = (step: number): string => `inventory:${step}`;

/** The inventory of a step, where a person has named another than the repository's usual one. */
export function inventoryChosen(step: number, inventory: string): Question {
  const text = "The inventory.";
  return { id: inventoryKey(step), kind: "hosts", step, text, ...settled, answer: inventory };
}

/** A sentence that the plan shows as a note. */
export function note(number: number, text: string): Question {
  return { id: `note:${number}`, kind: "variable", step: null, text: "Of note.", ...settled, answer: text };
}

export function notesOf(answers: Answers): string[] {
  return [...answers].flatMap(([id, answer]) => (id.startsWith("note:") ? [answer] : []));
}

/** What is settled about a variable of a step: its value with where it comes from, or that it has its own. */
export function settledValue(
  answers: Answers,
  step: number,
  name: string,
): { value: unknown; source: string } | "own" | undefined {
  for (const origin of ["set", "back"] as const) {
    const answer = answers.get(`${origin}:${step}:${name}`);
    if (answer !== undefined) return { value: JSON.parse(answer) as unknown, source: origins[origin] };
  }
  return answers.has(`unset:${step}:${name}`) ? "own" : undefined;
}

/** Names of the variables of a step that are settled, in the order in which that was said. */
export function settledNames(answers: Answers, step: number): string[] {
  return [...answers.keys()].flatMap((id) => {
    const [kind, of, ...name] = id.split(":");
    return (kind === "set" || kind === "back") && of === String(step) ? [name.join(":")] : [];
  });
}

/** Whether a question is about what a variable of a step gets. */
export const isAboutValue = (id: string, step: number, name: string): boolean =>
  ["var", "set", "back", "unset"].some((kind) => id === `${kind}:${step}:${name}`);
