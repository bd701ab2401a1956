import type { Intent } from "../contracts/intent.ts";
import type { Wish } from "./clause.ts";
import { sortHosts } from "./named-order.ts";
import type { NamedOrder } from "./named-order.ts";
import { dependentNouns } from "./lexicon.ts";
import { linkStep, related, type Step } from "./step-links.ts";

/** What a condition or prohibition speaks of, so that "it" can mean it. */
export type Mention = { readonly target: string; readonly hosts: readonly string[] };

/** A wish before its pronouns are resolved. */
export type Draft = {
  wish: Wish;
  link: "none" | "then";
  front: boolean;
  condition: string | null;
  sentence: number;
  sameHosts: boolean;
  mention: Mention | null;
  said: boolean;
  /** Of an "otherwise": the wishes that are done in the other case. */
  instead: readonly Draft[];
  /** One host after the other; null: on all hosts at once. */
  order: NamedOrder | null;
};

/**
 * Gives pronouns their targets ("its folder" is the folder of the wish before), moves what comes first to the front, and
 * finds which wish waits for which.
 */
export function resolveReferences(drafts: readonly Draft[]): Intent[] {
  const steps = shareVerbs(drafts).flatMap(expand(drafts));
  const resolved: Step[] = [];
  for (const step of orderFront(steps)) {
    step.stage = stageOf(step, resolved);
    linkStep(step, resolved);
    resolved.push(step);
  }
  return resolved.map((step) => intentOf(step, resolved));
}

/** "stop and remove nginx": the first verb has the object of the second. */
function shareVerbs(drafts: readonly Draft[]): Draft[] {
  const made = drafts.map((draft, index) => {
    if (draft.wish.target !== "" || draft.wish.reference !== "none") return draft;
    const next = drafts[index + 1];
    const before = drafts[index - 1];
    const sameSentence = next?.sentence === draft.sentence;
    if (
      sameSentence &&
      next !== undefined &&
      next.wish.target !== "" &&
      draft.wish.hosts.length === 0 &&
      (before === undefined || before.sentence !== draft.sentence || before.wish.target === "")
    ) {
      const { target, reference } = next.wish;
      const hosts = draft.wish.hosts.length > 0 ? draft.wish.hosts : next.wish.hosts;
      return {
        ...draft,
        wish: { ...draft.wish, target, reference, hosts, text: `${draft.wish.text} ${target}`.trim() },
      };
    }
    if (/reboot/i.test(draft.wish.text)) return { ...draft, sameHosts: true };
    if (index > 0 && draft.said) return { ...draft, wish: { ...draft.wish, reference: "one" as const } };
    return draft;
  });
  for (const draft of made)
    draft.instead = draft.instead.map((other) => made[drafts.indexOf(other)] ?? other);
  return made;
}

/** Resolves a draft against those written before it; "them" gives one step per target. */
function expand(all: readonly Draft[]): (draft: Draft, index: number, list: readonly Draft[]) => Step[] {
  const told: Told[] = [];
  return (draft, index) => {
    const { wish } = draft;
    const done = withoutOthers(told, draft);
    const steps = resolveTargets(draft, nearest(draft, done, all.slice(index + 1))).map(
      ({ target, from }) => {
        const inherits = wish.hosts.length === 0 && (wish.reference !== "none" || draft.sameHosts);
        const last = done[done.length - 1];
        const source = from ?? (draft.sameHosts ? last : undefined);
        const hosts = inherits && source !== undefined ? [...source.hosts] : [...wish.hosts];
        const machines = wish.reference !== "none" && /\breboot/i.test(wish.text) && hosts.length > 0;
        const owner = wish.reference === "part" && from !== undefined ? from.owner : target;
        return {
          draft,
          target: machines ? hosts.join(" and ") : target,
          owner,
          hosts,
          after: new Set<number>(),
          stage: 0,
          follows: false,
          text: wish.text,
        };
      },
    );
    const verbOnly = all.length > 1 && steps.every((step) => step.target === "");
    if (!verbOnly)
      for (const step of steps)
        told.push({
          target: step.target,
          owner: step.owner,
          hosts: step.hosts,
          sentence: draft.sentence,
          draft,
        });
    return steps.flatMap(oneByOne);
  };
}

/** An order between hosts gives one step for each, and each waits for the one before. */
function oneByOne(step: Step): Step[] {
  const { order, wish } = step.draft;
  if (order === null || step.hosts.length < 2) return [step];
  const isAboutHosts = step.target === step.hosts.join(" and ");
  const said = wish.text.replace(/ (?:on|onto|to) .*$/i, "").replace(inOrder, "");
  return sortHosts(step.hosts, order).map((host, index) => ({
    ...step,
    target: isAboutHosts ? host : step.target,
    hosts: [host],
    after: new Set<number>(),
    follows: index > 0,
    text: isAboutHosts && said.includes(step.target) ? said.replace(step.target, host) : `${said} on ${host}`,
  }));
}

const inOrder = /,? (?:in (?:that|this|the given) order|one by one|one at a time|in sequence)\b/i;

