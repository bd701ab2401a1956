import { expect, test } from "vitest";
import { classify } from "./classify.ts";
import type { HandlerFacts, SeenResult, SeenRun, SeenTask, StepChecks, TaskChecks } from "./facts.ts";
import type { Listed } from "./rows.ts";

const hosts = ["a", "b"];

function listed(...names: string[]): Listed[] {
  return names.map((name, index) => ({
    name,
    module: "copy",
    source: `site.yml:${index + 1}`,
    dynamic: false,
  }));
}

function checksOf(
  facts: readonly (Partial<TaskChecks> & { source: string })[],
  variables: Record<string, string[]> = {},
  handlers: readonly HandlerFacts[] = [],
): StepChecks {
  const plain = {
    module: "copy",
    opaque: null,
    partial: false,
    unchecked: false,
    register: null,
    sets: [],
    probes: false,
    reads: [],
    ends: null,
    notifies: [],
  };
  return {
    tasks: new Map(facts.map((each) => [each.source, { ...plain, asks: each.reads ?? [], ...each }])),
    handlers,
    variables: new Map(Object.entries(variables)),
  };
}

function seenTask(line: number, status: SeenResult["status"], more: Partial<SeenTask> = {}): SeenTask {
  return {
    name: `task ${line}`,
    module: "copy",
    source: `site.yml:${line}`,
    handler: false,
    play: 1,
    results: hosts.map((host) => ({ host, status, message: null, uncheckable: false })),
    diffs: [],
    ...more,
  };
}

const nothing = checksOf([]);
const stopped = { kind: "failed", why: "check mode could not do a task" } as const;
const run = (tasks: SeenTask[], more: Partial<SeenRun> = {}): SeenRun => ({
  tasks,
  hidden: [],
  stopped: null,
  ...more,
});
const classes = (found: ReturnType<typeof classify>): string[] =>
  found.tasks.map((task) => task.results.map((result) => result.class).join("+"));

test("without a run everything is unknown, each for its own reason", () => {
  const found = classify(listed("one", "two"), hosts, {
    checks: checksOf([{ source: "site.yml:1", opaque: "a program is not run" }]),
    seen: undefined,
  });
  expect(found.tasks.map((task) => task.results[0]?.reason)).toEqual([
    "a program is not run",
    "it was not previewed yet",
  ]);
  expect(found).toMatchObject({ counts: { change: 0, same: 0, unknown: 4 }, coverage: 0 });
});

test("the same change is told once for all hosts that share it, the largest group first", () => {
  const diffs = [
    { host: "a", text: "+x" },
    { host: "b", text: "+y" },
    { host: "c", text: "+y" },
  ];
  const results = ["a", "b", "c"].map((host) => ({
    host,
    status: "changed" as const,
    message: null,
    uncheckable: false,
  }));
  const found = classify(listed("one"), ["a", "b", "c"], {
    checks: nothing,
    seen: run([seenTask(1, "changed", { diffs, results })]),
  });
  expect(found.tasks[0]?.diffs).toEqual([
    { hosts: ["b", "c"], text: "+y" },
    { hosts: ["a"], text: "+x" },
  ]);
});

test("what depends on the result of something that was not run is unknown, through variables and conditions", () => {
  const skipped = hosts.map((host) => ({
    host,
    status: "skipped" as const,
    message: null,
    uncheckable: true,
  }));
  const found = classify(listed("command", "uses it", "uses a variable", "free"), hosts, {
    checks: checksOf(
      [
        { source: "site.yml:1", opaque: "a program is not run", register: "out" },
        { source: "site.yml:2", reads: ["out"] },
        { source: "site.yml:3", reads: ["port"] },
        { source: "site.yml:4", reads: ["other"] },
      ],
      { port: ["base"], base: ["out"], other: ["other"] },
    ),
    seen: run([
      seenTask(1, "skipped", { results: skipped }),
      seenTask(2, "changed"),
      seenTask(3, "skipped"),
      seenTask(4, "ok"),
    ]),
  });
  expect(classes(found)).toEqual(["unknown", "unknown", "unknown", "same"]);
  expect(found.tasks[1]?.diffs).toEqual([]);
});

test("what a probe finds is believed only while nothing before it would have changed something", () => {
  const facts = [
    { source: "site.yml:1", probes: true, register: "early" },
    { source: "site.yml:2", reads: ["early"] },
    { source: "site.yml:3", probes: true, register: "late" },
    { source: "site.yml:4", reads: ["late"] },
  ];
  const found = classify(listed("look", "change", "look again", "use it"), hosts, {
    checks: checksOf(facts),
    seen: run([seenTask(1, "ok"), seenTask(2, "changed"), seenTask(3, "ok"), seenTask(4, "skipped")]),
  });
  expect(classes(found)).toEqual(["same", "change", "same", "unknown"]);
});

