import { listOperations } from "../../ansible/operations/operations.ts";
import type { Request } from "../../contracts/request.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { findChoice } from "../../understand/talk-choice.ts";
import { completeFollowUp, namePronoun, type FollowUp } from "../../understand/talk-follow-up.ts";
import { findValue } from "../../understand/talk-value.ts";
import { readTalk } from "../../understand/talk.ts";
import type { Caller, TalkingCaller } from "../engine.ts";
import { answerRequest, createRequest, type RequestDeps } from "../request/create.ts";
import { getRequest } from "../request/sql.ts";
import { createWorld, type World } from "../request/world.ts";
import { answerQuestion, tellHelp } from "./answer-question.ts";
import { describeRequest } from "./describe-request.ts";
import { knownWords } from "./known-words.ts";
import { readInContext } from "./revise-last.ts";
import { findLastPlan, findLastRequestId, findOpenRun } from "./sql.ts";

/** The use cases that words can stand for, besides requests. */
export interface Deeds {
  readonly reject: (caller: Caller, planId: string, reason: string) => Promise<unknown>;
  readonly cancel: (caller: Caller, runId: string, reason: string) => Promise<unknown>;
}

export interface Answer {
  readonly text: string;
  readonly requestId: string | null;
}

/** One message that is being worked on. */
export interface Turn {
  readonly deps: RequestDeps;
  readonly deeds: Deeds;
  readonly caller: TalkingCaller;
  readonly conversationId: string;
  readonly messageId: string;
  readonly text: string;
  readonly priority: number;
}

/** Does what a message asks for, and says so. What a person can mend is an answer, never an error. */
export async function answerMessage(turn: Turn): Promise<Answer[]> {
  try {
    return await decideAnswer(turn);
  } catch (error) {
    if (!ChiffonError.is(error)) throw error;
    return [talk(error.hint === undefined ? error.message : `${error.message}. ${error.hint}`)];
  }
}

async function decideAnswer(turn: Turn): Promise<Answer[]> {
  const { deps } = turn;
  const lastId = await findLastRequestId(deps.db, turn.conversationId);
  const last = lastId === undefined ? undefined : await getRequest(deps.db, lastId);
  const choice =
    last?.status === "needs_clarification"
      ? (findChoice(last.questions, turn.text) ?? findValue(last.questions, turn.text))
      : undefined;
  if (last && choice) {
    const answered = await answerRequest(deps, turn.caller, { id: last.id, body: { answers: [choice] } });
    return [await describeRequest(deps.db, answered)];
  }
  const world = createWorld(await deps.catalogues.read(), listOperations());
  const revision = await readInContext(turn, { last, world });
  switch (revision.kind) {
    case "answer":
      return [revision.answer];
    case "none":
      return await answerTalk({ ...turn, text: revision.text }, { last, world });
    default:
      return revision satisfies never;
  }
}

export interface Context {
  /** The newest request of the conversation. */
  readonly last: Request | undefined;
  readonly world: World;
}

async function answerTalk(turn: Turn, context: Context): Promise<Answer[]> {
  const { last, world } = context;
  const read = readTalk(turn.text, knownWords(world));
  switch (read.kind) {
    case "change": {
      const told = await Promise.all(read.questions.map((question) => tell(turn, world, question)));
      const named = last === undefined ? undefined : namePronoun(read.text, last);
      return [...told, await request(turn, named ?? read.text, named)];
    }
    case "follow-up":
      return [await followUp(turn, read.followUp, last)];
    case "question":
      return await Promise.all(read.questions.slice(0, 5).map((question) => tell(turn, world, question)));
    case "greeting":
      return [talk(`Hello. ${tellHelp(world)}`)];
    case "thanks":
      return [talk("You are welcome.")];
    case "cancel":
      return [await cancelLast(turn, last)];
    case "consent":
      return [await tellHowToApprove(turn, last)];
    case "unclear":
      return [talk(tellUnclear(last, world))];
    default:
      return read satisfies never;
  }
}

