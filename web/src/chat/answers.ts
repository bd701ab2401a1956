import type { AnswerRequest, Question } from "../../../src/contracts/request.ts";

/** What a person has entered for the open questions so far, by question. */
export type Answers = Readonly<Record<string, AnswerInput>>;

export interface AnswerInput {
  /** Value of the chosen option; null when the text counts. */
  readonly choice: string | null;
  readonly text: string;
  /** Of a playbook: take it for these words from now on. */
  readonly always?: boolean;
}

export type AnswerDecision =
  | { readonly kind: "ready"; readonly body: AnswerRequest }
  | { readonly kind: "missing"; readonly questions: readonly string[] };

const nothing: AnswerInput = { choice: null, text: "" };

export function inputOf(answers: Answers, question: Question): AnswerInput {
  return answers[question.id] ?? nothing;
}

export function openQuestions(questions: readonly Question[]): readonly Question[] {
  return questions.filter((question) => question.answer === null);
}

/** The answer that an input means; undefined while there is none. */
function valueOf(question: Question, input: AnswerInput): string | undefined {
  if (input.choice !== null && question.options.some((option) => option.value === input.choice))
    return input.choice;
  const text = input.text.trim();
  return question.free && text !== "" ? text : undefined;
}

/** All open questions are answered together: the plan is made once, from all of them. */
export function decideAnswers(questions: readonly Question[], answers: Answers): AnswerDecision {
  const given = openQuestions(questions).map((question) => {
    const input = inputOf(answers, question);
    const value = valueOf(question, input);
    return { question: question.id, value, always: input.always === true && mayKeep(question, value) };
  });
  const missing = given.flatMap((one) => (one.value === undefined ? [one.question] : []));
  if (missing.length > 0) return { kind: "missing", questions: missing };
  return {
    kind: "ready",
    body: {
      answers: given.flatMap((one) =>
        one.value === undefined
          ? []
          : [{ question: one.question, value: one.value, ...(one.always ? { always: true } : {}) }],
      ),
    },
  };
}

/** Only the choice of a playbook can be kept for the next time. */
export function mayKeep(question: Question, value: string | null | undefined): boolean {
  return question.kind === "unit" && typeof value === "string" && value !== "leave out";
}

/** How an answered question reads: the words of the option that was chosen, not its value. */
export function answerWords(question: Question): string {
  return question.options.find((option) => option.value === question.answer)?.label ?? question.answer ?? "";
}
