import { HostTool, type UnitChoice } from "../../contracts/catalogue.ts";
import type { HeaderFacts } from "./facts.ts";

/*
 * `# chiffon:choice=VARIABLE VALUE needs TOOL,TOOL version VARIABLE`: what a unit chooses by itself, told so that a plan can
 * say it before anything runs. It is read, never executed, and decides nothing: the unit's own tasks do.
 */

const maxChoices = 24;
const maxLength = 400;
const written =
  /^([A-Za-z_]\w{0,99})\s+([A-Za-z0-9][\w.+-]{0,63})(?:\s+needs\s+([a-z]+(?:\s*,\s*[a-z]+)*))?(?:\s+version\s+([A-Za-z_]\w{0,99}))?$/;
const form =
  "chiffon:choice=VARIABLE VALUE needs docker,internet version VARIABLE, `needs` and `version` where they apply";

/** Adds one line of the header to the choices; what is wrong with it becomes a problem with its line. */
export function addChoice(header: HeaderFacts, found: { value: string; line: number }): void {
  const choice = readChoice(found.value);
  const problem = typeof choice === "string" ? choice : findClash(header, choice);
  if (problem !== undefined) header.problems.push({ line: found.line, message: problem });
  else if (typeof choice !== "string") header.choices.push({ line: found.line, choice });
}

function readChoice(text: string): UnitChoice | string {
  const parts = text.length > maxLength ? null : written.exec(text);
  const [, variable, value, needs = "", version = null] = parts ?? [];
  if (variable === undefined || value === undefined) return `The choice cannot be read. Write ${form}.`;
  const names = needs.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
  const tools: HostTool[] = [];
  for (const name of new Set(names)) {
    const tool = HostTool.safeParse(name);
    if (!tool.success)
      return `"${name}" is nothing that can be looked for. Known are ${HostTool.options.join(", ")}.`;
    tools.push(tool.data);
  }
  return { variable, value, needs: tools, version };
}

function findClash(header: HeaderFacts, choice: UnitChoice): string | undefined {
  const { variable, value } = choice;
  if (header.choices.length >= maxChoices)
    return `There are more than ${maxChoices} choices; this one is not read.`;
  const twice = header.choices.some(
    (each) => each.choice.variable === variable && each.choice.value === value,
  );
  return twice ? `The value "${value}" of "${variable}" is there already; the first line counts.` : undefined;
}

/** The choices whose variables the unit has. A variable that it does not know is a mistyped one: it could say nothing true. */
export function checkChoices(
  found: HeaderFacts["choices"],
  known: ReadonlySet<string>,
): { choices: UnitChoice[]; problems: HeaderFacts["problems"] } {
  const choices: UnitChoice[] = [];
  const problems: HeaderFacts["problems"] = [];
  for (const { line, choice } of found) {
    const wanted = choice.version === null ? [choice.variable] : [choice.variable, choice.version];
    const missing = wanted.find((name) => !known.has(name));
    if (missing === undefined) choices.push(choice);
    else
      problems.push({
        line,
        message: `The playbook has no variable "${missing}"; correct the name, or give it a default.`,
      });
  }
  return { choices, problems };
}