test("what changes no host is no reason to doubt what a probe finds", () => {
  const facts = [
    { source: "site.yml:1", reads: ["ansible_check_mode"] },
    { source: "site.yml:2", probes: true, register: "found" },
    { source: "site.yml:3", reads: ["found"] },
  ];
  const [check, ...others] = listed("check", "look", "use it");
  const tasks = [...(check === undefined ? [] : [{ ...check, module: "ansible.builtin.assert" }]), ...others];
  const found = classify(tasks, hosts, {
    checks: checksOf(facts),
    seen: run([seenTask(1, "ok"), seenTask(2, "ok"), seenTask(3, "changed")]),
  });
  expect(classes(found)).toEqual(["unknown", "same", "change"]);
});

test("of a task that is passed over only its condition has to be known", () => {
  const reads = ["ansible_check_mode", "wanted"];
  const found = classify(listed("failed_when", "when"), hosts, {
    checks: checksOf([
      { source: "site.yml:1", reads, asks: ["wanted"] },
      { source: "site.yml:2", reads, asks: reads },
    ]),
    seen: run([seenTask(1, "skipped"), seenTask(2, "skipped")]),
  });
  expect(classes(found)).toEqual(["same", "unknown"]);
});

test("past the task at which a preview stopped nothing is known, and never that the run will fail", () => {
  const failed = seenTask(2, "failed");
  const found = classify(listed("one", "two", "three"), hosts, {
    checks: nothing,
    seen: run([seenTask(1, "changed"), failed], { stopped }),
  });
  expect(classes(found)).toEqual(["change", "unknown", "unknown"]);
  expect(found.stoppedAt).toEqual({ number: 2, hosts: [] });
  expect(found.tasks[2]?.results[0]?.reason).toBe("the preview did not come this far");
});

test("a preview stopped where a host failed, also when other hosts went on; out of time it stopped at the task that ran", () => {
  const results = hosts.map((host) => ({ host, status: "ok" as const, message: null, uncheckable: false }));
  const ofA = seenTask(2, "failed", {
    results: results.map((each) => (each.host === "a" ? { ...each, status: "failed" } : each)),
  });
  const onlyB = seenTask(3, "ok", { results: results.slice(1) });
  const seen = [seenTask(1, "ok"), ofA, onlyB];
  const at = (tasks: SeenTask[], stop: SeenRun["stopped"]) =>
    classify(listed("one", "two", "three", "four"), hosts, {
      checks: nothing,
      seen: run(tasks, { stopped: stop }),
    }).stoppedAt;
  expect(at(seen, stopped)).toEqual({ number: 2, hosts: ["a"] });
  const began = seenTask(4, "ok", { results: [] });
  expect(at([...seen, began], { kind: "time", why: "it took longer than 600 seconds" })).toEqual({
    number: 4,
    hosts: [],
  });
  // The task that failed was rescued, so it is not the place.
  expect(at([ofA, seenTask(3, "failed")], stopped)).toEqual({ number: 3, hosts: [] });
  expect(at([], { kind: "other", why: "it could not be started" })).toBeUndefined();
  expect(at(seen, null)).toBeUndefined();
});

test("what a preview has passed by before it stopped is known: nothing asked for it", () => {
  const found = classify(listed("one", "rescue", "three", "four"), hosts, {
    checks: nothing,
    seen: run([seenTask(1, "ok"), seenTask(3, "failed")], { stopped }),
  });
  expect(classes(found)).toEqual(["same", "same", "unknown", "unknown"]);
  expect(found.tasks[1]?.results[0]?.reason).toBe("nothing asks for it");
});

test("a task listed twice at one place takes its appearances in turn; what only the run shows stands where it was seen", () => {
  const twice = [...listed("one"), ...listed("one")];
  const found = classify(twice, hosts, {
    checks: nothing,
    seen: run([seenTask(1, "changed"), seenTask(9, "changed"), seenTask(1, "ok")]),
  });
  expect(found.tasks.map((task) => [task.source, task.listed])).toEqual([
    ["site.yml:1", true],
    ["site.yml:9", false],
    ["site.yml:1", true],
  ]);
  expect(classes(found)).toEqual(["change", "change", "same"]);
});

test("what the sandbox hides cannot be known, on that host only", () => {
  const found = classify(listed("one"), hosts, {
    checks: nothing,
    seen: run([seenTask(1, "changed")], {
      hidden: [{ source: "site.yml:1", host: "a", what: "/home/ada/x" }],
    }),
  });
  expect(found.tasks[0]?.results).toEqual([
    { class: "change", reason: null, hosts: ["b"] },
    { class: "unknown", reason: "the sandbox hides /home/ada/x", hosts: ["a"] },
  ]);
});

const handlers = [11, 12, 13].map((line) => ({
  source: `site.yml:${line}`,
  name: `handler ${line}`,
  module: "service",
}));
const tell = checksOf(
  [
    { source: "site.yml:1", notifies: ["site.yml:11"] },
    { source: "site.yml:2", notifies: ["site.yml:12"], opaque: "a program is not run" },
    { source: "site.yml:12", notifies: ["site.yml:13"] },
  ],
  {},
  handlers,
);