async function tell(
  turn: Turn,
  world: World,
  question: Parameters<typeof answerQuestion>[1],
): Promise<Answer> {
  const { db, clock } = turn.deps;
  return talk(await answerQuestion({ db, world, now: clock.now() }, question));
}

/** `readAs`: the whole sentence, where the message was only a part of one. */
async function request(turn: Turn, text: string, readAs: string | undefined): Promise<Answer> {
  const { conversationId, messageId } = turn;
  const body = { text, priority: turn.priority, highValue: false, origin: { conversationId, messageId } };
  const answer = await describeRequest(turn.deps.db, await createRequest(turn.deps, turn.caller, body));
  return readAs === undefined ? answer : { ...answer, text: `Read as: ${readAs}\n${answer.text}` };
}

async function followUp(turn: Turn, wish: FollowUp, last: Request | undefined): Promise<Answer> {
  if (last === undefined)
    return talk(
      "This goes on from a request, and there is none yet in this conversation. Say the whole sentence.",
    );
  const whole = completeFollowUp(wish, last);
  if (whole === undefined)
    return talk(
      `I cannot tell for certain what that changes in "${last.text.slice(0, 200)}". Say the whole sentence, and I plan it.`,
    );
  return await request(turn, whole, whole);
}

/** Stops what the conversation's last plan does, or drops the plan: by the same use cases, and permissions, as elsewhere. */
async function cancelLast(turn: Turn, last: Request | undefined): Promise<Answer> {
  const { deps, deeds, caller } = turn;
  const plan = await findLastPlan(deps.db, turn.conversationId);
  const run = plan === undefined ? undefined : await findOpenRun(deps.db, plan.id);
  if (run === undefined && last?.status === "needs_clarification")
    return {
      text: `I leave the questions about "${last.text.slice(0, 200)}" unanswered: nothing is planned or run without answers.`,
      requestId: last.id,
    };
  if (plan === undefined) return talk("There is nothing to cancel: this conversation has no plan.");
  const about = { requestId: plan.request_id };
  try {
    if (run !== undefined) {
      caller.authorize("operate");
      await deeds.cancel(caller, run, "said in the conversation");
      return { ...about, text: `I am stopping run ${run.slice(0, 8)} (${plan.summary}).` };
    }
    if (plan.state === "proposed") {
      caller.authorize("approve");
      await deeds.reject(caller, plan.id, "said in the conversation");
      return { ...about, text: `I rejected plan ${plan.id.slice(0, 8)} (${plan.summary}). Nothing was run.` };
    }
  } catch (error) {
    if (!ChiffonError.is(error)) throw error;
    return { ...about, text: `${error.message}${error.hint === undefined ? "" : ` ${error.hint}`}` };
  }
  return {
    ...about,
    text: `There is nothing to cancel: plan ${plan.id.slice(0, 8)} is ${plan.state}, and no run of it is open.`,
  };
}

/** A "yes" says nothing about which plan was read, so it never approves. */
async function tellHowToApprove(turn: Turn, last: Request | undefined): Promise<Answer> {
  if (last?.status === "needs_clarification")
    return {
      text: "I still need the answers to the questions above: choose them on the card.",
      requestId: last.id,
    };
  const plan = await findLastPlan(turn.deps.db, turn.conversationId);
  if (plan?.state !== "proposed") return talk("No plan of this conversation waits for a decision.");
  return {
    text: `A word in the chat approves nothing, because an approval is bound to the exact hash of the plan that you read. Approve plan ${plan.id.slice(0, 8)} on its card; to drop it, say: cancel that.`,
    requestId: plan.request_id,
  };
}

function tellUnclear(last: Request | undefined, world: World): string {
  const open =
    last?.status === "needs_clarification"
      ? " The questions of the request above are still open on its card."
      : "";
  return `I did not find a change or a question in this, so I made no plan.${open} ${tellHelp(world)}`;
}

function talk(text: string): Answer {
  return { text, requestId: null };
}
