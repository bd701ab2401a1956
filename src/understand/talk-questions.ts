import { lastWeek, takePeriod, type Period } from "./talk-period.ts";

/** What record and catalogue can be asked. Names are as written, lower case, without articles. */
export type TalkQuestion =
  /** What was put on a host; null = on all. `period`: only what happened then. */
  | { readonly about: "host"; readonly host: string | null; readonly period: Period | null }
  /** Where, when and by whom something was deployed last. */
  | { readonly about: "service"; readonly service: string }
  | { readonly about: "failures"; readonly host: string | null; readonly period: Period }
  | { readonly about: "running" }
  | { readonly about: "waiting" }
  | { readonly about: "playbooks"; readonly topic: string | null }
  | { readonly about: "hosts" }
  | { readonly about: "agents" }
  | { readonly about: "help" }
  /** A question, but none that can be answered. */
  | { readonly about: "nothing" };

const help: readonly RegExp[] = [
  /^(?:what|how much|which things) (?:else )?(?:can|could|do|are) (?:you|i|we|chiffon)(?: all)? (?:do|able to do|say|ask(?: you)?|tell you|help(?: me)?(?: with)?|good for)(?: (?:here|for me))?$/,
  /^(?:what|who)(?:'s| is| are|'re) (?:you|this|chiffon|that thing)$/,
  /^how (?:does|do|can|should) (?:this|it|chiffon|you|i|we)(?: even)? (?:work|use (?:this|it|you|chiffon)|start|begin|get started)$/,
  /^(?:can|could|would) you help(?: me)?(?: please)?$/,
  /^what (?:commands|questions|requests) .*\b(?:understand|there|know|use|ask)\b/,
  /^(?:how can you help|what is possible|what now)\b/,
];

const generic = new Set(
  "it that this they them these those you me we us i anything everything something nothing all there here stuff things".split(
    " ",
  ),
);
const action =
  "deployed|redeployed|installed|updated|upgraded|restarted|configured|changed|removed|deleted|stopped|started|backed up|rolled back|restored|touched|rolled out|set up|run|executed";
const actionBase =
  "deploy|redeploy|install|update|upgrade|restart|configure|change|remove|delete|stop|start|back up|backup|roll back|restore|touch|roll out|set up|run";
const who = "(?:you|we|i|chiffon|anyone|anybody|someone|somebody|it)";

