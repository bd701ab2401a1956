import { beforeEach, describe, expect, test } from "vitest";
import { ChiffonError } from "../../domain/errors.ts";
import { testPassword } from "../../http/testing/server.ts";
import { hash, ids, makePlan, makeQuestion, makeRequest } from "../testing/examples.ts";
import { useOwnMachine } from "../testing/own-machine.ts";

const machine = useOwnMachine();
const { chiffon, calls } = machine;

describe("asking", () => {
  const plan = makePlan();
  const serve = (requests: object, plans: object = { get: async () => plan }): void => {
    Object.assign(machine.server.engine.requests, requests);
    Object.assign(machine.server.engine.plans, plans);
  };

  test("prints the plan on stdout, the next command on stderr, and exits with 6", async () => {
    serve({ create: async () => makeRequest() });
    const asked = await chiffon(["ask", "Deploy", "the", "status", "page"]);
    expect(asked.code).toBe(6);
    expect(asked.stdout).toContain("deploy status-page");
    expect(asked.stderr).toContain("chiffon plan approve 15c4a236 --hash 9f86d081884c\n");
    const only = await chiffon(["ask", "Deploy the status page", "--plan-only", "--json"]);
    expect(only).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(only.stdout)).toMatchObject({
      request: { id: ids.request },
      plan: { id: ids.plan, hash },
      run: null,
    });
  });

  test("sends text, priority and nothing else", async () => {
    await chiffon(["ask", "Deploy the status page", "--priority", "5"]);
    expect(calls("requests.create")).toEqual([
      [{ text: "Deploy the status page", priority: 5, highValue: false }],
    ]);
    expect((await chiffon(["ask", "x", "--priority", "6"])).code).toBe(2);
    expect((await chiffon(["ask"])).code).toBe(2);
    expect((await chiffon(["ask", "x", "--nonsense"])).code).toBe(2);
  });

  test("prints questions with the exact command that answers them, and exits with 6", async () => {
    const question = makeQuestion();
    serve({
      create: async () => makeRequest({ status: "needs_clarification", planId: null, questions: [question] }),
    });
    const asked = await chiffon(["ask", "deploy the page"]);
    expect(asked.code).toBe(6);
    expect(asked.stdout).toContain(
      `chiffon answer ${ids.request} unit:0=homelab:playbooks/status-page.yml\n`,
    );
    expect(asked.stdout).toContain("  = leave out   leave this step out");
  });

  test("answers what it was given beforehand, round after round", async () => {
    const answered: unknown[] = [];
    const key = makeQuestion({
      id: "host_key:web1:22",
      kind: "host_key",
      options: [{ value: "no", label: "no" }],
    });
    serve({
      create: async () =>
        makeRequest({ status: "needs_clarification", planId: null, questions: [makeQuestion()] }),
      answer: async (_by: unknown, _id: string, body: unknown) =>
        answered.push(body) === 1
          ? makeRequest({
              status: "needs_clarification",
              planId: null,
              questions: [makeQuestion({ answer: "x" }), key],
            })
          : makeRequest(),
    });
    const answers = ["--answer", "host_key:web1:22=no", "--answer", "unit:0=a=b", "--answer", "other=1"];
    const asked = await chiffon(["ask", "deploy the page", ...answers]);
    expect(asked.code).toBe(6);
    expect(answered).toEqual([
      { answers: [{ question: "unit:0", value: "a=b" }] },
      { answers: [{ question: "host_key:web1:22", value: "no" }] },
    ]);
    expect(asked.stderr).toContain('Nothing asked for "other"');
    expect(asked.stdout).toContain("deploy status-page");
    expect((await chiffon(["ask", "x", "--answer", "=x"])).code).toBe(2);
  });

  test("says why there is no plan and what to do, and exits with 1", async () => {
    const problem = { message: 'no playbook fits "coffee"', hint: "add a repository that has it" };
    serve({ create: async () => makeRequest({ status: "failed", planId: null, problem }) });
    expect(await chiffon(["ask", "coffee"])).toEqual({
      code: 1,
      stdout: "",
      stderr: 'chiffon: no playbook fits "coffee"\n  add a repository that has it\n',
    });
  });

  test("waits with --wait for the decision and exits as it was", async () => {
    const states = [plan, makePlan({ state: "rejected", reason: "not today" })];
    serve({ create: async () => makeRequest() }, { get: async () => states.shift() ?? states[0] });
    const asked = await chiffon(["ask", "Deploy the status page", "--wait"]);
    expect(asked).toMatchObject({ code: 3, stderr: expect.stringContaining("rejected: not today") });
  });
});

