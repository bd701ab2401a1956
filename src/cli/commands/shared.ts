import { InvalidArgumentError, Option } from "commander";
import { ChiffonError } from "../../domain/errors.ts";
import { shortId } from "../text.ts";

export function limitOption(): Option {
  return new Option("--limit <number>", "how many").argParser(parseLimit).default(50);
}

function parseLimit(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 200) return number;
  throw new InvalidArgumentError("a number from 1 to 200");
}

/** The one thing that a person means by an id, the beginning of one, or a name. */
export function pick<T extends { readonly id: string; readonly name: string }>(
  things: readonly T[],
  wanted: string,
  what: { readonly noun: string; readonly list: string },
): T {
  const lower = wanted.toLowerCase();
  const exact = things.filter((thing) => thing.id === wanted || thing.name === wanted);
  const fitting =
    exact.length > 0 ? exact : things.filter((thing) => lower.length >= 4 && thing.id.startsWith(lower));
  const [only, second] = fitting;
  if (only !== undefined && second === undefined) return only;
  if (only === undefined) {
    throw new ChiffonError("not-found", `There is no ${what.noun} "${wanted}".`, {
      hint: `List them: ${what.list}`,
    });
  }
  throw new ChiffonError(
    "conflict",
    `"${wanted}" fits several: ${fitting.map((thing) => `${shortId(thing.id)} ${thing.name}`).join(", ")}.`,
    {
      hint: "Give the whole id.",
    },
  );
}
