import type { Actor } from "../../contracts/actor.ts";
import type { MatchedIntent } from "../../contracts/intent.ts";
import { resolveInventory, type ResolveDeps } from "../inventory/resolve.ts";
import type { Answers } from "./answers.ts";
import { draftSteps, type Draft } from "./draft.ts";
import { dynamicKey, type World } from "./world.ts";

/**
 * The draft of these intents, with each dynamic inventory asked that a step of it needs, once. The world that is given back knows
 * what they said: a draft in it asks none again.
 */
export async function draftWithHosts(
  deps: ResolveDeps,
  actor: Actor,
  of: { intents: readonly MatchedIntent[]; answers: Answers; world: World },
): Promise<{ draft: Draft; world: World }> {
  let { world } = of;
  for (;;) {
    const draft = draftSteps(of.intents, of.answers, world);
    const place = draft.dynamic;
    if (place === undefined) return { draft, world };
    const { read, inventory, project } = place;
    const resolved = await resolveInventory(deps, actor, {
      repository: read.repository,
      inventory,
      project,
    });
    world = { ...world, resolved: new Map([...(world.resolved ?? []), [dynamicKey(place), resolved]]) };
  }
}
