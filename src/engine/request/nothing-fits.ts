import type { MatchedIntent } from "../../contracts/intent.ts";
import type { Request } from "../../contracts/request.ts";
import type { World } from "./world.ts";

/** What to tell when the catalogue has nothing for a wish, or the text holds no wish at all. */
export function findNearestProblem(intents: readonly MatchedIntent[], world: World): Request["problem"] {
  if (intents.length === 0)
    return {
      message: "there is nothing to do in this text",
      hint: "say what should happen to what, for example: Deploy the status page",
    };
  const lost = intents.find((intent) => intent.decision === "none");
  if (!lost) return null;
  const names = world.units.filter((unit) => !unit.minor).map((unit) => unit.name);
  const shown = names.slice(0, 12).join(", ");
  const more = names.length > 12 ? ` and ${names.length - 12} more (chiffon playbooks list)` : "";
  const has = names.length === 0 ? "The catalogue is empty." : `The catalogue has: ${shown}${more}.`;
  return {
    message: `no playbook fits "${lost.target || lost.text}". ${has}${lost.note === undefined ? "" : ` ${lost.note}`}`,
    hint: "add a repository that has it: chiffon up --repo DIR, or use one of the names above",
  };
}
