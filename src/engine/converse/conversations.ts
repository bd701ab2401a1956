import type { Message, NewMessage, SentMessages } from "../../contracts/conversation.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { plainText } from "../../domain/plain-text.ts";
import { recordAudit } from "../audit/record.ts";
import type { Engine, TalkingCaller } from "../engine.ts";
import type { RequestDeps } from "../request/create.ts";
import { answerMessage, type Answer, type Deeds } from "./answer.ts";
import { deletedConversation } from "./link-sql.ts";
import {
  addMessages,
  deleteConversation,
  getConversation,
  getMessage,
  insertConversation,
  listConversations,
  pointMessage,
} from "./sql.ts";

const longestAnswer = 10_000;

/** The use cases of conversations. `deeds`: the use cases that a message may stand for. */
export function createConversations(deps: RequestDeps, deeds: Deeds): Engine["conversations"] {
  const { db } = deps;
  return {
    list: (options) => listConversations(db, options),
    create: async (caller) => {
      const made = { id: deps.newId(), by: caller.actor, at: deps.clock.now() };
      return { ...(await insertConversation(db, made)), messages: [] };
    },
    get: (id) => getConversation(db, id),
    send: (caller, id, body) => sendMessage({ deps, deeds, caller, id }, body),
    remove: async (caller, id) => {
      await db.transaction().execute(async (tx) => {
        if (!(await deleteConversation(tx, id))) throw deletedConversation();
        await recordAudit(tx, {
          at: deps.clock.now(),
          kind: "conversation.deleted",
          actor: caller.actor,
          data: { conversation_id: id },
        });
      });
    },
  };
}

interface Sending {
  readonly deps: RequestDeps;
  readonly deeds: Deeds;
  readonly caller: TalkingCaller;
  readonly id: string;
}

/** The message is kept before anything is done about it; whatever then goes wrong is told in the conversation too. */
async function sendMessage(sending: Sending, body: NewMessage): Promise<SentMessages> {
  const { deps, caller, id } = sending;
  const text = (await deps.redact(plainText(body.text))).trim();
  const message: Message = {
    id: deps.newId(),
    at: deps.clock.now().toISOString(),
    from: "person",
    by: caller.actor.name,
    text: text === "" ? "…" : text,
    requestId: null,
  };
  await deps.db.transaction().execute((tx) => addMessages(tx, id, [{ ...message, replica: deps.replica }]));
  const turn = { ...sending, conversationId: id, messageId: message.id, text, priority: body.priority };
  try {
    return await keepAnswers(sending, message.id, await answerMessage(turn));
  } catch (error) {
    if (ChiffonError.is(error) && error.code === "not-found") throw error;
    // Of a fault the log says more; the conversation must not look as if it were still being worked on.
    await keepAnswers(sending, message.id, [
      {
        text: "A fault of mine kept me from working on this; my log says more. Nothing was changed.",
        requestId: null,
      },
    ]).catch(() => undefined);
    throw error;
  }
}

async function keepAnswers(
  { deps, id }: Sending,
  messageId: string,
  answers: readonly Answer[],
): Promise<SentMessages> {
  const at = deps.clock.now().toISOString();
  const messages = answers.map((answer): Message => ({
    id: deps.newId(),
    at,
    from: "chiffon",
    by: "Chiffon",
    text: plainText(answer.text).slice(0, longestAnswer),
    requestId: answer.requestId,
  }));
  const about = answers.find((answer) => answer.requestId !== null)?.requestId ?? null;
  await deps.db.transaction().execute(async (tx) => {
    await addMessages(tx, id, messages);
    if (about !== null) await pointMessage(tx, messageId, about);
  });
  return { messages: [await getMessage(deps.db, messageId), ...messages] };
}