describe("approving", () => {
  beforeEach(async () => {
    Object.assign(machine.server.engine.plans, {
      get: async () => makePlan({ id: machine.server.engine.ids.plan }),
    });
  });

  test("takes the beginning of the hash that was read, and sends the whole hash", async () => {
    const approved = await chiffon([
      "plan",
      "approve",
      "15c4a236",
      "--hash",
      hash.slice(0, 8).toUpperCase(),
      "--comment",
      "ok",
    ]);
    expect(approved.code).toBe(0);
    expect(calls("plans.approve")).toEqual([[machine.server.engine.ids.plan, { hash, comment: "ok" }]]);
  });

  test("refuses another hash and shows both", async () => {
    const refused = await chiffon(["plan", "approve", "15c4a236", "--hash", "0123456789ab"]);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`${hash}.*0123456789ab`)),
    });
    expect(calls("plans.approve")).toEqual([]);
  });

  test("needs the hash where no terminal can show the plan", async () => {
    expect((await chiffon(["plan", "approve", "15c4a236"])).code).toBe(2);
    expect((await chiffon(["plan", "approve", "15c4a236", "--hash", "9f86d08"])).code).toBe(2);
    expect(calls("plans.approve")).toEqual([]);
  });

  test("of high risk needs the typed name", async () => {
    const risky = makePlan({
      id: machine.server.engine.ids.plan,
      risk: "R3",
      approvalForm: { kind: "type", typed: "status-page" },
    });
    Object.assign(machine.server.engine.plans, { get: async () => risky });
    const args = ["plan", "approve", "15c4a236", "--hash", hash];
    expect(await chiffon(args)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("--type status-page"),
    });
    expect((await chiffon([...args, "--type", "status"])).code).toBe(6);
    expect((await chiffon([...args, "--type", "status-page"])).code).toBe(0);
    expect(calls("plans.approve")).toEqual([
      [machine.server.engine.ids.plan, { hash, typed: "status-page" }],
    ]);
  });

  test("asks for the password when the server wants one, and tries again after it", async () => {
    await chiffon(["user", "add", "ada"], { password: testPassword });
    const approved = makePlan({ state: "approved", runId: ids.run });
    Object.assign(machine.server.engine.plans, {
      approve: async (by: { strong: boolean }) => {
        if (!by.strong) throw new ChiffonError("not-allowed", "a plan of risk R2 needs your password");
        return approved;
      },
    });
    const args = ["plan", "approve", "15c4a236", "--hash", hash];
    expect(await chiffon(args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("needs your password"),
    });
    expect(await chiffon([...args, "--user", "ada"], { password: "wrong and long" })).toMatchObject({
      code: 1,
    });
    const done = await chiffon([...args, "--user", "ada"], { password: testPassword });
    expect(done).toMatchObject({
      code: 0,
      stdout: `${ids.run}\n`,
      stderr: expect.stringContaining("chiffon run watch e6775852"),
    });
    expect((await chiffon(args)).code).toBe(0);
  });

  test("of a plan that is no longer open says why", async () => {
    Object.assign(machine.server.engine.plans, {
      get: async () => makePlan({ state: "stale", reason: "its playbook changed" }),
    });
    expect(await chiffon(["plan", "approve", "15c4a236", "--hash", hash])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("stale: its playbook changed"),
    });
  });

  test("is refused for good by plan reject, which needs a reason", async () => {
    expect((await chiffon(["plan", "reject", machine.server.engine.ids.plan])).code).toBe(2);
    expect((await chiffon(["plan", "reject", machine.server.engine.ids.plan, "--reason", "no"])).code).toBe(
      0,
    );
    expect(calls("plans.reject")).toEqual([[machine.server.engine.ids.plan, "no"]]);
  });
});
