import { isDeepStrictEqual } from "node:util";
import type { MatchedIntent } from "../../contracts/intent.ts";
import { readFactCondition, turnedFact } from "../../understand/fact-condition.ts";
import { listHostNames, type World } from "./world.ts";

/** Chiffon's own operation that tells what machines are. */
export const factsOperation = "operation:facts";

/**
 * Puts a step in front of each wish whose condition compares a fact: the operation that reads the facts, on the host that is meant.
 * A wish and its "otherwise" share one. Where no single host is meant nothing is put there, and the condition becomes a question.
 *
 * @param from wishes before this one stay as they are: answers know them by their numbers
 */
export function addFactSteps(
  intents: readonly MatchedIntent[],
  { world, from = 0 }: { world: World; from?: number },
): MatchedIntent[] {
  const made: MatchedIntent[] = [];
  const numbers: number[] = [];
  const names = listHostNames(world);
  for (const [index, intent] of intents.entries()) {
    const after = intent.after.map((other) => numbers[other] ?? other);
    const host = index < from ? undefined : hostOfCondition(intent, names);
    const known = host === undefined ? undefined : findReading(made, { host, intent });
    if (host === undefined || known !== undefined) {
      numbers.push(made.length);
      made.push({ ...intent, after: known === undefined ? after : joined(after, known) });
      continue;
    }
    made.push({ ...factsIntent([host]), after });
    numbers.push(made.length);
    made.push({ ...intent, after: joined(after, made.length - 1) });
  }
  return made;
}

const joined = (after: readonly number[], index: number): number[] =>
  [...new Set([...after, index])].toSorted((a, b) => a - b);

/** The one host whose fact a condition compares, as the inventory writes it. */
export function hostOfCondition(
  { condition, hosts }: Pick<MatchedIntent, "condition" | "hosts">,
  names: readonly string[],
): string | undefined {
  const read = condition === null ? undefined : readFactCondition(condition);
  if (read === undefined) return undefined;
  const written = read.host ?? (hosts.length === 1 ? hosts[0] : undefined);
  return names.find((name) => name.toLowerCase() === written?.toLowerCase());
}

/** A step that reads the same host, when nothing between it and this wish could have changed what it read. */
function findReading(
  made: readonly MatchedIntent[],
  { host, intent }: { host: string; intent: MatchedIntent },
): number | undefined {
  const at = made.findLastIndex((each) => isReading(each) && each.hosts.includes(host));
  const between = made.slice(at + 1);
  return at >= 0 && between.every((each) => isTwin(each, intent)) ? at : undefined;
}

const isReading = (intent: MatchedIntent): boolean => intent.candidates[0]?.id === factsOperation;

/** The other half of "if … otherwise …": only one of the two can run. */
function isTwin(other: MatchedIntent, intent: MatchedIntent): boolean {
  const [one, two] = [other.condition ?? "", intent.condition ?? ""];
  const isOtherwise = /^if not: /i.test(two) || /^unless /i.test(one);
  return isOtherwise && isDeepStrictEqual(readFactCondition(one), turnedFact(readFactCondition(two)));
}

/** A wish for the facts of these hosts whose meaning is known: no words are weighed. */
export function factsIntent(hosts: string[]): MatchedIntent {
  return {
    text: `Show the facts of ${hosts.join(", ")}`,
    verb: "status",
    target: "facts",
    hosts,
    params: {},
    after: [],
    condition: null,
    decision: "operation",
    confidence: 1,
    method: "exact",
    candidates: [
      {
        id: factsOperation,
        name: "facts",
        path: "facts.yml",
        confidence: 1,
        evidence: 'Chiffon\'s own operation "facts" reads what a machine is and changes nothing.',
      },
    ],
  };
}
