import type { Question, Request } from "../../contracts/request.ts";
import type { Session } from "../command.ts";
import { UsageError } from "../command.ts";
import { oneLine, plain, shellWord } from "../text.ts";

/** `id=value`; an id never has a `=`. */
export function parseAnswer(text: string): { question: string; value: string } {
  const at = text.indexOf("=");
  if (at > 0 && at < text.length - 1) return { question: text.slice(0, at), value: text.slice(at + 1) };
  throw new UsageError(
    `"${text}" is no answer: write ID=VALUE, for example unit:0=homelab:playbooks/nginx.yml`,
  );
}

export function openQuestions(request: Request): Question[] {
  return request.questions.filter((question) => question.answer === null);
}

/** What has to be answered, and how, for a person without a terminal. */
export function describeQuestions(request: Request, me: string): string[] {
  const open = openQuestions(request);
  return [
    `Before there can be a plan, ${open.length === 1 ? "this has" : "these have"} to be answered:`,
    ...open.flatMap((question) => [
      "",
      `${oneLine(question.id)}  ${oneLine(question.text)}`,
      ...question.options.map(
        (option) =>
          `  = ${oneLine(option.value)}${option.label === option.value ? "" : `   ${oneLine(option.label)}`}`,
      ),
      ...(question.free ? ["  = any text"] : []),
    ]),
    "",
    `Answer:   ${answerCommand(request, me)}`,
  ];
}

/** The command that answers all open questions, with the first option of each filled in. */
function answerCommand(request: Request, me: string): string {
  const answers = openQuestions(request).map((question) => {
    const value = question.options[0]?.value ?? "VALUE";
    return shellWord(`${plain(question.id)}=${plain(value)}`);
  });
  return `${me} answer ${request.id} ${answers.join(" ")}`;
}

/** Asks the open questions at the terminal. */
export async function askQuestions(
  { ask }: Session,
  questions: readonly Question[],
): Promise<{ question: string; value: string }[]> {
  const answers = [];
  for (const question of questions)
    answers.push({ question: question.id, value: await askOne(ask, question) });
  return answers;
}

const other = "\u0000other";

async function askOne(ask: Session["ask"], question: Question): Promise<string> {
  const message = oneLine(question.text);
  if (question.options.length === 0) return ask.text(message);
  const choices = question.options.map((option) => ({ value: option.value, label: oneLine(option.label) }));
  if (question.free) choices.push({ value: other, label: "something else" });
  // Enter alone must not accept the key of a machine.
  const initial = question.kind === "host_key" ? "no" : undefined;
  const chosen = await ask.select(message, choices, initial);
  return chosen === other ? ask.text(message) : chosen;
}
