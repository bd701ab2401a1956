import type { Request } from "../../contracts/request.ts";
import { readRevision, type RevisionReading } from "../../understand/talk-revision.ts";
import { readTalk } from "../../understand/talk.ts";
import { getPlan } from "../plan/sql.ts";
import { plannedWords, revisePlan } from "../request/revise.ts";
import { getRequest } from "../request/sql.ts";
import type { Answer, Context, Turn } from "./answer.ts";
import { describeRequest } from "./describe-request.ts";
import { describeRevision } from "./describe-revision.ts";
import { knownWords } from "./known-words.ts";
import { findLastPlan, findOpenRun, listNewestMessages, type LastPlan } from "./sql.ts";

/** What came of looking at the plan; `none`: to be read as any other message, in these words. */
type InContext =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "none"; readonly text: string };

/** Begins the question that the next message may answer with a number. */
const doubtLead = "This can mean two things:";
const first =
  /^(?:(?:option |number |no\.? )?1|one|(?:the )?first(?: one)?|(?:change |revise )?(?:it|the plan|this plan|that plan)|(?:a )?change(?: of the plan)?)$/;
const second =
  /^(?:(?:option |number |no\.? )?2|two|(?:the )?second(?: one)?|(?:a |as a )?(?:new|separate|another)(?: request| one)?|(?:a )?request of its own)$/;

/** Changes the conversation's last plan when a message says so: its next revision, never a run. */
export async function readInContext(turn: Turn, context: Context): Promise<InContext> {
  const { deps, text } = turn;
  const plan = await findLastPlan(deps.db, turn.conversationId);
  if (plan === undefined || context.last?.status === "needs_clarification") return { kind: "none", text };
  const owner = await getRequest(deps.db, plan.request_id);
  if (owner.planId !== plan.id) return { kind: "none", text };
  const about = { plan, request: owner, context };
  const settled = await findSettledDoubt(turn, about);
  if (settled !== undefined) return await follow(turn, about, settled);
  return await follow(turn, about, { text, reading: readBeside(text, about) });
}

interface About {
  readonly plan: LastPlan;
  readonly request: Request;
  readonly context: Context;
}

/** A message, and what it means for the plan. */
interface Read {
  readonly text: string;
  readonly reading: RevisionReading;
}

function readBeside(text: string, { request, context }: About): RevisionReading {
  const read = readTalk(text, knownWords(context.world));
  const talks =
    read.kind === "cancel" ||
    read.kind === "consent" ||
    read.kind === "greeting" ||
    read.kind === "thanks" ||
    (read.kind === "question" && read.questions.some((question) => question.about !== "nothing"));
  return talks ? { kind: "none" } : readRevision(text, plannedWords(request, context.world));
}

/** "2" after the question what was meant: the words before it, with that meaning. */
async function findSettledDoubt(turn: Turn, about: About): Promise<Read | undefined> {
  const said = turn.text.toLowerCase().replaceAll(/[.!"]/g, "").trim();
  const chosen = first.test(said) ? "revise" : second.test(said) ? "request" : undefined;
  if (chosen === undefined) return undefined;
  const [, asked, doubted] = await listNewestMessages(turn.deps.db, turn.conversationId, 3);
  if (asked?.from !== "chiffon" || !asked.text.startsWith(doubtLead) || doubted?.from !== "person")
    return undefined;
  const { text } = doubted;
  const reading = readBeside(text, about);
  if (chosen === "request" || reading.kind !== "doubt") return { text, reading: { kind: "none" } };
  return { text, reading: { kind: "revise", instruction: reading.instruction } };
}

async function follow(turn: Turn, about: About, { text, reading }: Read): Promise<InContext> {
  const { plan } = about;
  const waits = plan.state === "proposed";
  switch (reading.kind) {
    case "none":
      return { kind: "none", text };
    case "request":
      return { kind: "none", text: reading.text };
    case "doubt":
      return waits ? { kind: "answer", answer: askWhich(plan, reading.instruction) } : { kind: "none", text };
    case "revise":
      return {
        kind: "answer",
        answer: waits ? await revise(turn, about, reading.instruction) : await tellTooLate(turn, plan),
      };
    default:
      return reading satisfies never;
  }
}

async function revise(turn: Turn, { plan, context }: About, instruction: string): Promise<Answer> {
  const { deps } = turn;
  const before = await getPlan(deps.db, plan.id);
  const request = await revisePlan(deps, turn.caller, { id: plan.id, body: { instruction } });
  const told = await describeRequest(deps.db, request);
  if (request.planId === null) return told;
  const after = await getPlan(deps.db, request.planId);
  const changed = describeRevision(before, after, context.world);
  return { ...told, text: `Revision ${after.revision}: ${changed}.\n${told.text}` };
}

function askWhich(plan: LastPlan, instruction: string): Answer {
  const text = [
    doubtLead,
    `1. a change of plan ${plan.id.slice(0, 8)} (${plan.summary}), which still waits: ${instruction}`,
    "2. a request of its own, with a plan of its own",
    "Say 1 or 2.",
  ].join("\n");
  return { text, requestId: plan.request_id };
}

/** Only a plan that waits is changed by words here: of every other one somebody has read or run something. */
async function tellTooLate(turn: Turn, plan: LastPlan): Promise<Answer> {
  const run = await findOpenRun(turn.deps.db, plan.id);
  const name = `Plan ${plan.id.slice(0, 8)} (${plan.summary})`;
  const again = "say the whole sentence with the change in it, and I make a plan of it";
  const why = plan.reason === null ? "" : ` (${plan.reason.replace(/\.$/, "")})`;
  const text =
    run !== undefined
      ? `${name} is approved and being run, so it cannot be changed any more. Say "stop it" or let it end; then ${again}.`
      : plan.state === "approved"
        ? `${name} was approved and has been run, so it cannot be changed any more. For something else ${again}.`
        : `${name} is ${plan.state}${why}: it does not wait for an approval any more, so there is nothing to change. Instead ${again}.`;
  return { text, requestId: plan.request_id };
}
