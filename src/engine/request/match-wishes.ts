import type { Intent, MatchedIntent } from "../../contracts/intent.ts";
import { matchIntents } from "../../understand/match.ts";
import { addSemantic } from "../../understand/semantic.ts";
import { findLearnedAliases } from "../learn/aliases.ts";
import type { Database } from "../schema.ts";
import type { Semantics } from "../semantic/semantics.ts";
import { listHostNames, type World } from "./world.ts";

export interface MatchDeps {
  readonly db: Database;
  /** Absent unless an embedding server is configured. */
  readonly semantics?: Pick<Semantics, "propose"> | undefined;
}

/** Finds the units for wishes: by their words, by what people have confirmed before, and, for questions only, by meaning. */
export async function matchWishes(
  deps: MatchDeps,
  world: World,
  intents: readonly Intent[],
): Promise<MatchedIntent[]> {
  const catalogue = { units: world.units, operations: world.operations, hosts: listHostNames(world) };
  const learned = await findLearnedAliases(deps.db, intents, {
    units: [...world.units, ...world.operations],
    hosts: catalogue.hosts,
  });
  const matched = matchIntents(intents, catalogue, { learned });
  return deps.semantics === undefined ? matched : await askModel(deps.semantics, world, matched);
}

async function askModel(
  semantics: Pick<Semantics, "propose">,
  world: World,
  matched: readonly MatchedIntent[],
): Promise<MatchedIntent[]> {
  const open = matched.filter(({ decision }) => decision === "ask" || decision === "none");
  if (open.length === 0) return [...matched];
  const texts = open.map((intent) => intent.text);
  const proposals = await semantics.propose(world.units, texts);
  return matched.map((intent) => {
    const at = open.indexOf(intent);
    if (at < 0) return intent;
    if (proposals.kind === "without")
      return { ...intent, note: `The embedding server was not used: ${proposals.why}.` };
    return addSemantic(intent, proposals.near[at] ?? [], proposals.trust);
  });
}
