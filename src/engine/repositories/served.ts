import path from "node:path";
import type { Actor } from "../../contracts/actor.ts";
import type { RepositorySource } from "../../contracts/first-run.ts";
import type { Repository } from "../catalogues.ts";
import type { RepositoryRow } from "./sql.ts";

/** A repository as it is served, with where it comes from. */
export interface ServedRepository extends Repository {
  readonly source: RepositorySource;
  readonly url: string | null;
  readonly branch: string | null;
  readonly commit: string | null;
  readonly addedBy: Actor | null;
  readonly addedAt: Date | null;
}

/** Folder in which clones lie. */
export function checkoutsOf({ dataDir, sharedDir = dataDir }: Pick<Places, "dataDir" | "sharedDir">): string {
  return path.join(sharedDir, "repositories");
}

export interface Places {
  readonly dataDir: string;
  /** Where clones lie; default: the data directory. */
  readonly sharedDir?: string;
  /** Folder of the example that comes with Chiffon. */
  readonly exampleRoot: string;
}

/**
 * All repositories: those given at the start, then those that were added. Added ones keep their names for ever, because plans
 * and records name them; one that is given at the start again is not served twice. Pure.
 */
export function serveAll(
  given: readonly Repository[],
  rows: readonly RepositoryRow[],
  places: Places,
): ServedRepository[] {
  const added = rows.map((row): ServedRepository => ({
    name: row.name,
    root: rootOf(row, places),
    inventory: row.inventory,
    source: row.source,
    url: row.url,
    branch: row.branch,
    commit: row.commit,
    addedBy: row.added_by,
    addedAt: row.added_at,
  }));
  const taken = new Set(added.map((each) => each.name));
  const flags = given
    .filter((each) => !added.some((other) => other.root === each.root))
    .map((each): ServedRepository => {
      const name = findFreeName(each.name, taken);
      taken.add(name);
      const nothing = { url: null, branch: null, commit: null, addedBy: null, addedAt: null };
      return { ...each, name, source: "flag", ...nothing };
    });
  return [...flags, ...added];
}

/** The wanted name, or the first one with a number behind it that nobody has. */
export function findFreeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted}-${number}`;
  return name;
}

function rootOf(row: RepositoryRow, places: Places): string {
  if (row.source === "example") return places.exampleRoot;
  return row.root ?? path.join(checkoutsOf(places), row.checkout ?? "");
}
