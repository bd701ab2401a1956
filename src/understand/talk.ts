import { headOf } from "./clause-head.ts";
import { isFactsWish } from "./facts-wish.ts";
import { readFollowUp, type FollowUp } from "./talk-follow-up.ts";
import { readQuestion, type TalkQuestion } from "./talk-questions.ts";
import { splitRequest } from "./split.ts";
import { normaliseText, tokenise } from "./tokens.ts";

/** What a message of a conversation asks for. Only `change` and a completed `follow-up` ever make a plan. */
export type Talk =
  /** `text`: the message without its questions and greetings; `questions`: those that came along. */
  | { readonly kind: "change"; readonly text: string; readonly questions: readonly TalkQuestion[] }
  | { readonly kind: "question"; readonly questions: readonly TalkQuestion[] }
  /** "and grafana too": the request before, with something else in it. */
  | { readonly kind: "follow-up"; readonly followUp: FollowUp }
  | { readonly kind: "greeting" }
  | { readonly kind: "thanks" }
  | { readonly kind: "cancel" }
  /** "yes", "go": never an approval, which needs the exact hash of what was read. */
  | { readonly kind: "consent" }
  | { readonly kind: "unclear" };

/** Names that are never cut in pieces, and hosts and groups of the inventory. */
export interface Known {
  readonly names: readonly string[];
  readonly hosts: readonly string[];
}

const opening =
  /^(?:(?:please|pls|hey|hi|hello|ok|okay|alright|well|so|now|um|uh|oh|btw|by the way|quick question|question|one more thing|chiffon|and|also|but|just|then|yo|dear|good (?:morning|afternoon|evening|day)|thanks|thank you|great|cool|perfect)\b[\s,:!.-]*)+/i;
const closing = /(?:[\s,]+(?:please|pls|thanks|thank you|thx|chiffon|for me))+(?=[?!.]*$)/i;

const greeting =
  /^(?:hi+|hey+|hello+|hallo|howdy|yo|hiya|greetings|moin|servus|good (?:morning|afternoon|evening|day|night)|sup|what's up|how are you|how do you do|how's it going)(?: (?:there|chiffon|all|everyone|again|you|today|doing|buddy|friend))*$/;
