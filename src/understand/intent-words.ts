import type { Intent } from "../contracts/intent.ts";
import { dangerousWords, dependentNouns, everything, stopWords, weakWords } from "./lexicon.ts";
import { contentWords, isWishVerb, wordKey, wordsOf } from "./words.ts";

/** The words of a wish, sorted by what they are good for. */
export type IntentWords = {
  readonly text: string;
  /** All words in order, hosts and values left out, with the target's: names are looked for here. */
  readonly sequence: readonly string[];
  /** From here on the words of `sequence` are context. */
  readonly contextFrom: number;
  /** Words of the target that this wish says itself. */
  readonly own: readonly string[];
  /** Words that come from an earlier wish ("its folder") or from the place where something is added. */
  readonly context: readonly string[];
  /** What must be explained before a pick is automatic. */
  readonly content: readonly string[];
  /** "run the x playbook": the unit is named as such. */
  readonly runs: boolean;
  /** Only a name, no verb. */
  readonly bare: boolean;
  /** "enable x", "use x": a soft way to wish for x. */
  readonly soft: boolean;
  /** True when something is done to a part of a thing ("add my portals to it"). */
  readonly partOfOther: boolean;
  readonly dangerous: boolean;
  readonly allHosts: boolean;
};

/** Reads the words of an intent; `hosts` are names of the inventory. */
export function readIntent(intent: Intent, hosts: readonly string[]): IntentWords {
  const text = intent.text;
  const known = new Set([...hosts, ...intent.hosts].flatMap(wordsOf));
  const values = new Set(
    Object.entries(intent.params)
      .filter(([key]) => key !== "to" || intent.verb !== "configure")
      .flatMap(([, value]) => wordsOf(value)),
  );
  const said = wordsOf(text);
  const saidKeys = new Set(said.map(wordKey));
  const target = wordsOf(intent.target);
  const ownTarget = target.filter((word) => saidKeys.has(wordKey(word)) && !isFiller(word));
  const pronounOnly = ownTarget.length === 0 && target.length > 0;
  const own = pronounOnly ? target : ownTarget;
  const goal =
    intent.verb === "configure" ? wordsOf(intent.params["to"] ?? "").filter((word) => !isFiller(word)) : [];
  const context = [...(pronounOnly ? [] : target.filter((word) => !saidKeys.has(wordKey(word)))), ...goal];
  const lead = said.findIndex((word) => !isFiller(word) && !isWishVerb(word) && word !== "run");
  const sequence = [
    ...said.filter((word) => !known.has(word) || target.includes(word)),
    ...(pronounOnly ? ["·", ...target] : []),
    ...(context.length > 0 ? ["·", ...context] : []),
  ];
  const contextFrom =
    sequence.indexOf("·") < 0 || (pronounOnly && context.length === 0)
      ? sequence.length
      : sequence.lastIndexOf("·");
  const looksAround = own.length === 0 || intent.verb === "other";
  const content = unique(
    [...own, ...(looksAround ? contentWords(text) : [])].filter((word) =>
      isContent(word, { known, values, target }),
    ),
  );
  return {
    text: `${text} ${intent.target}`,
    sequence,
    own,
    contextFrom,
    context,
    content,
    runs:
      /^\W*(?:please |pls |can you |could you )*(?:run|execute|trigger|use|apply|start|do|play)\b/i.test(
        text,
      ) || /\bplaybook\b|\.ya?ml\b/i.test(text),
    bare: intent.verb === "other" && lead === 0,
    soft: /^\W*(?:please )?(?:enable|use|manage|want|need|host|activate)\b/i.test(text),
    partOfOther:
      intent.verb === "configure" &&
      (intent.params["to"] !== undefined || context.length > 0) &&
      own.some((word) => dependentNouns.has(word)),
    dangerous:
      said.some((word) => dangerousWords.has(word)) ||
      /\b(?:disable|turn off|stop|open)\b.*\b(?:firewall|fail2ban|all ports)\b/i.test(text),
    allHosts: isAll(intent),
  };
}

const isFiller = (word: string): boolean => stopWords.has(word);
const unique = (words: readonly string[]): string[] => [...new Set(words)];

type Filter = { known: ReadonlySet<string>; values: ReadonlySet<string>; target: readonly string[] };

/** Hosts, values and numbers name nothing; words such as "server" only where nothing else is said. */
const isContent = (word: string, { known, values, target }: Filter): boolean =>
  target.includes(word)
    ? !/^\d+$/.test(word) || !values.has(word)
    : !known.has(word) &&
      !isWishVerb(word) &&
      !values.has(word) &&
      !/^\d+$/.test(word) &&
      !(weakWords.has(word) && target.length > 0);

/** "on all hosts", "stop everything". */
function isAll(intent: Intent): boolean {
  return (
    intent.hosts.some((host) => everything.has(host.toLowerCase())) ||
    everything.has(intent.target.toLowerCase()) ||
    /\b(?:everything|all (?:the |my |our )?(?:hosts|servers|machines|nodes|containers|volumes|data|disks|services)|every (?:host|server|machine|node)|everywhere)\b/i.test(
      intent.text,
    )
  );
}
