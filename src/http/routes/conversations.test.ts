import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Role } from "../../contracts/access.ts";
import { Conversation, ConversationPage, SentMessages } from "../../contracts/conversation.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { TalkingCaller } from "../../engine/engine.ts";
import {
  bearer,
  makeUsers,
  openTestStore,
  send,
  startTestServer,
  type Received,
  type Sent,
  type TestServer,
  type TestStore,
} from "../testing/server.ts";

let store: TestStore;
let server: TestServer;
let sessions: Record<Role, string>;

beforeAll(async () => {
  store = await openTestStore();
  server = await startTestServer({ db: store.db });
  sessions = await makeUsers(server.access);
});
afterAll(async () => {
  await server.close();
  await store[Symbol.asyncDispose]();
});

const as = (role: Role, path: string, sent: Sent = {}): Promise<Received> =>
  send(server, `/api/v1${path}`, { ...sent, headers: { ...bearer(sessions[role]), ...sent.headers } });
const begin = async (): Promise<string> =>
  Conversation.parse((await as("operator", "/conversations", { method: "POST" })).json).id;
const say = (id: string, body: unknown, headers: Record<string, string> = {}): Promise<Received> =>
  as("operator", `/conversations/${id}/messages`, { method: "POST", body, headers });

test("[UI-01] conversations are begun, continued, listed, searched, shown and deleted", async () => {
  const made = await as("operator", "/conversations", { method: "POST" });
  expect(made).toMatchObject({ status: 201, json: { createdBy: "operator", messages: [] } });
  const { id } = Conversation.parse(made.json);

  const sent = await say(id, { text: "  hi  " });
  expect(sent.status).toBe(201);
  expect(SentMessages.parse(sent.json).messages).toMatchObject([
    { from: "person", by: "operator", text: "hi", requestId: null },
    { from: "chiffon", by: "Chiffon", text: "Hello.", requestId: null },
  ]);

  // Whoever may read sees all of them.
  const shown = await as("viewer", `/conversations/${id}`);
  expect(Conversation.parse(shown.json).messages).toHaveLength(2);
  const listed = ConversationPage.parse((await as("viewer", "/conversations?limit=5")).json);
  expect(listed.items.map((item) => item.id)).toEqual([id]);
  expect(listed.items[0]).not.toHaveProperty("messages");
  const none = await as("viewer", "/conversations?q=nowhere%20said");
  expect(none.json).toEqual({ items: [], next: null });

  expect(await as("operator", `/conversations/${id}`, { method: "DELETE" })).toMatchObject({
    status: 204,
    text: "",
  });
  expect((await as("viewer", `/conversations/${id}`)).status).toBe(404);
});

test("a message is parsed: empty, too long, with a wrong priority or half a character it is refused", async () => {
  const id = await begin();
  for (const [body, problem] of [
    [{ text: "   " }, "the message is empty"],
    [{ text: "x".repeat(10_001) }, "longer than 10,000 characters"],
    [{ text: "hi", priority: 9 }, "priority"],
    ['{"text":"\\ud800"}', "half a character"],
    [{}, "text"],
  ] as const) {
    const refused = await say(id, body);
    expect(refused.status).toBe(400);
    expect(z.object({ detail: z.string() }).parse(refused.json).detail).toContain(problem);
  }
  expect((await say("not-an-id", { text: "hi" })).status).toBe(400);
  expect((await as("viewer", `/conversations?q=${"x".repeat(201)}`)).status).toBe(400);
});

test("a message that is sent again with the same key is said once", async () => {
  const id = await begin();
  const key = { "idempotency-key": "once" };
  const first = await say(id, { text: "Deploy grafana" }, key);
  expect((await say(id, { text: "Deploy grafana" }, key)).json).toEqual(first.json);
  const said = server.engine.calls.filter(
    (call) => call.name === "conversations.send" && call.args[0] === id,
  );
  expect(said).toHaveLength(1);
});

test("words carry the permissions of who says them", async () => {
  const id = await begin();
  await say(id, { text: "cancel that", priority: 5 });
  const call = server.engine.calls.findLast((each) => each.name === "conversations.send");
  expect(call?.args).toEqual([id, { text: "cancel that", priority: 5 }]);
  const caller = call?.by as TalkingCaller;
  expect(() => caller.authorize("operate")).not.toThrow();
  let refusal: unknown;
  try {
    caller.authorize("approve");
  } catch (error) {
    refusal = error;
  }
  expect(ChiffonError.is(refusal) && refusal.code).toBe("not-allowed");
});
