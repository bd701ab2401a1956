import type { Verb } from "../contracts/vocabulary.ts";
import type { Head } from "./clause-head.ts";
import type { Known } from "./hosts.ts";
import { dependentNouns } from "./lexicon.ts";

/** Verbs whose meaning depends on their object: "add a wiki" deploys, "add my portals to it" configures. */
export function settleVerb(head: Head, known: Known): Head {
  const words = head.rest.map((token) => token.lower);
  if (
    /^(?:want|need|get|like to have|love to have|would like|would love|make sure.*|ensure.*|have|keep|check.*|verify.*|test.*|see .*|make|confirm.*)$/.test(
      head.phrase,
    )
  ) {
    return settleState(head, words);
  }
  if (
    head.verb === "status" &&
    words.some((word) => /^(?:outdated|obsolete|upgradable|upgradeable)$/.test(word))
  )
    return { ...head, verb: "check" };
  if (/^(?:update|refresh|import)$/.test(head.phrase) && isSettings(words))
    return { ...head, verb: "configure" };
  if (head.phrase === "add" || head.phrase === "create") return addOf(head, words, known);
  if (head.phrase === "disable" && /^(?:service|daemon|timer|container)$/.test(words[words.length - 1] ?? ""))
    return { ...head, verb: "stop" };
  if (
    head.phrase === "put" &&
    words.some((word) => word === "into" || word === "in") &&
    dependentNouns.has(words[words.length - 1] ?? "")
  ) {
    return { ...head, verb: "configure" };
  }
  if (/^(?:run|execute|trigger|do|perform)$/.test(head.phrase)) return { ...head, verb: "other" };
  if (head.phrase === "pull" && /^(?:logs?|data|files?)$/.test(words[words.length - 1] ?? ""))
    return { ...head, verb: "other" };
  return head;
}

/** "update its config with my portals" changes settings; it does not upgrade. */
const isSettings = (words: readonly string[]): boolean => {
  const end = words.findIndex((word) => /^(?:with|on|to|for|in|from|so)$/.test(word));
  const last = words.slice(0, end < 0 ? words.length : end).at(-1) ?? "";
  return /^(?:config|configuration|settings|configs|list|rules|records|variables|bookmarks|portals|users|monitors)$/.test(
    last,
  );
};

const wantedStates: readonly (readonly [RegExp, Verb])[] = [
  [/ (?:is |are )?(?:up to date|updated|upgraded|at the latest version|current)$/, "update"],
  [/ (?:is |are )?(?:installed|deployed|set up|present)$/, "deploy"],
  [/ (?:is |are )?(?:stopped|down|off|not running|turned off|switched off|disabled)$/, "stop"],
  [/ (?:is |are )?(?:removed|gone|absent|uninstalled|deleted)$/, "remove"],
  [/ (?:is |are )?(?:restarted|rebooted|reloaded)$/, "restart"],
  [/ (?:is |are )?(?:backed up)$/, "backup"],
  [/ (?:is |are )?(?:configured)$/, "configure"],
];

/** "make sure nginx is running", "I want nginx removed": the state that is wished names the verb. */
function settleState(head: Head, words: readonly string[]): Head {
  const onAt = words.findIndex(
    (word, index) =>
      index > 0 &&
      (/^(?:on|at|for|before|with|in|from)$/.test(word) || (word === "to" && words[index - 1] !== "up")) &&
      index < words.length - 1,
  );
  const upTo = onAt < 0 ? words.length : onAt;
  const text = ` ${words.slice(0, upTo).join(" ")}`;
  const ensures = /^(?:make sure|ensure)/.test(head.phrase);
  const running = / (?:is |are )(?:up and running|running|up|started|active|online|on|enabled)$/.exec(text);
  const cut = (verb: Verb, length: number): Head => {
    const drop = text
      .slice(text.length - length)
      .trim()
      .split(" ").length;
    return { ...head, verb, rest: [...head.rest.slice(0, upTo - drop), ...head.rest.slice(upTo)] };
  };
  if (/^(?:check|verify|confirm)/.test(head.phrase)) {
    const asked = / (?:is|are|has|have|does|do|works?|runs?|responds?|answers?|can)(?: .*)?$/.exec(text);
    return asked === null || asked.index === 0 ? head : cut("check", asked[0].length);
  }
  if (running !== null && ensures) return cut("start", running[0].length);
  for (const [shape, verb] of wantedStates) {
    const hit = shape.exec(text);
    if (hit !== null) return cut(verb, hit[0].length);
  }
  return head.phrase === "make" ? { ...head, verb: "configure" } : head;
}

function addOf(head: Head, words: readonly string[], known: Known): Head {
  const to = words.findIndex((word) => word === "to" || word === "into" || word === "in");
  const object = words.slice(0, to < 0 ? words.length : to).filter((word) => !/^(?:on|and|,)$/.test(word));
  const last = object[object.length - 1] ?? "";
  const noun = object.some((word) => dependentNouns.has(word)) && !known.names.has(object.join(" "));
  const owned =
    /^(?:my|our|existing|these|those|the)$/.test(object[0] ?? "") &&
    object.some((word) => word === "existing" || dependentNouns.has(word));
  const goal = words.slice(to + 1);
  const intoThing =
    to >= 0 &&
    goal.some(
      (word) =>
        /^(?:it|them|its|config|configuration|settings|list|file|dashboard)$/.test(word) ||
        known.names.has(word),
    );
  const single = object.filter((word) => !/^(?:a|an|new|the)$/.test(word));
  const dependent = dependentNouns.has(last) || (noun && dependentNouns.has(single[0] ?? ""));
  if (head.phrase === "create") return dependent && single.length > 0 ? { ...head, verb: "configure" } : head;
  return intoThing || owned || dependent ? { ...head, verb: "configure" } : head;
}
