import type { Verb } from "../contracts/vocabulary.ts";
import { headOf, plainText } from "./clause-head.ts";
import type { Head } from "./clause-head.ts";
import { looksLikeHost } from "./hosts.ts";
import type { Known } from "./hosts.ts";
import { itemsOf } from "./items.ts";
import type { Item } from "./items.ts";
import { everything } from "./lexicon.ts";
import { extractParameters, readModifiers } from "./parameters.ts";
import { takeLeadingTime } from "./segment.ts";
import { settleVerb } from "./settle-verb.ts";
import type { Token } from "./tokens.ts";

/** What a target refers to: itself, something said before ("it", "them"), or a part of it ("its folder"). */
export type Reference = "none" | "one" | "many" | "part";

export type Wish = {
  verb: Verb;
  target: string;
  reference: Reference;
  hosts: string[];
  params: Record<string, string>;
  text: string;
};

export type Clause = {
  /** True for "… in that order": the entries of the list wait for each other. */
  readonly inOrder: boolean;
  readonly verb: Verb;
  readonly verbText: string;
  /** False when the verb is not said ("…, then prometheus") and may be taken from the wish before. */
  readonly said: boolean;
  readonly wishes: Wish[];
  /** True when the hosts are those of the step before ("there", "on the same host"). */
  readonly sameHosts: boolean;
};

/** Reads one clause: its verb, its targets, where, with what. `inherited` is the verb of the wish before. */
export function parseClause(
  written: readonly Token[],
  known: Known,
  inherited: Head | undefined,
): Clause & { head: Head } {
  const { tokens, time } = takeLeadingTime(written);
  const head = headOf(tokens, inherited);
  const settled = settleVerb(head, known);
  const respective = takeRespective(settled);
  const extracted = extractParameters(settled.rest, settled.verb);
  const items = itemsOf(extracted, {
    verb: settled.verb,
    known,
    splits: settled.verb !== "other" || settled.said,
  });
  const wishes = items.map((item) => wishOf(item, settled, known));
  shareTail(wishes, items);
  wishes.splice(0, wishes.length, ...shareOut(wishes, respective));
  const [first] = wishes;
  if (first !== undefined && wishes.length === 1) {
    const said = plainText(tokens.slice(settled.from));
    first.text = settled.said ? said : [settled.verbText, said].join(" ").trim();
  }
  if (time !== undefined) for (const wish of wishes) wish.params["time"] ??= time;
  for (const wish of wishes) nameValue(wish);
  const sameHosts =
    /\b(?:there|on (?:the )?same (?:host|server|machine|box|hosts)|on (?:both|them|it|each|that (?:host|server|machine)))\b/i.test(
      plainText(tokens),
    );
  return {
    verb: settled.verb,
    verbText: settled.verbText,
    said: settled.said,
    wishes: mergeHosts(wishes, settled, known),
    sameHosts,
    inOrder:
      /\b(?:in (?:that|this|the given) order|one after the other|one by one|one at a time|in sequence)\b/i.test(
        plainText(tokens),
      ),
    head: settled,
  };
}

function wishOf(item: Item, head: Head, known: Known): Wish {
  const read = readModifiers(item.modifiers, head.verb, known);
  const text = [head.verbText, item.text].filter((part) => part !== "").join(" ");
  const wish: Wish = {
    verb: head.verb,
    target: item.target,
    reference: item.reference,
    hosts: read.hosts,
    params: { ...item.params, ...read.params },
    text,
  };
  const path = /^(?:\/|~\/)\S+$/.test(item.target) ? item.target : undefined;
  if (path !== undefined) wish.params["path"] ??= path;
  return wish;
}

/** "set the port of grafana to 3000": the noun names the value. "open port 80": the port is the target. */
function nameValue(wish: Wish): void {
  const { params } = wish;
  const port = params["port"];
  if (wish.target === "" && wish.reference === "none" && port !== undefined && wish.verb === "configure") {
    wish.target = port.includes(",") ? `ports ${port.split(",").join(" and ")}` : `port ${port}`;
  }
  const to = params["to"];
  const noun = /\b(port|version|domain|timezone|hostname|url|password|email|size|memory|replicas)\b/i
    .exec(wish.target)?.[1]
    ?.toLowerCase();
  if (wish.verb !== "configure" || to === undefined || noun === undefined) return;
  params[noun] ??= to;
  delete params["to"];
}

/** Hosts and times behind the last entry of a list count for the entries that have none. */
function shareTail(wishes: readonly Wish[], items: readonly Item[]): void {
  const last = wishes[wishes.length - 1];
  if (last === undefined || wishes.length < 2) return;
  const respectively = items.some((item) => item.respectively);
  if (respectively && last.hosts.length === wishes.length) {
    const hosts = [...last.hosts];
    wishes.forEach((wish, index) => {
      wish.hosts = hosts.slice(index, index + 1);
    });
    return;
  }
  const time = last.params["time"];
  for (const wish of wishes) {
    if (wish.hosts.length === 0) wish.hosts = [...last.hosts];
    if (time !== undefined) wish.params["time"] ??= time;
  }
}

const versionLike = /^v?\d+(?:\.\d+)*[\w.-]*$/;

/** "… to 2.8 and 2.9 respectively": takes the values out, one for every host or thing. */
function takeRespective(head: Head): string[] | undefined {
  const end = head.rest.findIndex((token) => token.lower === "respectively");
  if (end < 0) return undefined;
  let from = end;
  const values: string[] = [];
  while (from > 0) {
    const token = head.rest[from - 1];
    if (token?.kind === "word" && versionLike.test(token.text)) values.unshift(token.text.replace(/^v/, ""));
    else if (token?.kind !== "comma" && token?.lower !== "and") break;
    from -= 1;
  }
  if (values.length < 2) return [];
  while (/^(?:to|version|versions|at)$/.test(head.rest[from - 1]?.lower ?? "")) from -= 1;
  head.rest = [...head.rest.slice(0, from), ...head.rest.slice(end)];
  return values;
}

/** One step for every host when something is said of each of them. */
function shareOut(wishes: readonly Wish[], values: readonly string[] | undefined): Wish[] {
  const [first] = wishes;
  if (values === undefined || first === undefined) return [...wishes];
  const each =
    wishes.length === 1 && first.hosts.length > 1
      ? first.hosts.map((host): Wish => ({ ...first, hosts: [host], params: { ...first.params } }))
      : [...wishes];
  if (each.length === values.length)
    each.forEach((wish, at) => {
      wish.params["version"] ??= values[at] ?? "";
    });
  return each;
}

const machineVerbs = new Set<Verb>(["restart", "stop", "start", "status", "check", "update"]);

/** "reboot web1 and web2": machines are places, so they are one step on two hosts. */
function mergeHosts(wishes: Wish[], head: Head, known: Known): Wish[] {
  if (!machineVerbs.has(head.verb) || wishes.some((wish) => wish.hosts.length > 0)) return wishes;
  const [first] = wishes;
  if (
    first === undefined ||
    !wishes.every((wish) => looksLikeHost(wish.target, known) || isEverywhere(wish.target))
  )
    return wishes;
  const target = wishes.map((wish) => wish.target).join(" and ");
  const hosts = wishes.map((wish) => (isEverywhere(wish.target) ? "all" : wish.target));
  return [{ ...first, target, hosts, text: [head.verbText, target].join(" ").trim() }];
}

const isEverywhere = (target: string): boolean =>
  everything.has(target.toLowerCase()) && /host|server|machine|node|fleet|box|system/i.test(target);
