import { describe, expect, test } from "vitest";
import type { PlanDiff } from "../../contracts/plan-diff.ts";
import { at, exampleStep, hash, ids, makePlan, makeRequest } from "../testing/examples.ts";
import { useOwnMachine } from "../testing/own-machine.ts";

const machine = useOwnMachine();
const { chiffon, calls } = machine;
const id = (): string => machine.server.engine.ids.plan;
const servePlan = (steps = [exampleStep]): void => {
  Object.assign(machine.server.engine.plans, { get: async () => makePlan({ id: id(), steps }) });
};

describe("plan revise", () => {
  test("sends words as they are, and values, hosts and steps as edits; the first step is 1", async () => {
    servePlan();
    await chiffon(["plan", "revise", id(), "on", "web2"]);
    await chiffon(["plan", "revise", id(), "--set", "port=8081", "--set", "title=a=b", "--unset", "bind"]);
    await chiffon([
      "plan",
      "revise",
      id(),
      "--step",
      "2",
      "--hosts",
      "web1, web2",
      "--skip",
      "3",
      "--skip",
      "4",
    ]);
    await chiffon(["plan", "revise", id(), "--skip", "1"]);
    expect(calls("plans.revise")).toEqual([
      [id(), { instruction: "on web2" }],
      [id(), { edits: [{ step: 0, vars: { port: "8081", title: "a=b", bind: null } }] }],
      [
        id(),
        {
          edits: [
            { step: 1, hosts: ["web1", "web2"] },
            { step: 2, skip: true },
            { step: 3, skip: true },
          ],
        },
      ],
      [id(), { edits: [{ step: 0, skip: true }] }],
    ]);
  });

  test("shows the next revision and exits with 6", async () => {
    servePlan();
    Object.assign(machine.server.engine.plans, { revise: async () => makeRequest() });
    const revised = await chiffon(["plan", "revise", id(), "--set", "port=8081"]);
    expect(revised).toMatchObject({ code: 6, stdout: expect.stringContaining("deploy status-page") });
  });

  test.each([
    ["nothing that should be different", []],
    ["words and values at once", ["on web2", "--set", "port=1"]],
    ["a value without a name", ["--set", "8081"]],
    ["a name that is given twice", ["--set", "a=1", "--unset", "a"]],
    ["a step that is none", ["--skip", "0"]],
    ["an empty host", ["--hosts", "web1,,web2"]],
  ])("is wrong use with %s", async (_what, args) => {
    servePlan();
    expect((await chiffon(["plan", "revise", id(), ...args])).code).toBe(2);
    expect(calls("plans.revise")).toEqual([]);
  });

  test("asks which step a value is for, where there are several", async () => {
    servePlan([exampleStep, { ...exampleStep, index: 1 }]);
    const revised = await chiffon(["plan", "revise", id(), "--set", "port=1"]);
    expect(revised).toMatchObject({ code: 2, stderr: expect.stringContaining("--step") });
  });
});

describe("plan make", () => {
  test("shows its plan and exits with 6", async () => {
    servePlan();
    Object.assign(machine.server.engine.requests, { dispatch: async () => makeRequest() });
    const made = await chiffon(["plan", "make", "status-page"]);
    expect(made).toMatchObject({ code: 6, stdout: expect.stringContaining("deploy status-page") });
  });

  test("names a playbook with its hosts and values, or an operation with its service", async () => {
    await chiffon([
      "plan",
      "make",
      "status-page",
      "--hosts",
      "web1, web2",
      "--set",
      "port=8081",
      "--set",
      "title=a=b",
      "--inventory",
      "staging/hosts.yml",
      "--verb",
      "update",
    ]);
    await chiffon(["plan", "make", "operation:restart", "--hosts", "web1", "--service", "nginx"]);
    expect(calls("requests.dispatch")).toEqual([
      [
        {
          unit: "status-page",
          hosts: ["web1", "web2"],
          vars: { port: "8081", title: "a=b" },
          inventory: "staging/hosts.yml",
          verb: "update",
          priority: 3,
        },
      ],
      [{ unit: "operation:restart", hosts: ["web1"], service: "nginx", priority: 3 }],
    ]);
  });

  test.each([
    ["a value without a name", ["--set", "8081"]],
    ["a name that is given twice", ["--set", "a=1", "--set", "a=2"]],
    ["a verb that is none", ["--verb", "explode"]],
    ["an empty host", ["--hosts", "web1,,web2"]],
  ])("is wrong use with %s", async (_what, args) => {
    expect((await chiffon(["plan", "make", "status-page", ...args])).code).toBe(2);
    expect(calls("requests.dispatch")).toEqual([]);
  });
});