/** What was told but for the other case: "it" of an "otherwise" is what came before the "if". */
function withoutOthers(told: readonly Told[], { instead }: Draft): readonly Told[] {
  const left = told.filter((each) => !instead.includes(each.draft));
  return left.length > 0 ? left : told;
}

/** What pronouns may mean: the subject of their own condition, what was told before, or (before anything) what comes next. */
function nearest(draft: Draft, told: readonly Told[], ahead: readonly Draft[]): readonly Told[] {
  if (draft.mention !== null) {
    return [
      {
        target: draft.mention.target,
        owner: draft.mention.target,
        hosts: [...draft.mention.hosts],
        sentence: draft.sentence,
        draft,
      },
    ];
  }
  if (told.length > 0) return told;
  const next = ahead.find(
    (other) =>
      other.wish.reference === "none" && other.wish.target !== "" && other.sentence === draft.sentence,
  );
  return next === undefined
    ? []
    : [
        {
          target: next.wish.target,
          owner: next.wish.target,
          hosts: [...next.wish.hosts],
          sentence: next.sentence,
          draft: next,
        },
      ];
}

/** `owner`: what a part belongs to ("wiki" for "wiki database"); "start it" means the owner. */
type Told = { target: string; owner: string; hosts: string[]; sentence: number; draft: Draft };

function resolveTargets(draft: Draft, told: readonly Told[]): { target: string; from: Told | undefined }[] {
  const { wish } = draft;
  const last = told[told.length - 1];
  const goal = wish.params["to"] ?? wish.params["for"] ?? "";
  const ownGoal = /^(?:it|them|that|this)$/i.test(goal) ? last : undefined;
  if (ownGoal !== undefined && wish.params["to"] !== undefined) wish.params["to"] = ownGoal.target;
  const bareGoal = wish.verb === "configure" && dependentNouns.has((wish.params["to"] ?? "").toLowerCase());
  if (bareGoal && last !== undefined && last.target !== "")
    wish.params["to"] = partOf(last.target, wish.params["to"] ?? "");
  if (wish.reference === "none" || last === undefined) return [{ target: wish.target, from: undefined }];
  if (wish.reference === "part") return [{ target: partOf(last.target, wish.target), from: last }];
  const whole = serviceVerbs.has(wish.verb) ? last.owner : last.target;
  if (wish.reference === "one") return [{ target: whole, from: last }];
  const group = told.filter(
    (entry) => entry.sentence === last.sentence && entry.draft.wish.verb === last.draft.wish.verb,
  );
  const several = group.length > 1 ? group : told.slice(-2);
  const seen = new Set<string>();
  return several
    .filter((entry) => !seen.has(entry.target) && seen.add(entry.target))
    .map((entry) => ({ target: entry.target, from: entry }));
}

const serviceVerbs = new Set<string>(["start", "stop", "restart", "deploy", "update", "status"]);

/** "folder" of "status page" is the "status page folder"; of a path or of "x folder" it stays what it is. */
const partOf = (owner: string, part: string): string =>
  owner === "" || owner.toLowerCase().endsWith(part.toLowerCase()) ? owner || part : `${owner} ${part}`;

/** Steps marked "first" go in front of what was written before them; the rest waits for them. */
function orderFront(steps: readonly Step[]): Step[] {
  const front = steps.filter((step, index) => step.draft.front && index > 0);
  if (front.length === 0) return [...steps];
  const rest = steps.filter((step) => !front.includes(step));
  const [first] = rest;
  if (first !== undefined) {
    const firstDraft = first.draft;
    for (const step of rest) {
      const same = front.some((other) => related(step.target, other.target));
      if (step.draft === firstDraft && !same && step.draft.link === "none") step.draft.link = "then";
    }
  }
  return [...front, ...rest];
}

function stageOf(step: Step, before: readonly Step[]): number {
  const last = before[before.length - 1];
  if (last === undefined) return 0;
  if (last.draft === step.draft || last.draft.sentence === step.draft.sentence) {
    const opens = step.draft.link === "then" && last.draft !== step.draft && !isSibling(step, last);
    return opens ? last.stage + 1 : last.stage;
  }
  return step.draft.link === "then" ? last.stage + 1 : last.stage + 1000;
}

/** Entries of one list ("then b and c") stand side by side. */
const isSibling = (step: Step, last: Step): boolean =>
  last.draft.link === "then" &&
  step.draft.sentence === last.draft.sentence &&
  step.draft.wish.verb === last.draft.wish.verb &&
  step.draft.said === last.draft.said &&
  !last.draft.front &&
  siblings.get(step.draft) === siblings.get(last.draft) &&
  siblings.has(step.draft);

const siblings = new WeakMap<Draft, object>();

/** Marks the drafts of one clause as a list. */
export function markSiblings(drafts: readonly Draft[]): void {
  const key = {};
  for (const draft of drafts) siblings.set(draft, key);
}

function intentOf(step: Step, steps: readonly Step[]): Intent {
  const { wish, condition } = step.draft;
  const after = [...step.after].filter((index) => index < steps.indexOf(step)).sort((a, b) => a - b);
  return {
    text: step.text,
    verb: wish.verb,
    target: step.target,
    hosts: step.hosts,
    params: { ...wish.params },
    after,
    condition,
  };
}
