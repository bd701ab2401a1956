import { hostsNamed, isTaken, leaveOutHosts, readSetting } from "./change-settings.ts";
import { bareChange, namesStep, readChange, type Planned } from "./change.ts";
import { normaliseText } from "./tokens.ts";

/** What a message means beside a plan that waits. */
export type RevisionReading =
  /** Nothing about the plan: read it as any other message. */
  | { readonly kind: "none" }
  | { readonly kind: "revise"; readonly instruction: string }
  /** As good a change of the plan as a request of its own: only a person knows. */
  | { readonly kind: "doubt"; readonly instruction: string }
  /** "new request: …" */
  | { readonly kind: "request"; readonly text: string };

const asRequest = /^(?:as )?(?:a )?(?:new|separate|another) request\s*[:,]\s*(\S.*)$/i;
const ofPlan =
  /^(?:please )?(?:change|revise|adjust|edit|in|for|about) (?:the|this|that|my) plan(?:,? so that it is)?\s*[:,]\s*(\S.*)$/i;
const suggesting =
  /^(?:(?:no|yes|ok(?:ay)?|but|well|so|and|hm+),?\s+)*(?:(?:can|could|would|will) (?:you|we)|what about|how about)\b/i;
const leavingOut = /^(?:without|leave out|skip|omit)\s+(?!(?:it|that|this|them|all|everything|asking)\b)\S/i;
const notDoing = /^(?:do not|don't|cancel|forget(?: about)?)\s+\S/i;
const ordered = /^(?:drop|remove|delete|strike)\s+(\S.*)$/i;
const fromThePlan =
  /^(?:remove|drop|delete|take|cancel|strike)\s+(?:.+\s+(?:from|out of) (?:the|this|that) plan|step \d{1,2}|the (?:first|second|third|fourth|fifth|last) (?:step|one))$/i;

const placing =
  /^(?:(?:only|just|rather)\s+)?(?:(?:run|do|put|make|move|have|use|change) (?:it|that|this|them|everything)\s+)?(?:only\s+)?(?:on|onto|to)\s+(.+?)(?:\s+(?:only|instead|alone|rather))?$/i;
const placingAlone =
  /^(?:(?:only|just)\s+(\S+)|use\s+(\S+)(?:\s+instead)?|(\S+)\s+(?:only|instead)|(?:change|switch|set|move) (?:the )?(?:host|machine|server)s? to (\S+))$/i;
const unknownPlace = /^(?:only|just)\s+on\s+([\w.-]+)$|^on\s+([\w.-]+)\s+(?:only|instead|alone)$/i;
const placedAgain = /^(?:deploy|install|set up)\s+(?:it|that|this|them)\s+(?:on|onto|to)\s+(.+)$/i;
const placeAndValue = /^(on\s+.+?)(?:,|\s+(?:with|and|at|and use))\s+((?:the )?(?:port|version)\s+\S+)$/i;
const valueAndPlace = /^(.+?)\s+(?:and\s+)?(?:only\s+|just\s+)?on\s+(.+?)(?:\s+(?:only|instead))?$/i;

const orderToSet = /^(?:change|set|switch|make|move|bump)\s/i;
const versionOrder = /^(?:update|upgrade|bump)(?:\s+(?:it|that|this))?\s+to\s+v?\d+(?:\.\d+)+\S*$/i;
const forStep = /\s+(?:for|in|of)\s+(?:step|part)\s+\d{1,2}$/i;

/**
 * Reads words such as "change the port to 8080", "on web1 only" or "without step 2" beside a plan that waits. A sentence that
 * says itself what to do with what ("deploy grafana with port 8080") is never one; where both are possible it says so.
 */
export function readRevision(message: string, plan: Planned): RevisionReading {
  const text = normaliseText(message).trim();
  if (text.includes("\n") || text.length > 300) return { kind: "none" };
  const [, own] = asRequest.exec(text) ?? [];
  if (own !== undefined) return { kind: "request", text: own };
  const [, asked] = ofPlan.exec(text) ?? [];
  if (asked !== undefined) return { kind: "revise", instruction: asked };
  if (text.endsWith("?") && !suggesting.test(text)) return { kind: "none" };
  const said = bareChange(text, plan.local);
  const [first, second] = partsOfChange(said, plan);
  if (first !== undefined) return { kind: "revise", instruction: second === undefined ? first : said };
  return isDoubtful(said, plan) ? { kind: "doubt", instruction: inPlanWords(said) } : { kind: "none" };
}

/** The changes that words name, each by itself: "use port 3002 and skip the backup" has two. Empty when they are none. */
export function partsOfChange(words: string, plan: Planned): string[] {
  const said = bareChange(words, plan.local);
  // "and on web2" is one host more, which is another request; "and use port 3002" can only be about the plan.
  const alone = said.replace(/^(?:(?:and|also|then|plus)[,\s]+)+/i, "");
  if (leavesOut(alone, plan) || sets(alone, plan)) return [alone];
  if (places(said, plan)) return [said];
  const [, value = "", where = ""] = valueAndPlace.exec(said) ?? [];
  const placed = hostsNamed(where, plan.hosts) === undefined ? [] : [value, `on ${where}`];
  const listed = said
    .split(/\s*,\s*(?:and\s+|but\s+)?|\s+(?:and|but)\s+/i)
    .map((part) => bareChange(part, plan.local));
  const whole = [placed, listed].find(
    (parts) => parts.length > 1 && parts.length < 5 && parts.every((part) => isPart(part, plan)),
  );
  return whole ?? [];
}

const isPart = (part: string, plan: Planned): boolean =>
  leavesOut(part, plan) || sets(part, plan) || places(part, plan);

function leavesOut(said: string, plan: Planned): boolean {
  if (fromThePlan.test(said)) return true;
  if (leavingOut.test(said))
    return !/\sand\s(?!.*\bstep\b)/i.test(said) || readChange(said, plan).kind !== "unclear";
  if (leaveOutHosts(said, plan.hosts).length > 0) return true;
  return notDoing.test(said) && readChange(said, plan).kind === "leave-out";
}

function places(words: string, { hosts }: Planned): boolean {
  const said = words.replace(forStep, "");
  if (unknownPlace.test(said)) return true;
  const [, where] = placing.exec(said) ?? [];
  const [, ...alone] = placingAlone.exec(said) ?? [];
  const named = where ?? alone.find((name) => name !== undefined);
  if (named !== undefined && hostsNamed(named, hosts) !== undefined) return true;
  const [, place = "", value = ""] = placeAndValue.exec(said) ?? [];
  return hostsNamed(place.replace(/^on\s+/i, ""), hosts) !== undefined && value !== "";
}

/** A value for something that the plan has, or for a port or a version, which nothing but a plan can have here. */
function sets(said: string, plan: Planned): boolean {
  const setting = readSetting(said.replace(forStep, ""), plan);
  if (setting !== undefined) return setting.kind === "unclear" || isTaken(setting, plan);
  // "port 3002 for grafana" orders nothing by itself; "change the port for grafana" may.
  const [whole, what = ""] = /\s+(?:for|of)\s+(.+)$/i.exec(said) ?? [];
  if (whole === undefined || orderToSet.test(said) || !namesStep(what, plan)) return false;
  const rest = readSetting(said.slice(0, -whole.length), plan);
  return rest !== undefined && isTaken(rest, plan);
}

function isDoubtful(said: string, plan: Planned): boolean {
  const [, dropped] = ordered.exec(said) ?? [];
  if (dropped !== undefined) return readChange(`without ${dropped}`, plan).kind === "leave-out";
  const [, where] = placedAgain.exec(said) ?? [];
  if (where !== undefined) return hostsNamed(where, plan.hosts) !== undefined;
  if (versionOrder.test(said)) return true;
  if (!orderToSet.test(said)) return false;
  const turned = inPlanWords(said);
  const [whole, what = ""] = /\s+for\s+(.+)$/i.exec(turned) ?? [];
  if (whole === undefined || !namesStep(what, plan)) return false;
  const setting = readSetting(turned.slice(0, -whole.length), plan);
  return setting !== undefined && isTaken(setting, plan);
}

/** As `readChange` takes it: "remove the backup" is "without the backup", "the port of x to 3002" "port to 3002 for x". */
function inPlanWords(said: string): string {
  const [, dropped] = ordered.exec(said) ?? [];
  if (dropped !== undefined) return `without ${dropped}`;
  const [, where] = placedAgain.exec(said) ?? [];
  if (where !== undefined) return `on ${where}`;
  if (versionOrder.test(said)) return said.replace(/^.*\sto\s+/i, "version ");
  return said.replace(/^(\w+\s+.+?)\s+(?:of|for|in)\s+(.+?)\s+(to|=)\s*(\S+)$/i, "$1 $3 $4 for $2");
}
