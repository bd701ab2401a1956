import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { getPlan } from "../plan/sql.ts";
import { createTestRun, type TestCore } from "../testing.ts";
import { createTestTalk, type TestTalk } from "./testing.ts";

let talk: TestTalk;
let core: TestCore;
beforeEach(async () => {
  talk = await createTestTalk();
  ({ core } = talk);
});
afterEach(async () => {
  await talk[Symbol.asyncDispose]();
});

const say: TestTalk["say"] = (...said) => talk.say(...said);
const answerTo: TestTalk["answerTo"] = (...said) => talk.answerTo(...said);
const listPlans = () =>
  core.db.selectFrom("plan").select(["id", "revision", "state"]).orderBy("created_at").execute();
const listStates = async () => (await listPlans()).map((plan) => plan.state);
const countRequests = async () => (await core.db.selectFrom("request").select("id").execute()).length;
const newestPlan = async () => await getPlan(core.db, (await listPlans()).at(-1)?.id ?? "");

/** A conversation with a plan that waits. */
async function begin(text = "Deploy grafana"): Promise<string> {
  const id = await talk.begin();
  await say(id, text);
  return id;
}

describe("words that change the plan that waits", () => {
  test("[UI-01] make its next revision, and the answer says what changed", async () => {
    const id = await begin();
    const [said, answer] = await say(id, "change the port to 8080");
    expect(answer?.text).toBe(
      "Revision 2: grafana_port 3000 -> 8080.\nI made a plan of 1 step on web1, web2: grafana. Nothing runs until it is approved.",
    );
    expect(answer?.requestId).toBe(said?.requestId);
    expect(await newestPlan()).toMatchObject({
      revision: 2,
      state: "proposed",
      steps: [{ vars: [{ name: "grafana_port", value: "8080" }], hosts: ["web1", "web2"] }],
    });

    expect(await answerTo(id, "only on web1")).toContain("Revision 3: hosts web1, web2 -> web1.\n");
    expect(await answerTo(id, "make it 8081, please")).toContain("Revision 4: grafana_port 8080 -> 8081.\n");
    expect(await answerTo(id, "how about web2 instead?")).toContain("Revision 5: hosts web1 -> web2.\n");
    expect(await listStates()).toEqual(["superseded", "superseded", "superseded", "superseded", "proposed"]);
    expect(await countRequests()).toBe(1);
    const asked = await core.db
      .selectFrom("audit_record")
      .select("actor_name")
      .where("kind", "=", "plan.change-asked")
      .execute();
    expect(asked).toEqual(Array.from({ length: 4 }, () => ({ actor_name: "ada" })));
  });

  test("[UI-01] leave a step out", async () => {
    const id = await begin("Deploy grafana, then deploy jellyfin");
    expect(await answerTo(id, "without step 2")).toMatch(
      /^Revision 2: jellyfin left out\.\nI made a plan of 1/,
    );
    expect(await answerTo(id, "not on web2")).toContain("Revision 3: hosts web1, web2 -> web1.\n");
    expect(await answerTo(id, "use port 3001 and not on web1, but on web2")).toContain(
      "Revision 4: hosts web1 -> web2, grafana_port 3000 -> 3001.\n",
    );
    expect((await newestPlan()).steps).toMatchObject([{ unit: { name: "grafana" }, hosts: ["web2"] }]);
  });

  test("several at once make one revision", async () => {
    const id = await begin("Deploy grafana, then deploy jellyfin");
    expect(await answerTo(id, "on web1 with port 3002, and skip the last step")).toMatch(
      /^Revision 2: hosts web1, web2 -> web1, grafana_port 3000 -> 3002, jellyfin left out\.\n/,
    );
    expect(await answerTo(id, "port 3003 for step 1")).toContain("grafana_port 3002 -> 3003");
  });

  test("that lead nowhere leave the plan as it was, and say why", async () => {
    const id = await begin("Deploy grafana and jellyfin");
    for (const [words, why] of [
      ["without the moon", 'no step of this plan is about "the moon"'],
      ["make it 9.1", 'no step of this plan takes "version 9.1"'],
      ["make it 77", 'say for example "port 77"'],
      ["on web1, web2", "that would change nothing"],
      ["port 3000 for step 7", "the plan has no step 7"],
    ] as const)
      expect([words, await answerTo(id, words)]).toEqual([words, expect.stringContaining(why)]);
    expect(await listStates()).toEqual(["proposed"]);
  });

  test("of a plan that nothing waits for any more are told so, with what to do", async () => {
    const id = await begin();
    await say(id, "never mind");
    expect(await answerTo(id, "use port 3002")).toMatch(
      /^Plan [0-9a-f]{8} \(1 step on web1, web2: grafana\) is rejected .*say the whole sentence with the change/,
    );
    await core.db.updateTable("plan").set({ state: "stale", reason: "a file changed" }).execute();
    expect(await answerTo(id, "use port 3002")).toContain("is stale (a file changed)");
    const other = await talk.begin();
    const { runId } = await createTestRun(core, [["web1"]]);
    const { id: planId, request_id: requestId } = await core.db
      .selectFrom("plan")
      .innerJoin("run", "run.plan_id", "plan.id")
      .select(["plan.id", "plan.request_id"])
      .where("run.id", "=", runId)
      .executeTakeFirstOrThrow();
    const mine = { conversation_id: other, plan_id: planId };
    await core.db.updateTable("request").set(mine).where("id", "=", requestId).execute();
    expect(await answerTo(other, "on web2 only")).toMatch(/being run, so it cannot be changed .*"stop it"/);
    expect(await listStates()).toEqual(["stale", "approved"]);
  });
});

