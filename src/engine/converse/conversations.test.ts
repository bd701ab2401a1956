import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Engine } from "../engine.ts";
import { insertRequest } from "../request/sql.ts";
import { readEvents } from "../stream/sql.ts";
import type { TestCore } from "../testing.ts";
import { mendInterrupted } from "./restart.ts";
import { ada, createTestTalk, type TestTalk } from "./testing.ts";

let talk: TestTalk;
let core: TestCore;
let conversations: Engine["conversations"];
beforeEach(async () => {
  talk = await createTestTalk();
  ({ core } = talk);
  conversations = talk.startServer();
});
afterEach(async () => {
  await talk[Symbol.asyncDispose]();
});

const begin = () => talk.begin();
const say: TestTalk["say"] = (...said) => talk.say(...said);
const answerTo: TestTalk["answerTo"] = (...said) => talk.answerTo(...said);
const listRequests = () =>
  core.db.selectFrom("request").select(["id", "text", "status", "priority"]).orderBy("created_at").execute();
const listPlanStates = async () =>
  (await core.db.selectFrom("plan").select("state").orderBy("created_at").execute()).map((row) => row.state);

describe("a change", () => {
  test("[UI-01] becomes a request with a plan; the message, the answer and the phases are kept", async () => {
    const id = await begin();
    const [said, answer, ...more] = await say(id, "can you deploy grafana?");

    expect(more).toEqual([]);
    expect(said).toMatchObject({ from: "person", by: "ada", text: "can you deploy grafana?" });
    expect(answer).toMatchObject({ from: "chiffon", by: "Chiffon", requestId: said?.requestId });
    expect(answer?.text).toBe(
      "I made a plan of 1 step on web1, web2: grafana. Nothing runs until it is approved.",
    );
    expect(await listRequests()).toMatchObject([
      { id: said?.requestId, text: "can you deploy grafana?", status: "planned", priority: 4 },
    ]);
    const kept = await conversations.get(id);
    expect(kept).toMatchObject({ title: "can you deploy grafana?", createdBy: "ada" });
    expect(kept.messages).toEqual([said, answer]);
    const events = await readEvents(core.db, `conversation:${id}`, { after: 0, limit: 50 });
    expect(events.map((event) => ("phase" in event.data ? event.data.phase : event.type))).toEqual([
      "message.added",
      "read",
      "matched",
      "planned",
      "message.added",
    ]);
  });

  test("that nothing fits, and one that leaves something open, are told in a sentence", async () => {
    const id = await begin();
    expect(await answerTo(id, "Deploy the coffee machine")).toMatch(
      /^I made no plan: no playbook fits "coffee machine"\. .* What helps: /,
    );
    expect(await answerTo(id, "Deploy the wiki")).toMatch(/^I need to know: What should run for/);
    expect(await listPlanStates()).toEqual([]);
  });

  test("comes with its questions answered, and without them in the request", async () => {
    const id = await begin();
    const messages = await say(id, "What is running? Deploy grafana.");
    expect(messages.map((message) => message.text)).toEqual([
      "What is running? Deploy grafana.",
      "Nothing is running.",
      expect.stringContaining("I made a plan of 1 step"),
    ]);
    expect(await listRequests()).toMatchObject([{ text: "Deploy grafana." }]);
  });

  test("while another plan waits is another request, and both wait", async () => {
    const id = await begin();
    await say(id, "Deploy grafana");
    await say(id, "Deploy jellyfin");
    expect(await listPlanStates()).toEqual(["proposed", "proposed"]);
  });

  test("keeps no secret and no text that a database cannot carry", async () => {
    const id = await begin();
    const [said] = await say(id, "Deploy grafana with hunter2\0");
    expect(said?.text).toBe("Deploy grafana with «secret:db»\uFFFD");
    expect((await conversations.get(id)).title).toBe("Deploy grafana with «secret:db»\uFFFD");
  });
});