describe("plan diff", () => {
  const nothing = { added: [], removed: [] };
  const diff = (): PlanDiff => ({
    planId: id(),
    revision: 2,
    against: { kind: "previous", planId: ids.plan, revision: 1, text: "revision 1", run: null },
    same: false,
    summary: ["step 1 (status-page): port 1 -> 2"],
    risk: { was: "R1", is: "R2" },
    steps: [
      {
        change: "changed",
        step: 0,
        was: 1,
        name: "status-page",
        nameWas: null,
        moved: true,
        hosts: { added: ["web2\u001b[2J"], removed: ["web1"] },
        tags: nothing,
        vars: [
          { name: "port", was: 1, is: 2 },
          { name: "title", is: "x" },
        ],
        secrets: [{ name: "TOKEN", was: 1, is: 2 }],
        files: [
          {
            path: "a.yml",
            change: "changed",
            was: hash,
            is: hash,
            text: "@@ -1,1 +1,1 @@\n-a\n+b\u0007",
            note: null,
          },
          {
            path: "logo.png",
            change: "added",
            was: null,
            is: hash,
            text: null,
            note: "not shown: it is no text",
          },
        ],
        moreFiles: 3,
        ansibleTasks: { added: ["New (copy)"], removed: [] },
        risk: { was: "R1", is: "R2" },
        tools: ["ansible-core 2.14.18 -> 2.19.0"],
        other: [],
      },
      {
        change: "removed",
        step: null,
        was: 0,
        name: "backup",
        nameWas: null,
        moved: false,
        hosts: nothing,
        tags: nothing,
        vars: [],
        secrets: [],
        files: [],
        moreFiles: 0,
        ansibleTasks: nothing,
        risk: null,
        tools: [],
        other: [],
      },
    ],
  });

  test("prints what differs, with the lines of files and without control characters", async () => {
    Object.assign(machine.server.engine.plans, { diff: async () => diff() });
    const shown = await chiffon(["plan", "diff", id()]);
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(shown.stdout).not.toMatch(/[^\P{Cc}\n]/u);
    for (const line of [
      "revision 2, compared with revision 1",
      "Risk:     R1 -> R2",
      "hosts     - web1",
      "hosts     + web2",
      "variable  port 1 -> 2",
      'variable  title its own value -> "x"',
      "secret    TOKEN version 1 -> version 2",
      "tasks     + New (copy)",
      "order     was step 2",
      "tools     ansible-core 2.14.18 -> 2.19.0",
      "file      changed a.yml",
      "       +b",
      "file      added logo.png (not shown: it is no text)",
      `none -> ${hash.slice(0, 12)}`,
      "files     and 3 more",
      "formerly 1. backup  left out",
    ])
      expect(shown.stdout).toContain(line);
  });

  test("says plainly that nothing differs, or that there is nothing to compare with", async () => {
    const run = { id: ids.run, state: "succeeded", at };
    const text = "run e6775852 of Sunday, 2026-11-22 12:00 UTC, which succeeded";
    const against = { kind: "last-run" as const, planId: ids.plan, revision: 1, text, run };
    Object.assign(machine.server.engine.plans, {
      diff: async () => ({ ...diff(), against, same: true, summary: [`the same as ${text}`] }),
    });
    expect((await chiffon(["plan", "diff", id()])).stdout).toBe(
      `Plan ${id().slice(0, 8)}, revision 2: the same as ${text}\n`,
    );
  });

  test("asks for what was named, and gives the object of the API", async () => {
    const shown = await chiffon(["plan", "diff", id(), "--against", "last-run", "--json"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ planId: id(), against: null });
    expect(calls("plans.diff")).toEqual([[id(), "last-run"]]);
    expect((await chiffon(["plan", "diff", id(), "--against", "yesterday"])).code).not.toBe(0);
  });
});

test("run probe asks for a plan that looks at a lost step, shows it and exits with 6", async () => {
  servePlan();
  const { run } = machine.server.engine.ids;
  await chiffon(["run", "probe", run, "--step", "2"]);
  expect(calls("runs.probe")).toEqual([[run, 1]]);
  Object.assign(machine.server.engine.runs, { probe: async () => makeRequest() });
  const asked = await chiffon(["run", "probe", run]);
  expect(asked).toMatchObject({ code: 6, stdout: expect.stringContaining("deploy status-page") });
  expect((await chiffon(["run", "probe", run, "--step", "none"])).code).toBe(2);
});

test("run rollback asks for the plan that takes the run back, shows it and exits with 6", async () => {
  servePlan();
  const { run } = machine.server.engine.ids;
  await chiffon(["run", "rollback", run]);
  expect(calls("runs.rollback")).toEqual([[run]]);
  Object.assign(machine.server.engine.runs, { rollback: async () => makeRequest() });
  const asked = await chiffon(["run", "rollback", run]);
  expect(asked).toMatchObject({ code: 6, stdout: expect.stringContaining("deploy status-page") });
});