describe("what is no change of the plan", () => {
  test.each([
    ["Deploy jellyfin with port 3002", ""],
    ["and jellyfin too", "Read as: Deploy jellyfin\n"],
    ["new request: deploy grafana on web2", ""],
    ["restart it", "Read as: restart grafana\n"],
  ])("%s is another request", async (words, lead) => {
    const id = await begin();
    const answer = await answerTo(id, words);
    expect(answer).toMatch(new RegExp(`^${lead}I (?:made a plan|need to know)`));
    expect(await countRequests()).toBe(2);
    expect((await listStates())[0]).toBe("proposed");
  });

  test("questions and small talk stay what they are", async () => {
    const id = await begin();
    expect(await answerTo(id, "what runs on web1?")).toBe("I have deployed nothing on web1 so far.");
    expect(await answerTo(id, "thanks")).toBe("You are welcome.");
    expect(await answerTo(id, "yes")).toContain("A word in the chat approves nothing");
    expect(await countRequests()).toBe(1);
  });

  test("without any plan the words are read as before", async () => {
    const id = await talk.begin();
    expect(await answerTo(id, "use port 3002")).toContain("I did not find a change");
  });
});

describe("in doubt between the two", () => {
  const doubted = "deploy it on web2";

  test("[UI-01] both are offered; the first changes the plan", async () => {
    const id = await begin();
    expect(await answerTo(id, doubted)).toMatch(
      /^This can mean two things:\n1\. a change of plan [0-9a-f]{8} .*: on web2\n2\. a request of its own/,
    );
    expect(await listStates()).toEqual(["proposed"]);
    expect(await answerTo(id, "1")).toContain("Revision 2: hosts web1, web2 -> web2.\n");
    expect(await countRequests()).toBe(1);
  });

  test("the second makes a request of its own", async () => {
    const id = await begin();
    await say(id, doubted);
    expect(await answerTo(id, "a new request")).toMatch(
      /^Read as: deploy grafana on web2\nI made a plan of 1 /,
    );
    expect(await countRequests()).toBe(2);
    expect(await listStates()).toEqual(["proposed", "proposed"]);
  });

  test("a number means nothing when something else was said in between", async () => {
    const id = await begin();
    await say(id, doubted);
    await say(id, "thanks");
    expect(await answerTo(id, "1")).toContain("I did not find a change");
    expect(await listStates()).toEqual(["proposed"]);
  });
});
