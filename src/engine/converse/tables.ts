import type { ColumnType, Generated } from "kysely";
import type { Actor } from "../../contracts/actor.ts";
import type { Message } from "../../contracts/conversation.ts";

type Time = ColumnType<Date, Date, Date>;

export interface ConversationTables {
  conversation: {
    id: string;
    title: string;
    created_by: ColumnType<Actor, string, string>;
    created_at: Time;
    updated_at: Time;
  };
  message: {
    id: string;
    conversation_id: string;
    position: Generated<number>;
    at: Time;
    sender: Message["from"];
    author: string;
    text: string;
    request_id: string | null;
    /** Of a person's message: the server that answers it. */
    replica: ColumnType<string | null, string | undefined, string>;
  };
}
