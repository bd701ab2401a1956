import type { Unit } from "../contracts/catalogue.ts";
import type { Intent } from "../contracts/intent.ts";
import type { IntentWords } from "./intent-words.ts";
import type { MatchCatalogue } from "./match.ts";
import { joined, wordsOf } from "./words.ts";

/** One of Chiffon's own operations for a wish, and how sure it is. */
export type OperationChoice = {
  readonly unit: Unit;
  readonly confidence: number;
  readonly evidence: string;
  /** People have chosen it for these words. */
  readonly learned?: boolean;
};

/** Finds the operation that a wish asks for: restart, stop, start, status of a service, reboot, facts, ping. */
export function findOperation(
  intent: Intent,
  words: IntentWords,
  catalogue: MatchCatalogue,
): OperationChoice | undefined {
  const name = operationName(intent, catalogue);
  const unit = catalogue.operations.find((operation) => nameOf(operation) === name);
  if (name === undefined || unit === undefined) return undefined;
  const length = intent.target.split(/\s+/).filter((word) => word !== "").length;
  const needsTarget = name !== "reboot" && name !== "facts" && name !== "ping";
  const clear =
    (needsTarget
      ? length > 0 && (length <= 2 || isNamed(intent, catalogue))
      : intent.hosts.length > 0 || length > 0) &&
    !words.allHosts &&
    !words.dangerous;
  const evidence = needsTarget
    ? `Chiffon's own operation "${name}" does this for a service, here "${intent.target}".`
    : `Chiffon's own operation "${name}" does this for a machine.`;
  return { unit, confidence: clear ? 0.95 : 0.6, evidence };
}

const nameOf = (unit: Unit): string => unit.id.replace(/^operation:/, "");

function operationName(intent: Intent, catalogue: MatchCatalogue): string | undefined {
  const text = intent.text.toLowerCase();
  const target = intent.target.toLowerCase();
  const machine = isMachine(target, intent, catalogue);
  if (/\bping\b/.test(text) && intent.verb === "check") return "ping";
  if (/\bfacts?\b/.test(text) && (intent.verb === "check" || intent.verb === "status")) return "facts";
  switch (intent.verb) {
    case "restart":
      return /\breboot/.test(text) || machine ? "reboot" : "restart";
    case "stop":
    case "start":
      return machine ? undefined : intent.verb;
    case "status":
    case "check":
      return /\b(?:status|running|up|alive|active|state|health|healthy|down|doing|reachable|works?|working)\b/.test(
        text,
      ) && target !== ""
        ? "status"
        : undefined;
    case "deploy":
    case "configure":
    case "update":
    case "remove":
    case "backup":
    case "restore":
    case "rollback":
    case "other":
      return undefined;
  }
}

/** The target is a machine, not a service on it. */
function isMachine(target: string, intent: Intent, catalogue: MatchCatalogue): boolean {
  if (/^(?:server|box|machine|host|computer|vm|node|system)s?$/.test(target)) return true;
  return (
    target !== "" &&
    (catalogue.hosts.some((host) => host.toLowerCase() === target) ||
      intent.hosts.join(" and ").toLowerCase() === target)
  );
}

/** Longer targets are services only when a unit has that name. */
const isNamed = (intent: Intent, catalogue: MatchCatalogue): boolean => {
  const target = joined(wordsOf(intent.target));
  return catalogue.units.some((unit) =>
    [unit.name, ...unit.aliases].some((name) => joined(wordsOf(name)) === target),
  );
};
