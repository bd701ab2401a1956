import type { MatchedIntent } from "../../contracts/intent.ts";
import type { Request } from "../../contracts/request.ts";
import { explainMatch } from "../../understand/explain.ts";
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
  const { message, hint } = explainMatch(lost, world.units);
  return {
    message: `${message.charAt(0).toLowerCase()}${message.slice(1)} ${has}${lost.note === undefined ? "" : ` ${lost.note}`}`,
    hint: `${hint.charAt(0).toLowerCase()}${hint.slice(1).replace(/\.$/, "")}, or use one of the names above`,
  };
}
