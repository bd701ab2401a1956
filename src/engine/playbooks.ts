import type { Unit } from "../contracts/catalogue.ts";

/** Units in which every word of the query occurs, those with it in the name first. */
export function searchUnits(units: readonly Unit[], query: string): Unit[] {
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
