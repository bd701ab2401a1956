import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { queues, type Message } from "../../contracts/agent-protocol.ts";
import { placeReadyTasks } from "../dispatch/place.ts";
import { getRun } from "../run/view-sql.ts";
import { createTestRun, fromAgent, heartbeatOf, type TestCore } from "../testing.ts";
import { handleAgentMessage } from "../track/handle.ts";
import { callerWith, createTestTalk, type TestTalk } from "./testing.ts";

let talk: TestTalk;
let core: TestCore;
beforeEach(async () => {
  talk = await createTestTalk();
  ({ core } = talk);
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

/** A run with the given hosts that has ended, as an agent would tell it. */
async function finishRun(host: string, outcome: "succeeded" | "failed"): Promise<string> {
  const agent = randomUUID();
  const tell = (message: Message) => handleAgentMessage(core.deps, fromAgent(agent, message));
  await tell(heartbeatOf(agent));
  const { runId } = await createTestRun(core, [[host]]);
  await placeReadyTasks(core.deps);
  const row = await core.db
    .selectFrom("outbox")
    .selectAll()
    .where("queue", "=", queues.work(agent))
    .executeTakeFirstOrThrow();
  if (row.envelope.type !== "work_request") throw new Error("no order");
  const { task_id, attempt, fence } = row.envelope.payload;
  const key = { task_id, attempt, fence };
  await tell({ type: "work_accepted", payload: { ...key, agent_id: agent } });
  await tell({
    type: "work_result",
    payload: {
      ...key,
      outcome,
      exit_code: outcome === "succeeded" ? 0 : 2,
      error: null,
      recap: null,
      resources_used: { cpu_time_ms: 1, wall_ms: 2, memory_peak_mb: 3, gpu_vram_mb: null, bytes_out: 4 },
      output_length: 0,
      progress_count: 0,
    },
  });
  await tell(heartbeatOf(agent, { leaving: true }));
  return runId;
}

describe("an open question", () => {
  const open = async (id: string) => {
    await say(id, "Deploy the wiki");
    const [row] = await core.db.selectFrom("request").select("questions").execute();
    return row?.questions[0]?.options ?? [];
  };

  test("[UI-01] is answered by the number or the name of an option", async () => {
    for (const word of ["number", "name"]) {
      const id = await begin();
      const options = await open(id);
      const place = options.findIndex((option) => option.value === "site:wiki-two.yml") + 1;
      expect(place).toBeGreaterThan(0);
      const [said, answer] = await say(id, word === "number" ? String(place) : "Wiki-two.");
      expect(answer?.text).toContain("I made a plan of 1 step on web1, web2: wiki-two");
      expect(said?.requestId).toBe(answer?.requestId);
    }
  });

  test("stays open for what is no option, and for a yes", async () => {
    const id = await begin();
    await open(id);
    expect(await answerTo(id, "99")).toContain("still open");
    expect(await answerTo(id, "yes")).toContain("I still need the answers");
    expect(await answerTo(id, "never mind")).toMatch(
      /^I leave the questions about "Deploy the wiki" unanswered/,
    );
    expect(await answerTo(id, "deploy grafana")).toContain("I made a plan of 1 step on web1, web2: grafana");
    expect((await listRequests()).map((request) => request.status)).toEqual([
      "needs_clarification",
      "planned",
    ]);
  });
});

describe("talk and questions make no plan", () => {
  test("[UI-01] greetings and help say what can be done, with an example of the catalogue", async () => {
    const id = await begin();
    expect(await answerTo(id, "hi")).toMatch(
      /^Hello\. Say what should happen and I make a plan .*: Deploy grafana\./,
    );
    expect(await answerTo(id, "what can you do?")).toContain("for example: Deploy grafana.");
    expect(await answerTo(id, "thanks!")).toBe("You are welcome.");
    expect(await answerTo(id, "Why is the sky blue?")).toMatch(/^I did not understand .* You can ask: /);
    expect(await answerTo(id, "plex is down")).toContain("so I made no plan");
    expect(await listRequests()).toEqual([]);
  });

  test("[UI-01] what runs on a host, when something was deployed and what failed come from the record", async () => {
    const id = await begin();
    expect(await answerTo(id, "what runs on web1?")).toBe("I have deployed nothing on web1 so far.");
    expect(await answerTo(id, "what failed last week?")).toBe("Nothing failed in the last 7 days.");
    await finishRun("web1", "succeeded");
    core.advance(3_600_000);
    const failed = await finishRun("web2", "failed");

    expect(await answerTo(id, "What runs on web1?")).toMatch(
      /^What I deployed on web1:\n- step-0: deployed 2026-11-22 12:00 UTC \(plan [0-9a-f]{8}\)\nI looked into my record/,
    );
    expect(await answerTo(id, "what did you deploy on web2?")).toBe(
      "I have deployed nothing on web2 so far.",
    );
    expect(await answerTo(id, "what did you do today?")).toContain("step-0 deployed on web1");
    expect(await answerTo(id, "when was the step 0 last deployed?")).toMatch(
      /^From the record about step 0:\n- not deployed, it failed on web2 2026-11-22 13:00 UTC \(plan [0-9a-f]{8}\)\n- deployed on web1 2026-11-22 12:00 UTC/,
    );
    expect(await answerTo(id, "what happened on web2 today?")).toContain(
      "step-0 not deployed, it failed (plan",
    );
    expect(await answerTo(id, "when was grafana last deployed?")).toBe(
      "The record has nothing about grafana. To do that, say: Deploy grafana.",
    );
    const failures = await answerTo(id, "what failed last week?");
    expect(failures).toMatch(/^What failed in the last 7 days:\n- 2026-11-22 13:00 UTC: do it, failed/);
    expect(failures).toContain(`(run ${failed.slice(0, 8)})`);
    expect(await answerTo(id, "what failed on web1 last week?")).toBe(
      "Nothing failed on web1 in the last 7 days.",
    );
    core.advance(30 * 86_400_000);
    expect(await answerTo(id, "what failed last week?")).toBe("Nothing failed in the last 7 days.");
  });

  test("what runs now, what waits, hosts and playbooks are answered too", async () => {
    const id = await begin();
    expect(await answerTo(id, "what waits for me?")).toBe("Nothing waits for a person.");
    expect(await answerTo(id, "what is running?")).toBe("Nothing is running.");
    const { runId } = await createTestRun(core, [["web1"]]);
    expect(await answerTo(id, "what is running?")).toContain(`do it (run ${runId.slice(0, 8)}, `);
    await say(id, "Deploy grafana");
    expect(await answerTo(id, "what waits for me?")).toMatch(
      /- plan [0-9a-f]{8} \(R\d\): 1 step on web1, web2/,
    );
    expect(await answerTo(id, "what hosts do you know?")).toBe("I know 2 hosts:\n- web1 (web)\n- web2 (web)");
    expect(await answerTo(id, "what runs on web9?")).toBe('I know no host "web9". I know: web1, web2.');
    expect(await answerTo(id, "which playbooks are there?")).toContain("- jellyfin");
    expect(await answerTo(id, "which playbooks are there for backup?")).toMatch(
      /^Playbooks about backup:\n- backup-photos\nTo use one, say: Run the playbook backup-photos\.$/,
    );
    expect((await listRequests()).filter((request) => request.text !== "do it")).toHaveLength(1);
  });
});

describe("a wish to look", () => {
  test("[INFRA-01] at the facts of all machines asks nothing where only Chiffon's own operation can do it", async () => {
    const id = await begin();
    expect(await answerTo(id, "Show the facts of all machines")).toContain(
      "I made a plan of 1 step on web1, web2: facts",
    );
    expect(await answerTo(id, "show facts of web2")).toContain("I made a plan of 1 step on web2: facts");
  });
});

describe("in context", () => {
  test("[UI-01] 'and grafana too' is read as a whole sentence, and the answer says how", async () => {
    const id = await begin();
    expect(await answerTo(id, "and grafana too")).toContain("there is none yet in this conversation");
    await say(id, "Deploy jellyfin on web1");
    expect(await answerTo(id, "and grafana too")).toBe(
      "Read as: Deploy grafana on web1\nI made a plan of 1 step on web1: grafana. Nothing runs until it is approved.",
    );
    expect(await answerTo(id, "also on web2")).toContain("Read as: Deploy grafana on web2\n");
    expect(await answerTo(id, "the same for jellyfin")).toContain("Read as: Deploy jellyfin on web2\n");
    expect(await answerTo(id, "deploy it again")).toContain("Read as: deploy jellyfin again on web2\n");
    expect(await listPlanStates()).toHaveLength(5);
  });

  test("[UI-01] 'cancel that' rejects the plan that waits, and says when there is nothing left", async () => {
    const id = await begin();
    expect(await answerTo(id, "cancel that")).toBe(
      "There is nothing to cancel: this conversation has no plan.",
    );
    await say(id, "Deploy grafana");
    const [said, answer] = await say(id, "never mind");
    expect(answer?.text).toMatch(/^I rejected plan [0-9a-f]{8} \(1 step on web1, web2: grafana\)\./);
    expect(said?.requestId).toBe(answer?.requestId);
    expect(await listPlanStates()).toEqual(["rejected"]);
    expect(await answerTo(id, "stop it")).toMatch(
      /^There is nothing to cancel: plan [0-9a-f]{8} is rejected/,
    );
  });

  test("[UI-01] 'stop it' stops the run of the last plan", async () => {
    const id = await begin();
    const { runId } = await createTestRun(core, [["web1"]]);
    await core.db.updateTable("request").set({ conversation_id: id }).execute();
    expect(await answerTo(id, "stop it")).toBe(`I am stopping run ${runId.slice(0, 8)} (test).`);
    expect((await getRun(core.db, runId)).state).toBe("cancelled");
  });

  test("who may not cancel or reject is told so, and nothing happens", async () => {
    const id = await begin();
    await say(id, "Deploy grafana");
    const operator = callerWith("read", "propose", "operate");
    expect(await answerTo(id, "cancel that", operator)).toMatch(/permission "approve" is missing/);
    expect(await listPlanStates()).toEqual(["proposed"]);
    const { runId } = await createTestRun(core, [["web1"]]);
    core.advance(1_000);
    await core.db.updateTable("request").set({ conversation_id: id }).execute();
    await core.db.deleteFrom("plan").where("state", "=", "proposed").execute();
    expect(await answerTo(id, "stop it", callerWith("read", "propose"))).toMatch(/permission "operate"/);
    expect((await getRun(core.db, runId)).state).not.toBe("cancelled");
  });

  test.each(["yes", "go", "approve it", "ok, go ahead", "do it", "lgtm"])(
    "[UI-03] '%s' approves nothing",
    async (word) => {
      const id = await begin();
      expect(await answerTo(id, word)).toBe("No plan of this conversation waits for a decision.");
      await say(id, "Deploy grafana");
      expect(await answerTo(id, word)).toContain("A word in the chat approves nothing");
      expect(await listPlanStates()).toEqual(["proposed"]);
    },
  );
});
