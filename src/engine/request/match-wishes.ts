import type { Intent, MatchedIntent } from "../../contracts/intent.ts";
import { matchIntents } from "../../understand/match.ts";
import { findLearnedAliases } from "../learn/aliases.ts";
import type { Database } from "../schema.ts";
import { listHostNames, type World } from "./world.ts";

export interface MatchDeps {
  readonly db: Database;
}

/** Finds the units for wishes, by their words and by what people have confirmed before. */
export async function matchWishes(
  deps: MatchDeps,
  world: World,
  intents: readonly Intent[],
): Promise<MatchedIntent[]> {
  const catalogue = {
    units: [...world.units],
    operations: [...world.operations],
    hosts: listHostNames(world),
  };
  const learned = await findLearnedAliases(deps.db, intents, {
    units: [...world.units, ...world.operations],
    hosts: catalogue.hosts,
  });
  return matchIntents(intents, catalogue, { learned });
}