test("a handler is in the list from the start, after the tasks, and only when a task may notify it", () => {
  const lonely = { source: "site.yml:20", name: "nobody asks", module: "service" };
  const found = classify(listed("one", "two"), hosts, {
    checks: { ...tell, handlers: [...handlers, lonely] },
    seen: undefined,
  });
  expect(found.tasks.map((task) => [task.name, task.handler ?? false, task.listed])).toEqual([
    ["one", false, true],
    ["two", false, true],
    ["handler 11", true, false],
    ["handler 12", true, false],
    ["handler 13", true, false],
  ]);
  expect(found.counts).toEqual({ change: 0, same: 0, unknown: 10 });
});

test("a handler does what the run shows, nothing when no task that notifies it changes, and is unknown when that is unknown", () => {
  const only = (host: string, status: SeenResult["status"]): SeenResult[] => [
    { host, status, message: null, uncheckable: false },
  ];
  const mixed = [...only("a", "changed"), ...only("b", "ok")];
  const found = classify(listed("one", "two"), hosts, {
    checks: tell,
    seen: run([
      seenTask(1, "changed", { results: mixed }),
      seenTask(11, "changed", { handler: true, name: "handler 11", results: only("a", "changed") }),
      seenTask(2, "skipped"),
    ]),
  });
  expect(found.tasks.map((task) => [task.name, task.results])).toEqual([
    [
      "one",
      [
        { class: "change", reason: null, hosts: ["a"] },
        { class: "same", reason: null, hosts: ["b"] },
      ],
    ],
    [
      "handler 11",
      [
        { class: "change", reason: null, hosts: ["a"] },
        { class: "same", reason: "nothing notifies it", hosts: ["b"] },
      ],
    ],
    ["two", [{ class: "same", reason: "its condition is not met", hosts }]],
    ["handler 12", [{ class: "same", reason: "nothing notifies it", hosts }]],
    ["handler 13", [{ class: "same", reason: "nothing notifies it", hosts }]],
  ]);
});

test("what an unknown task notifies is unknown although the run has shown it, and so is what that handler notifies", () => {
  const found = classify(listed("one", "two"), hosts, {
    checks: tell,
    seen: run([
      seenTask(1, "ok"),
      seenTask(2, "changed"),
      seenTask(12, "changed", { handler: true, name: "handler 12" }),
    ]),
  });
  const reasons = new Map(found.tasks.map((task) => [task.name, task.results[0]?.reason]));
  expect(reasons.get("two")).toBe("a program is not run");
  expect(reasons.get("handler 11")).toBe("nothing notifies it");
  expect(reasons.get("handler 12")).toBe('it runs only if "two" changes something, which cannot be known');
  expect(reasons.get("handler 13")).toBe(
    'it runs only if "handler 12" changes something, which cannot be known',
  );
});

test("past a task that may end the play, which cannot be known, only what changes nothing anyway is known; the next play is", () => {
  const lines = ["ask", "end", "look", "write", "skip", "next play"];
  const noEnd: Partial<SeenTask> = { results: [] };
  const seen = (ended: boolean) =>
    run([
      seenTask(1, "skipped", {
        results: hosts.map((host) => ({ host, status: "skipped", message: null, uncheckable: true })),
      }),
      seenTask(2, "ok", noEnd),
      ...(ended ? [] : [seenTask(3, "ok"), seenTask(4, "changed"), seenTask(5, "skipped")]),
      seenTask(6, "changed", { play: 2 }),
    ]);
  const found = (ends: TaskChecks["ends"], reads: string[], ended = false) =>
    classify(listed(...lines), hosts, {
      checks: checksOf([
        { source: "site.yml:1", register: "said" },
        { source: "site.yml:2", reads, ends },
      ]),
      seen: seen(ended),
    });
  for (const ends of ["host", "all"] as const) {
    expect(classes(found(ends, ["said"]))).toEqual([
      "unknown",
      "unknown",
      "same",
      "unknown",
      "same",
      "change",
    ]);
    expect(classes(found(ends, ["said"], true))).toEqual([
      "unknown",
      "unknown",
      "unknown",
      "unknown",
      "unknown",
      "change",
    ]);
  }
  expect(found("host", ["said"]).tasks[3]?.results[0]?.reason).toBe(
    'it comes only if "end" does not end the play before, which cannot be known',
  );
  // A condition that is known ends it for sure, or not at all.
  expect(classes(found("all", ["wanted"]))).toEqual(["unknown", "same", "same", "change", "same", "change"]);
  expect(classes(found("all", ["wanted"], true))).toEqual([
    "unknown",
    "same",
    "same",
    "same",
    "same",
    "change",
  ]);
});

test("of a handler that would run after the place where a preview stopped nothing is known", () => {
  const found = classify(listed("one", "two"), hosts, {
    checks: tell,
    seen: run([seenTask(1, "changed"), seenTask(2, "failed")], { stopped }),
  });
  const reasons = new Map(found.tasks.map((task) => [task.name, task.results[0]?.reason]));
  expect(reasons.get("handler 11")).toBe("the preview did not come this far");
});