const thanks =
  /^(?:ok |okay |great |cool |perfect |many )?(?:thanks?|thank you|thx|ty|cheers|much appreciated|nice(?: one| work)?|well done|good (?:job|work|bot)|great(?: job| work)?|perfect|awesome|cool|excellent|bye|goodbye|see you|good night)(?: (?:a lot|so much|very much|chiffon|you|all|again|for (?:your|the|all|that|this).*|that's all|looks good|lot|later))*$/;
const helpWord =
  /^(?:help|help me|help please|(?:i|we) need (?:some )?help|usage|commands|\?+|\/help|man chiffon|manual)$/;
const cancel =
  /^(?:no[, ]+)?(?:please )?(?:(?:cancel|abort|drop|reject|discard|withdraw|scrap|scratch|revoke|decline|stop|halt|kill|forget|leave)(?: (?:it|that|this|about it|about that|the (?:last |current |running )?(?:plan|run|request|one|deployment|job|last one)|that (?:plan|run|request|one)|this (?:plan|run|request|one)|my (?:last )?(?:plan|run|request)|everything i said))|cancel|abort|stop|never ?mind(?: that| it| then)?|nvm|don't do (?:it|that|this)|do not do (?:it|that|this)|no don't|forget about (?:it|that))(?: (?:now|please|again|right now|immediately|then|at once|asap))*$/;
const consent =
  /^(?:(?:yes|yep|yeah|yup|ya|y|sure|ok|okay|k|go|go ahead|go for it|do it|do that|approve|approved|approve (?:it|that|this|the plan|this plan|that plan|plan|all|them|everything)|i approve(?: (?:it|that|this|the plan))?|run it|run that|run the plan|execute it|ship it|proceed|confirm|confirmed|confirm it|lgtm|looks good|looks good to me|make it so|let's go|let's do it|agreed|accept|accept it|accepted|of course|absolutely|start it|start the run|apply it|please do|continue|carry on|fine|sounds good|right|correct|exactly|no|nope|n|not yet|wait)[\s,!.]*)+(?:please|now|then|with it|thanks|ahead)?$/;

const askingWord =
  /^(?:what|which|who|whose|whom|why|where|how|whats|what's|who's|where's|how's|when's|wheres|hows)\b/i;
const askingVerb =
  /^(?:is|are|was|were|am|isn't|aren't|wasn't|weren't|should|shall|shouldn't|may|might|must|can|could|would|will|can't|couldn't|wouldn't|won't)\s+(?:not\s+)?\S/i;
const askingDo =
  /^(?:do|does|did|have|has|had|don't|doesn't|didn't|haven't|hasn't)\s+(?:i|we|you|they|he|she|it|any\w*|some\w*|all|chiffon|there|these|those)\b/i;
const askingWhen =
  /^when(?:'s)?\s+(?:was|were|did|is|are|has|have|had|do|does|will|can|could|should|would|am)\b|^when's\b/i;
const wondering =
  /^(?:i(?:'d| would)? (?:want|like|need|love) to (?:know|see|find out|understand|learn|hear|ask)|we(?:'d| would)? (?:want|like|need) to (?:know|see|find out|understand)|i(?:'m| am) (?:wondering|curious|not sure|unsure|asking)|i wonder|wondering|curious|do you know|does anyone know|any ?one know|any idea|no idea|any news|anything|remind me|is there|are there|let me know|tell me|tell us|explain|describe|show me|show us|show|list|display|print|give me (?:a |the )?(?:list|overview|summary|status|names?)(?: of)?|enumerate|name|report|help me understand|how about|what about|may i ask)\b/i;
const lookingUp =
  /^(?:check|see|find out|look up|look|find|verify|ask)\s+(?=(?:what|which|when|where|who|how|if|whether)\b)/i;
/** Orders to look at a thing itself: reading, but on its host. */
const looksAtState =
  /^(?:check|verify) (?:if|whether|that)\b|^(?:show|check|give|get|display|report|verify)\b.*\b(?:status|state|health) of \S|^show (?:me )?(?:the |all )?facts\b/i;
const polite =
  /^(?:can|could|would|will|can't|couldn't|won't) you(?:,? (?:please|pls|kindly|maybe|perhaps|also|just|quickly|now|then|possibly|go ahead and|be so kind(?: as)? to|be so kind and))*,? +/i;
const politeGerund = /^(?:would|do) you mind +(?=\w+ing\b)/i;
const politeWe = /^(?:can|could) (?:we|i)(?: just| also)* (?:please|pls) +/i;
const tag =
  /,?\s*(?:(?:can|could|would|will) you|would you mind|ok|okay|please|right|yes)(?: please)?\s*\?+$/i;

/** Reads one message. Pure rules and no model: in doubt it is no change, because a wrong plan is worse than no answer. */
export function readTalk(message: string, known: Known): Talk {
  const text = normaliseText(message).trim();
  const bare = bareOf(text);
  const short = smallTalk(bare);
  if (short !== undefined) return short;
  if (isFactsWish(text)) return { kind: "change", text, questions: [] };
  const followUp = readFollowUp(text.replace(/[.!]+$/, ""), known);
  if (followUp !== undefined) return { kind: "follow-up", followUp };
  const parts = sentencesIn(text).map((sentence) => ({ sentence, reading: readSentence(sentence, known) }));
  const questions = parts.flatMap(({ reading }) => (reading.kind === "question" ? [reading.question] : []));
  if (parts.some(({ reading }) => reading.kind === "change")) {
    const kept = parts.filter(({ reading }) => reading.kind === "change" || reading.kind === "statement");
    const whole = kept.length === parts.length;
    return { kind: "change", text: whole ? text : kept.map((each) => each.sentence).join("\n"), questions };
  }
  if (questions.length > 0) return { kind: "question", questions };
  return parts.every(({ reading }) => reading.kind === "talk") && parts.length > 0
    ? (smallTalk(bareOf(parts[0]?.sentence ?? "")) ?? { kind: "unclear" })
    : { kind: "unclear" };
}

function bareOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/\p{Extended_Pictographic}|\uFE0F|(?:^|\s)[:;]-?[)(dp](?=\s|$)/gu, " ")
    .replaceAll(/[?!.,;:]+(?=\s|$)/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

function smallTalk(bare: string): Talk | undefined {
  const asked = bare.replace(/^(?:can|could|would|will) you (?:please )?/, "");
  if (cancel.test(asked)) return { kind: "cancel" };
  if (consent.test(asked)) return { kind: "consent" };
  if (greeting.test(bare)) return { kind: "greeting" };
  if (thanks.test(bare)) return { kind: "thanks" };
  if (bare === "" || helpWord.test(bare)) return { kind: "question", questions: [{ about: "help" }] };
  return undefined;
}

/** Sentences and lines; a dot after a number ("1. stop gitea", "to 16.") ends none. */
function sentencesIn(text: string): string[] {
  const header = /:[ \t]*\n/.exec(text);
  // A list belongs to the words that announce it.
  if (header !== null) {
    const from = text.lastIndexOf("\n", header.index) + 1;
    return [...(from > 0 ? sentencesIn(text.slice(0, from)) : []), text.slice(from).trim()];
  }
  return text
    .split(
      /(?<=[!?])\s+|(?<=[^\d\s.]\.)\s+(?=[\p{Lu}\d"'-]|(?:then|please|and|also|what|which|can|could|is|are)\b)|\n+/u,
    )
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}

type Reading =
  | { readonly kind: "change" | "statement" | "talk" }
  | { readonly kind: "question"; readonly question: TalkQuestion };

function readSentence(sentence: string, known: Known): Reading {
  if (smallTalk(bareOf(sentence)) !== undefined) return { kind: "talk" };
  const said = sentence.replace(opening, "").replace(closing, "");
  const pleased = /\b(?:please|pls)\b/i.test(sentence);
  const asked = politeWish(said, known);
  if (asked !== undefined) return asked;
  const inner = said.replace(lookingUp, "");
  const question = wondering.test(said) || askingWord.test(inner) || askingWhen.test(inner);
  if (question || inner !== said) return readAsked(said, known);
  if (askingVerb.test(said) || askingDo.test(said)) return ask(said, known);
  if (!sentence.endsWith("?")) return isWish(sentence, known) ? { kind: "change" } : { kind: "statement" };
  const rest = sentence.replace(tag, "");
  const tagged = rest !== sentence || pleased;
  return tagged && isWish(rest, known) && startsWithWish(rest.replace(opening, ""))
    ? { kind: "change" }
    : ask(said, known);
}

/** "Can you deploy nginx?" is a wish, "can you tell me what runs?" a question, "can you cook?" neither. */
function politeWish(said: string, known: Known): Reading | undefined {
  if (politeGerund.test(said)) return isWish(said, known) ? { kind: "change" } : ask(said, known);
  const shape = polite.test(said) ? polite : politeWe.test(said) ? politeWe : undefined;
  if (shape === undefined) return undefined;
  const wish = said.replace(shape, "").replace(/[?.!\s]+$/, "");
  if (wondering.test(wish) || lookingUp.test(wish) || askingWord.test(wish)) return readAsked(wish, known);
  const willing = /^(?:will|won't) you\b/i.test(said) && !/\bplease\b/i.test(said);
  const able = /^(?:do|use|handle|support|see|reach|run)\b(?! (?:the|a|an|my|our|this|that|it)\b)/i.test(
    wish,
  );
  const vague = /\b(?:if|when|whenever|by yourself|automatically|at all|in general|things|stuff)\b/i.test(
    wish,
  );
  if (willing || able || vague || / or /.test(wish)) return ask(said, known);
  return startsWithWish(wish) && isWish(wish, known) ? { kind: "change" } : ask(said, known);
}

/** "Tell me …", "show …", "I want to know …": what is asked, or a look at something's state. */
function readAsked(said: string, known: Known): Reading {
  const inner = said
    .replace(wondering, "")
    .replace(lookingUp, "")
    .replace(/^[\s,:]+/, "")
    .replace(/^(?:about|if|whether|of|us|me)\s+/i, "");
  const direct = ask(said, known);
  if (looksAtState.test(said) && !said.endsWith("?") && isWish(said, known)) return { kind: "change" };
  if (direct.kind === "question" && direct.question.about !== "nothing") return direct;
  for (const attempt of [
    inner,
    `what ${inner}`,
    `which ${inner}`,
    `what are ${inner}`,
    `is ${turned(inner)}`,
  ]) {
    const read = ask(attempt, known);
    if (read.kind === "question" && read.question.about !== "nothing") return read;
  }
  const checks = /^(?:check|verify)\b/i.test(said) && !said.endsWith("?");
  return checks && isWish(said, known) ? { kind: "change" } : direct;
}

/** "nginx is running" as it is asked: "nginx running". */
function turned(words: string): string {
  return words.replace(/^(.+?) (?:is|are|was|were|has|have) /i, "$1 ");
}

function ask(said: string, known: Known): Reading {
  const hosts = new Set(known.hosts.map((host) => host.toLowerCase()));
  return { kind: "question", question: readQuestion(said.toLowerCase(), hosts) };
}

/** Whether the splitter finds a wish in it. */
function isWish(sentence: string, known: Known): boolean {
  if (
    /^(?:i|we|they|he|she|you)(?:'ve|'d|'ll| have| had| will| was| were| am| are| did| just| already)\b(?! like)/i.test(
      sentence,
    )
  )
    return false;
  if (splitRequest(sentence, known).some((intent) => intent.verb !== "other")) return true;
  return startsWithWish(sentence) && splitRequest(sentence, known).length > 0;
}

function startsWithWish(sentence: string): boolean {
  const head = headOf(tokenise(normaliseText(sentence)), undefined);
  return (
    head.said &&
    !/^(?:let me know|keep me posted|tell me when|tell me once|explain|write|print|take|wait|wait for)$/.test(
      head.phrase,
    )
  );
}
