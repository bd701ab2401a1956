import type { PlaybookPage } from "../contracts/api.ts";
import type { Catalogue, Unit, UnitSummary } from "../contracts/catalogue.ts";
import { listOperations } from "../ansible/operations/operations.ts";
import { ChiffonError } from "../domain/errors.ts";
import type { PageOptions } from "./engine.ts";

/** One page of everything that can be asked for; the cursor is the place in the list. */
export function listPlaybooks(
  catalogues: readonly Catalogue[],
  options: PageOptions & { readonly q?: string },
): PlaybookPage {
  const all = allUnits(catalogues);
  const units = options.q === undefined ? all : searchUnits(all, options.q);
  const from = placeOf(options.cursor);
  const end = from + options.limit;
  return {
    items: units.slice(from, end).map(summaryOf),
    next: end < units.length ? String(end) : null,
    total: units.length,
    findings:
      from > 0
        ? []
        : catalogues.flatMap(({ repository, findings }) =>
            findings.map((finding) => ({ repository, ...finding })),
          ),
  };
}

/** The unit with this id, or with this name when no other has it. */
export function getUnit(catalogues: readonly Catalogue[], id: string): Unit {
  const all = allUnits(catalogues);
  const exact = all.find((unit) => unit.id === id);
  if (exact !== undefined) return exact;
  const named = all.filter((unit) => unit.name === id);
  const [only, second] = named;
  if (only === undefined)
    throw new ChiffonError("not-found", `there is no playbook "${id.slice(0, 100)}"`, {
      hint: "chiffon playbooks list shows all",
    });
  if (second !== undefined)
    throw new ChiffonError(
      "conflict",
      `${named.length} playbooks are called "${id.slice(0, 100)}": ${named
        .slice(0, 5)
        .map((unit) => unit.id)
        .join(", ")}${named.length > 5 ? ", …" : ""}`,
      { hint: "Give the whole id." },
    );
  return only;
}

function allUnits(catalogues: readonly Catalogue[]): Unit[] {
  return [...catalogues.flatMap((catalogue) => catalogue.units), ...listOperations()];
}

function placeOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw new ChiffonError("bad-input", "the cursor is not one of this list", {
    hint: "Ask for the first page without a cursor, then use the `next` of each answer.",
  });
}

function summaryOf(unit: Unit): UnitSummary {
  const { id, kind, name, path, repository, description, verbs, minor } = unit;
  return { id, kind, name, path, repository, description, verbs, minor };
}

/** Units in which every word of the query occurs, those with it in the name first. */
function searchUnits(units: readonly Unit[], query: string): Unit[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const scored = units.map((unit) => ({ unit, score: scoreOf(unit, words) }));
  return scored
    .filter((each) => each.score > 0)
    .toSorted((a, b) => b.score - a.score || a.unit.name.localeCompare(b.unit.name))
    .map((each) => each.unit);
}

function scoreOf(unit: Unit, words: readonly string[]): number {
  const name = [unit.name, ...unit.aliases].join(" ").toLowerCase();
  const rest = [unit.path, unit.description, ...unit.verbs, ...unit.tags].join(" ").toLowerCase();
  let score = 0;
  for (const word of words) {
    if (name.includes(word)) score += 3;
    else if (rest.includes(word)) score += 1;
    else return 0;
  }
  return score;
}
