import type { MatchedIntent } from "../../contracts/intent.ts";
import type { PlanEdit } from "../../contracts/plan.ts";
import type { Question, Request } from "../../contracts/request.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { isReservedName } from "../../ansible/process/literal-variables.ts";
import { plainText } from "../../domain/plain-text.ts";
import type { Planned } from "../../understand/change.ts";

/** A request whose variables a person has set one by one: each edit is an answer, and stays text. */
export async function editVariables(
  deps: { readonly redact: (text: string) => Promise<string> },
  request: Request,
  { edits, planned }: { edits: readonly PlanEdit[]; planned: Planned },
): Promise<{
  intents: readonly MatchedIntent[];
  answered: readonly Question[];
  params: Record<string, string>;
}> {
  let answered: readonly Question[] = request.questions;
  const params: Record<string, string> = {};
  for (const edit of edits) {
    const value = plainText(edit.value);
    if ((await deps.redact(value)) !== value)
      throw new ChiffonError("bad-input", `the value for ${edit.variable} holds the value of a secret`, {
        hint: "let the playbook declare that secret (# chiffon:secret=NAME) instead of passing its value in the open",
      });
    const question = answerOf({ ...edit, value }, planned);
    answered = [...answered.filter((each) => each.id !== question.id), question];
    params[edit.variable] = value;
  }
  return { intents: request.intents, answered, params };
}

function answerOf({ step, variable, value }: PlanEdit, planned: Planned): Question {
  const { shown = [], variables = [] } = planned;
  const index = shown[step];
  if (index === undefined)
    throw new ChiffonError("bad-input", `the plan has no step with the index ${step}`, {
      hint: `its steps are 0 to ${shown.length - 1}`,
    });
  const known = (variables[index] ?? []).filter((name) => !isReservedName(name));
  if (!known.includes(variable))
    throw new ChiffonError("bad-input", `this step takes no variable "${variable.slice(0, 80)}"`, {
      hint:
        known.length === 0
          ? "its playbook has no variable that could be set"
          : `what can be set: ${known.slice(0, 12).join(", ")}${known.length > 12 ? ", …" : ""}`,
    });
  return {
    id: `var:${index}:${variable}`,
    kind: "variable",
    step: index,
    text: `${variable} was set by a person.`,
    options: [],
    free: true,
    answer: value,
  };
}
