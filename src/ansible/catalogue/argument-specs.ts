import { field, isMapping, scalarText, textList } from "../yaml/values.ts";
import type { ArgumentFacts } from "./facts.ts";

const maxChoices = 100;
const maxText = 300;

/** The options of an entry point of a role's argument_specs. */
export function readArguments(
  entry: unknown,
  { path, lineOf }: { path: string; lineOf: (value: unknown) => number | undefined },
): ArgumentFacts[] {
  const options = isMapping(entry) ? field(entry, "options") : undefined;
  if (!isMapping(options)) return [];
  return Object.entries(options).flatMap(([name, option]) => {
    if (!isMapping(option)) return [];
    const description = textList(field(option, "description")).join(" ").replaceAll(/\s+/g, " ").trim();
    return [
      {
        name,
        source: `${path}:${lineOf(option) ?? 1}`,
        required: isYes(field(option, "required")),
        type: scalarText(field(option, "type")) ?? null,
        choices: textList(field(option, "choices")).slice(0, maxChoices),
        description: description === "" ? null : description.slice(0, maxText),
      },
    ];
  });
}

const isYes = (value: unknown): boolean =>
  value === true || (typeof value === "string" && /^(yes|true|on)$/i.test(value));