describe("conversations", () => {
  test("[UI-01] are listed by newest activity, by pages, and searched in titles and messages", async () => {
    const first = await begin();
    await say(first, "hi");
    const second = await begin();
    await say(second, "Deploy grafana");
    await say(first, "what is 100% of_it?");
    const titles = async (q?: string) =>
      (await conversations.list({ limit: 10, ...(q === undefined ? {} : { q }) })).items.map(
        (item) => item.title,
      );
    expect(await titles()).toEqual(["hi", "Deploy grafana"]);
    expect(await titles("GRAFANA. Nothing runs")).toEqual(["Deploy grafana"]);
    expect(await titles("100% of_it")).toEqual(["hi"]);
    expect(await titles("100_")).toEqual([]);
    const page = await conversations.list({ limit: 1 });
    const rest = await conversations.list({ limit: 1, cursor: page.next ?? "" });
    expect([...page.items, ...rest.items].map((item) => item.id)).toEqual([first, second]);
    expect(rest.next).toBeNull();
    await expect(conversations.list({ limit: 1, cursor: "nonsense" })).rejects.toThrow("the cursor");
  });

  test("begin with the first 80 characters as their title and show the newest 500 messages", async () => {
    const id = await begin();
    expect(await conversations.get(id)).toMatchObject({ title: "New conversation", messages: [] });
    await say(id, `deploy\n${"🐳".repeat(200)}`);
    expect((await conversations.get(id)).title).toBe(`deploy ${"🐳".repeat(73)}`);
    const many = Array.from({ length: 600 }, (_, index) => ({
      id: randomUUID(),
      conversation_id: id,
      at: core.deps.clock.now(),
      sender: "person" as const,
      author: "ada",
      text: `message ${index}`,
      request_id: null,
    }));
    await core.db.insertInto("message").values(many).execute();
    const { messages } = await conversations.get(id);
    expect(messages).toHaveLength(500);
    expect(messages.at(-1)?.text).toBe("message 599");
  });

  test("[UI-01] are deleted without their requests and plans, and the record says who did it", async () => {
    const id = await begin();
    await say(id, "Deploy grafana");
    await conversations.remove(ada, id);

    await expect(conversations.get(id)).rejects.toThrow("there is no such conversation");
    await expect(say(id, "hi")).rejects.toThrow("there is no such conversation");
    await expect(conversations.remove(ada, id)).rejects.toThrow("there is no such conversation");
    expect(await core.db.selectFrom("message").select("id").execute()).toEqual([]);
    expect(await readEvents(core.db, `conversation:${id}`, { after: 0, limit: 9 })).toEqual([]);
    expect(await listPlanStates()).toEqual(["proposed"]);
    const records = await core.db.selectFrom("audit_record").select(["kind", "actor_name"]).execute();
    expect(records).toContainEqual({ kind: "conversation.deleted", actor_name: "ada" });
  });

  test("deleted while Chiffon works on a message: the request is not made, and the sender is told", async () => {
    const id = await begin();
    const { catalogues } = talk.deps;
    conversations = talk.startServer({
      catalogues: {
        ...catalogues,
        read: async () => {
          await core.db.deleteFrom("conversation").where("id", "=", id).execute();
          return await catalogues.read();
        },
      },
    });
    await expect(say(id, "Deploy grafana")).rejects.toThrow("there is no such conversation");
    expect(await listRequests()).toEqual([]);
  });

  test("[UI-01] go on after a restart in the middle of a message", async () => {
    const id = await begin();
    const other = await begin();
    const { catalogues } = talk.deps;
    const read = Promise.withResolvers<never>();
    const reached = Promise.withResolvers<void>();
    conversations = talk.startServer({
      catalogues: { ...catalogues, read: () => (reached.resolve(), read.promise) },
    });
    const lost = say(id, "Deploy grafana").catch(() => undefined);
    await reached.promise;
    // Another message whose request was stored when the server was killed.
    const message = randomUUID();
    const requestId = randomUUID();
    await core.db.transaction().execute(async (tx) => {
      const body = { text: "Deploy jellyfin", priority: 3, highValue: false };
      await insertRequest(tx, { id: requestId, body, by: ada.actor, at: core.deps.clock.now() });
      await tx
        .insertInto("message")
        .values({
          id: message,
          conversation_id: other,
          at: core.deps.clock.now(),
          sender: "person",
          author: "ada",
          text: "Deploy jellyfin",
          request_id: requestId,
        })
        .execute();
    });

    // Another server comes while this one is at work.
    await mendInterrupted(core.db, core.deps.clock, [core.deps.replica]);
    expect((await conversations.get(id)).messages).toHaveLength(1);
    expect((await conversations.get(other)).messages).toHaveLength(2);
    await mendInterrupted(core.db, core.deps.clock, []);
    await mendInterrupted(core.db, core.deps.clock, []);
    conversations = talk.startServer();

    expect((await conversations.get(id)).messages.map((each) => each.text)).toEqual([
      "Deploy grafana",
      "The server was stopped while I worked on this message, and nothing came of it. Send it again.",
    ]);
    expect((await conversations.get(other)).messages.map((each) => each.text)).toEqual([
      "Deploy jellyfin",
      "I made no plan: the server was stopped while it was reading this request. What helps: ask again.",
    ]);
    expect(await answerTo(id, "Deploy grafana")).toContain("I made a plan of 1 step");
    expect(await answerTo(id, "and jellyfin too")).toContain("Read as: Deploy jellyfin\n");
    read.reject(new Error("the old server is gone"));
    await lost;
  });

  test("a fault of our own is told in the conversation, and to the caller", async () => {
    const id = await begin();
    const { catalogues } = talk.deps;
    talk.startServer({ catalogues: { ...catalogues, read: () => Promise.reject(new Error("disk")) } });
    await expect(say(id, "Deploy grafana")).rejects.toThrow("disk");
    expect((await conversations.get(id)).messages.map((each) => each.from)).toEqual(["person", "chiffon"]);
  });
});
