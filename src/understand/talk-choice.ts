import type { Question } from "../contracts/request.ts";

/** The open question and the option that a message names in plain words, when there is exactly one. */
export function findChoice(
  questions: readonly Question[],
  message: string,
): { question: string; value: string } | undefined {
  const said = plain(message);
  const open = questions.filter((question) => question.answer === null);
  const number = /^(?:(?:option|number|no|nr|#)\s*)?(\d{1,2})$/.exec(said)?.[1];
  const [only] = open;
  if (number !== undefined && open.length === 1 && only !== undefined && only.kind !== "host_key") {
    const byName = only.options.find((option) => plain(option.value) === said);
    const option = byName ?? only.options[Number(number) - 1];
    return option === undefined ? undefined : { question: only.id, value: option.value };
  }
  const found = open.flatMap((question) =>
    question.options
      .filter((option) => namesOf(question, option).includes(said))
      .map((option) => ({ question: question.id, value: option.value })),
  );
  return found.length === 1 ? found[0] : undefined;
}

/** What an option is called: its value, its label, and for a unit the name that its label begins with. */
function namesOf(question: Question, option: Question["options"][number]): string[] {
  const names = [plain(option.value), plain(option.label)];
  const short = question.kind === "unit" ? /^(.+?) \((.+?)\): /.exec(option.label) : null;
  return short === null ? names : [...names, plain(short[1] ?? ""), plain(short[2] ?? "")];
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/["'`]/g, "")
    .replace(/^(?:the|use|take|i mean|on|option)\s+(?=\S)/, "")
    .replace(/[\s.!,]+$/, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}
