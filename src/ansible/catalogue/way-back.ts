import type { UnitVariable, UnitWayBack } from "../../contracts/catalogue.ts";
import type { HeaderFacts } from "./facts.ts";

/*
 * `# chiffon:way-back=unit NAME`, `=VARIABLE VALUE` or `=none WHY`: how what the unit does is taken back. It is shown and
 * proposed, never run by itself, and like every comment it changes no risk.
 */

const maxLength = 300;
const form = "chiffon:way-back=unit NAME, chiffon:way-back=VARIABLE VALUE or chiffon:way-back=none WHY";

/** Keeps the line of the header; what is wrong with it becomes a problem with its line. */
export function setWayBack(header: HeaderFacts, found: { value: string; line: number }): void {
  const way = readWay(found.value);
  if (way === undefined)
    header.problems.push({ line: found.line, message: `The way back cannot be read. Write ${form}.` });
  else if (header.wayBack !== null)
    header.problems.push({
      line: found.line,
      message: "There is a way back already; the first line counts.",
    });
  else header.wayBack = { line: found.line, way };
}

function readWay(text: string): UnitWayBack | undefined {
  const [, word = "", rest = ""] = (text.length > maxLength ? null : /^(\S+)\s*(.*)$/.exec(text)) ?? [];
  if (word === "none") return { kind: "none", text: rest };
  if (rest === "") return undefined;
  if (word === "unit") return { kind: "unit", unit: rest };
  return /^[A-Za-z_]\w{0,99}$/.test(word) && /^[\w.+/:-]{1,100}$/.test(rest)
    ? { kind: "value", variable: word, value: rest }
    : undefined;
}

/**
 * What the header says, when the unit has that variable; else the one variable that is the state of a module. Of several
 * nobody can tell which of them takes the whole thing away.
 */
export function decideWayBack(
  said: HeaderFacts["wayBack"],
  vars: readonly UnitVariable[],
  states: ReadonlySet<string>,
): { found: { wayBack?: UnitWayBack }; problems: HeaderFacts["problems"] } {
  const known = (name: string): boolean => vars.some((variable) => variable.name === name);
  if (said !== null) {
    const { line, way } = said;
    if (way.kind !== "value" || known(way.variable)) return { found: { wayBack: way }, problems: [] };
    const message = `The playbook has no variable "${way.variable}"; correct the name, or give it a default.`;
    return { found: {}, problems: [{ line, message }] };
  }
  const [only, second] = [...states].filter(known);
  const found = only !== undefined && second === undefined;
  return { found: found ? { wayBack: { kind: "state", variable: only } } : {}, problems: [] };
}