const serviceShapes: readonly RegExp[] = [
  new RegExp(
    `^(?:when|who|how long ago)(?:'s| is| was| were| has| have| had)? (?:the )?last time (?:that )?(?:${who} )?(?:${actionBase}|${action}) (.+)$`,
  ),
  new RegExp(
    `^(?:when|how long ago)(?:'s| is| was| were| has| have| had)? (?:the )?last time (?:that )?(.+?) (?:was|were|got) (?:${action})$`,
  ),
  new RegExp(
    `^(?:when|how long ago|what) (?:was|were|is|did) (?:the )?(?:last|latest|most recent|newest) (?:successful )?(?:deployment|deploy|update|upgrade|restart|backup|run|installation|install|change|release) (?:of|to|for) (.+?)(?: (?:run|happen|take place))?$`,
  ),
  new RegExp(
    `^(?:when|where|by whom|how long ago) (?:was|were|is|are|has|have|had|did|does) (.+?) (?:been |get |got )?(?:last |most recently |already |currently )?(?:${action}|running|hosted|live|run|live)(?: last)?$`,
  ),
  new RegExp(
    `^(?:when|where|how long ago) (?:did|do|have|has|had|will) ${who} (?:last )?(?:${actionBase}|${action}) (.+?)(?: last| to| on)?$`,
  ),
  new RegExp(`^(?:who) (?:last )?(?:has |had )?(?:${action}) (.+?)(?: last)?$`),
  new RegExp(
    `^(?:is|are|was|were|has|have|does|do) (.+?) (?:been |still |already |currently |now )*(?:${action}|running|up|down|alive|online|offline|healthy|ok|okay|fine|working|hosted|live|available|reachable|there|run|runs)(?: (?:and|or) \\w+)?(?: yet| already| today)?(?: (?:on|at) .+)?$`,
  ),
  new RegExp(
    `^(?:did|have|has|had) ${who} (?:already |ever )?(?:${actionBase}|${action}) (.+?)(?: (?:on|to) .+)?$`,
  ),
  /^(?:on )?(?:which|what) (?:hosts?|servers?|machines?|nodes?)(?: is| are| does| do| has| have)? (?:runs?|running|hosts?|has|have) (.+)$/,
  /^(?:on )?(?:which|what) (?:hosts?|servers?|machines?|nodes?) (?:is|are|does|do|has|have|was) (.+?) (?:run|runs|running|on|deployed|installed|live|hosted)(?: on)?$/,
  new RegExp(
    `^(?:when|where|who) (.+?) (?:was|were|is|are|has been|got) (?:last |most recently )?(?:${action}|running|hosted)$`,
  ),
  /^where (.+?) (?:runs?|lives?)$/,
  /^where(?:'s| is| are) (.+)$/,
  /^(?:what|how)(?:'s| is| are) (?:the )?(?:status|state|health|condition) of (.+)$/,
  /^how(?:'s| is| are) (.+?)(?: doing| going)?$/,
];

const hostShapes: readonly RegExp[] = [
  /^(?:(?:what|which) (?:services?|apps?|applications?|software|programs?|containers?|things?)|what|anything|is (?:there )?anything|are there any services)(?:'s| is| are| was| were| do| does| did| has| have| had)?(?: (?:you|we|i|chiffon|it|all|ever|there|already|currently|now|still|been))* ?(?:runs?|running|live|lives|hosted|installed|install|deployed|deploy|put|set up|changed?|updated?|happen(?:s|ed|ing)?|done|do|have|had|got|there)?(?: (?:up|running|and|deployed|installed|set up|there))* (?:on|onto|to|at|in) (.+)$/,
  /^(?:(?:what|which) (?:services?|apps?|applications?|software|things?)|what) (?:does|do|did|has|have|is) (.+?) (?:run|runs|running|have|host|hosting|got|do|doing)(?: on it)?$/,
];
const historyShape = new RegExp(
  `^(?:what|which (?:services?|apps?|changes?|plans?))(?:'s| is| are| was| were| did| has| have| had)?(?: (?:you|we|i|chiffon|been|all|ever|there|got))*(?: (?:${action}|${actionBase}|happen|happened|do|done|made|changes?|deployments?|new))+$`,
);
const hostQuestionWords =
  /\b(?:packages?|versions?|ports?|disks?|space|kernel|load|memory|ram|cpu|uptime|distribution|release|outdated|ip|address|users?|time|best|should|would|could|if)\b/;
const everywhere =
  /^(?:here|(?:all|every|any|my|our|the)(?: of)?(?: my| our| the)? ?(?:hosts?|servers?|machines?|nodes?)|everywhere|it)$/;

const runningShapes: readonly RegExp[] = [
  /^(?:what|which (?:runs?|jobs?|tasks?|plans?|deployments?)|anything|something|is (?:there )?(?:anything|something|a run)|are (?:there )?(?:any )?(?:runs?|jobs?|tasks?|deployments?))(?:'s| is| are)?(?: (?:still|currently|being))? (?:running|in progress|going on|happening|executing|active|queued|deployed|executed|done)(?: (?:now|right now|currently|at the moment|just now|still))?$/,
  /^(?:what|are)(?:'re| are)? you (?:doing|busy|working on|up to)(?: (?:something|anything))?(?: (?:now|right now|currently|at the moment))?$/,
  /^(?:what |which |what are )?(?:the |all )?(?:running|active|current|queued|open) (?:runs?|jobs?|tasks?|deployments?)$/,
  /^what(?:'s| is) (?:up|the (?:current )?(?:status|state))$/,
  /^how(?: far)? (?:is it|is the run|are things) going$/,
];
const waitingShape =
  /\b(?:wait(?:s|ing)?|pending|inbox|approvals?|undecided|to approve|(?:needs?|need|want) (?:my|me|an? (?:approval|answer|decision)|to be (?:approved|answered))|open (?:plans?|questions?)|plans? (?:are|is) open)\b/;
const failedShape =
  /\b(?:fail(?:ed|s|ures?|ing)?|went wrong|go(?:es)? wrong|gone wrong|broke|broken|errors?|problems?|unsuccessful|did not work|didn't work)\b/;
const notFailures = /^(?:is|are|should|would|could|can|will|if|what would|what will)\b|\bif\b/;

/** Reads one question, already lower case and without opening words; `hosts` are lower-case names of the inventory. */
export function readQuestion(said: string, hosts: ReadonlySet<string>): TalkQuestion {
  const { rest: text, period } = takePeriod(said.replaceAll(/[?!.,;]+$/g, "").trim());
  if (help.some((shape) => shape.test(text))) return { about: "help" };
  const listed = readPlaybooks(text);
  if (listed !== undefined) return listed;
  if (waitingShape.test(text) && !/\b(?:how long|why)\b/.test(text)) return { about: "waiting" };
  if (failedShape.test(text) && !notFailures.test(text))
    return { about: "failures", host: hostNamed(text, hosts), period: period ?? lastWeek };
  if (/^(?:is|are|has|have) (?:there )?(?:any|anything|something)\b/.test(text) && failedShape.test(text))
    return { about: "failures", host: hostNamed(text, hosts), period: period ?? lastWeek };
  if (runningShapes.some((shape) => shape.test(text))) return { about: "running" };
  const machine = readHosts(text);
  if (machine !== undefined) return machine;
  return readService(text, hosts) ?? readHost(text, { period, hosts }) ?? { about: "nothing" };
}

function readPlaybooks(text: string): TalkQuestion | undefined {
  const called =
    /\b(?:playbooks?|catalogue|catalog)\b(?: (?:are there|is there|do you have|exist|there are))?(?: (?:for|about|to|on|that|which|with|of) (?:can |do |does |i can use |use )?(.+))?$/.exec(
      text,
    );
  if (called !== null) {
    const before = /\b(?:a|an|any|the|which|what|your|all)? ?([\w-]+) playbooks?\b/.exec(text)?.[1];
    const plain = before === undefined || fillers.has(before) ? null : before;
    return { about: "playbooks", topic: topicOf(called[1]) ?? plain };
  }
  const able =
    /^(?:what|which (?:services?|apps?|things?)) (?:all )?(?:can|could) (?:i|we|you|chiffon) (?:deploy|install|run|set up|update|manage|roll out)$/.test(
      text,
    ) || /^what(?:'s| is) (?:available|in the catalogue|on offer)$/.test(text);
  if (able) return { about: "playbooks", topic: null };
  const how =
    /^(?:how|what) (?:do|can|could|should|would|to|must) ?(?:i|we|one)? ?(?:say|do)? ?(?:to )?(?:deploy|install|set up|update|upgrade|restart|back up|backup|remove|stop|start|configure|roll out) (.+)$/.exec(
      text,
    ) ??
    /^(?:can|could|may) (?:i|we) (?:deploy|install|set up|update|back up|remove|use|have|get) (.+)$/.exec(
      text,
    );
  const topic = topicOf(how?.[1]);
  return topic === null ? undefined : { about: "playbooks", topic };
}

const fillers = new Set(
  "a an any the which what your all my our these those list show of many have no other more ansible".split(
    " ",
  ),
);

function topicOf(words: string | undefined): string | null {
  const topic = nounOf(words ?? "")
    .replace(/^(?:do|does|make|makes|handle|handles|deploy|deploys|install|installs|use|uses)\s+/, "")
    .replace(/\s+(?:are there|is there|do you have|exist|there)$/, "")
    .replace(/\s+on\s+\S+$/, "");
  return topic === "" || generic.has(topic) || /^(?:you|we|i) (?:have|know)$/.test(topic) ? null : topic;
}

function readHosts(text: string): TalkQuestion | undefined {
  const asks = /^(?:what|which|how many|list|show|do|are there|who)\b/.test(text);
  if (asks && /\bagents?\b/.test(text)) return { about: "agents" };
  const machines =
    /^(?:(?:what|which|how many)(?: are| is)?(?: all| the| my| our| your| other)* (?:hosts?|servers?|machines?|nodes?|boxes|inventory)|do you know (?:any|my|our|the|which) (?:hosts?|servers?|machines?))(?: (?:do|are|can|have|in|you|we|i|there|know|known|of|reach|manage|see|exist|inventory|the|is|it|about|has|chiffon|does|registered|configured|set|up))*$/;
  return machines.test(text) || /^what(?:'s| is) in (?:the|my|our) inventory$/.test(text)
    ? { about: "hosts" }
    : undefined;
}

const notService =
  /\b(?:i|you|we|if|that|when|because|what|which|why|how|who|where|should|would|could|to|good|safe|idea)\b/;

function readService(text: string, hosts: ReadonlySet<string>): TalkQuestion | undefined {
  for (const shape of serviceShapes) {
    const found = shape.exec(text)?.[1];
    if (found === undefined) continue;
    const service = nounOf(found.replace(/ (?:on|at|to) \S+$/, ""));
    if (service === "" || generic.has(service) || service.split(" ").length > 6) continue;
    if (/^(?:any|every|some|all|no)\b/.test(service) || notService.test(service)) continue;
    return hosts.has(service)
      ? { about: "host", host: service, period: null }
      : { about: "service", service };
  }
  return undefined;
}

function readHost(
  text: string,
  at: { period: Period | null; hosts: ReadonlySet<string> },
): TalkQuestion | undefined {
  const { period } = at;
  if (hostQuestionWords.test(text)) return undefined;
  for (const shape of hostShapes) {
    const found = shape.exec(text)?.[1];
    if (found === undefined) continue;
    const name = nounOf(found);
    if (generic.has(name) || name === "chiffon") continue;
    if (everywhere.test(found) || everywhere.test(name)) return { about: "host", host: null, period };
    if (at.hosts.has(name) || /^[a-z0-9][a-z0-9._-]*$/.test(name))
      return { about: "host", host: name, period };
  }
  if (historyShape.test(text)) return { about: "host", host: null, period };
  return undefined;
}

function hostNamed(text: string, hosts: ReadonlySet<string>): string | null {
  const named = /\b(?:on|at|of) (?:the )?([a-z0-9][a-z0-9._-]*)$/.exec(text)?.[1];
  return named !== undefined && hosts.has(named) ? named : null;
}

/** Without article and without words that say nothing. */
function nounOf(words: string): string {
  return words
    .trim()
    .replace(/^(?:(?:the|a|an|my|our|your|this|that|its|playbook|service|app|host|server|machine)\s+)+/, "")
    .replace(
      /\s+(?:playbook|service|now|right now|currently|at the moment|last|please|again|already|yet|host|server|machine|fine|ok)$/,
      "",
    )
    .trim();
}
