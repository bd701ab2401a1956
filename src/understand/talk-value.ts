import type { Question } from "../contracts/request.ts";

/* What is a value without any doubt: numbers, addresses, paths, versions. "yes" and "stop" are words of the talk. */
const bare = /^(?:\d[\w.:/-]*|~?\/[\w.@/-]+|[a-z0-9][\w-]*(?:[.:@/][\w.:@/-]*)+)$/i;
const quoted = /^(["'])([^"']+)\1$/;
const assigned =
  /^(?:set\s+)?(?:the\s+|its\s+)?([a-z_][\w-]*)\s*(?:=|:|\s(?:is|to|should be)\s|\s)\s*(\S+|"[^"]+"|'[^']+')$/i;

/**
 * The value that a message gives to an open question about a variable: alone when only one question is open ("3002",
 * "wiki.example.org", anything in quotation marks), or with the variable's name or its last word ("port 3002",
 * "wiki_port = 3002"). Undefined for everything else: it may be talk.
 */
export function findValue(
  questions: readonly Question[],
  message: string,
): { question: string; value: string } | undefined {
  const open = questions.filter((question) => question.answer === null);
  const variables = open.filter(
    (question) => question.kind === "variable" && question.free && question.options.length === 0,
  );
  const said = message.trim().replace(/[!]+$/, "");
  const [only] = open;
  const whole = quoted.exec(said)?.[2] ?? (bare.test(said) ? said : undefined);
  if (whole !== undefined)
    return open.length === 1 && only !== undefined && variables.includes(only)
      ? { question: only.id, value: whole }
      : undefined;
  const [, name = "", given = ""] = assigned.exec(said) ?? [];
  const fitting = variables.filter((question) => isCalled(question, name));
  const [question] = fitting;
  if (question === undefined || fitting.length > 1) return undefined;
  return { question: question.id, value: quoted.exec(given)?.[2] ?? given };
}

/** By the whole name of the variable or its last word. */
function isCalled({ id }: Question, name: string): boolean {
  const variable = (id.split(":")[2] ?? "").toLowerCase();
  const wanted = name.toLowerCase().replaceAll("-", "_");
  return wanted !== "" && (variable === wanted || variable.endsWith(`_${wanted}`));
}
