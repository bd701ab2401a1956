import type { Inventory, Requirement, Unit } from "../contracts/catalogue.ts";
import type { Intent, MatchedIntent } from "../contracts/intent.ts";
import type { Explanation } from "../understand/explain.ts";

const maxCell = 60;

/** Texts of repositories may hold anything; what could steer a terminal is taken out. */
const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, " ").trim();

function cell(text: string): string {
  const plain = clean(text);
  return plain.length > maxCell ? `${plain.slice(0, maxCell - 1)}…` : plain;
}

/** Rows as columns of equal width, two spaces between; the first row is the heading. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => cell(row[column] ?? "").length)),
  );
  return rows
    .map(
      (row) =>
        `${row
          .map((text, column) => cell(text).padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** The units of a catalogue for people. */
export function printCatalogue(units: readonly Unit[]): string {
  if (units.length === 0) return "There are no playbooks in this repository.\n";
  const rows = units.map((unit) => [unit.name, unit.verbs.join(", "), unit.path, unit.description]);
  return table([["NAME", "DOES", "PATH", "DESCRIPTION"], ...rows]);
}

/** What else a repository holds, for people: inventories, requirements, and what a vault password opens. */
export function printFacts(facts: {
  units: readonly Unit[];
  inventories: readonly (Omit<Inventory, "hosts" | "groups"> & { hosts: number })[];
  requirements: readonly Requirement[];
}): string {
  const inventories = facts.inventories.map((each) => [
    each.path,
    each.dynamic ? "dynamic, run only after trust" : `${each.hosts} host${each.hosts === 1 ? "" : "s"}`,
    [each.reason ?? "", (each.encrypted ?? []).length > 0 ? "needs a vault password" : ""]
      .filter((text) => text !== "")
      .join("; "),
  ]);
  const requirements = facts.requirements.map((each) => [
    each.kind,
    `${each.name}${each.version === null ? "" : ` ${each.version}`}`,
    each.folder ?? "not in the repository",
  ]);
  const missing = facts.requirements.flatMap((each) => (each.folder === null ? [each.install] : []));
  const vaults = facts.units.flatMap(({ name, encrypted = [] }) =>
    encrypted.length === 0 ? [] : [[name, [...new Set(encrypted.map((each) => each.path))].join(", ")]],
  );
  return [
    section(["INVENTORY", "KIND", ""], inventories),
    section(["REQUIRES", "NAME", "PLACE"], requirements),
    ...[...new Set(missing)].map((command) => `to install: ${clean(command)}\n`),
    section(["NEEDS A VAULT PASSWORD", "ENCRYPTED"], vaults),
  ].join("");
}

const section = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0 ? "" : `\n${table([head, ...rows])}`;

/** Wishes for people: number, verb, target, hosts, what is waited for. */
export function printSplit(steps: readonly Intent[]): string {
  if (steps.length === 0) return "There is no wish in this text.\n";
  return table([
    ["STEP", "VERB", "TARGET", "HOSTS", "AFTER", "SAID"],
    ...steps.map((step, index) => stepRow(step, index)),
  ]);
}

function stepRow(step: Intent, index: number): string[] {
  const after = step.after.map((other) => String(other + 1)).join(", ");
  const said = Object.entries(step.params).map(([key, value]) => `${key} ${value}`);
  if (step.condition !== null) said.push(step.condition);
  return [String(index + 1), step.verb, step.target, step.hosts.join(", "), after, said.join("; ")];
}

/** Matched wishes for people, with why and what to do next. */
export function printMatch(
  matched: readonly MatchedIntent[],
  explain: (step: MatchedIntent) => Explanation,
): string {
  if (matched.length === 0) return "There is no wish in this text.\n";
  const rows = matched.map((step, index) => [...stepRow(step, index).slice(0, 5), decisionOf(step)]);
  const head = table([["STEP", "VERB", "TARGET", "HOSTS", "AFTER", "PLAYBOOK"], ...rows]);
  const notes = matched.map((step, index) => noteOf(step, index, explain(step)));
  return `${head}\n${notes.join("")}`;
}

function decisionOf(step: MatchedIntent): string {
  const [best] = step.candidates;
  const percent = `${Math.round(step.confidence * 100)} %`;
  switch (step.decision) {
    case "auto":
      return `${best?.name ?? ""} (${percent})`;
    case "operation":
      return `Chiffon's ${best?.name ?? ""}`;
    case "ask":
      return "to be chosen";
    case "none":
      return "none fits";
  }
}

function noteOf(step: MatchedIntent, index: number, { message, hint }: Explanation): string {
  const lines = [`${index + 1}. ${clean(message)}`];
  if (step.decision === "ask") {
    for (const candidate of step.candidates.slice(0, 5)) {
      lines.push(
        `     ${Math.round(candidate.confidence * 100)} %  ${cell(candidate.name)}  ${clean(candidate.path)}  ${clean(candidate.evidence)}`,
      );
    }
  }
  if (step.decision === "ask" || step.decision === "none") lines.push(`   ${hint}`);
  return `${lines.join("\n")}\n`;
}
