import { expect, test } from "vitest";
import type { LiveEvent, RunEventBody } from "../../../src/contracts/live.ts";
import type { HostResult } from "../../../src/contracts/run.ts";
import { lineAt } from "./log-lines.ts";
import { failuresOf, forecastOf } from "./run-facts.ts";
import { attemptId, cellId, emptyRunView, reduceRunView, type RunView } from "./run-view.ts";
import { announced, at, hostResult, makeEvents, makeRun, output, taskId } from "./testing-run.ts";

function see(view: RunView, bodies: readonly RunEventBody[], first = view.lastSeq + 1): RunView {
  return reduceRunView(view, { type: "events", events: makeEvents(bodies, first) });
}

function linesOf(view: RunView): (string | undefined)[] {
  return Array.from({ length: view.log.count }, (_, index) => lineAt(view.log, index)?.text);
}

const begun = reduceRunView(emptyRunView, { type: "fetched", run: makeRun() });
const bodies: RunEventBody[] = [
  { type: "attempt.started", data: { taskId, attempt: 1, agentId: taskId } },
  announced("k1", "Write the page"),
  { type: "host.started", data: { taskId, attempt: 1, key: "k1", host: "web", at } },
  output("TASK [Write the page] ***\nchanged: [web]\n"),
  hostResult({ status: "changed" }),
];

test("[UI-04] events that come twice, or again from an earlier number, change nothing", () => {
  const once = see(begun, bodies);

  expect(see(once, bodies, 1)).toBe(once);
  const again = see(once, [...bodies, output("more\n", 41)], 1);
  expect(linesOf(again)).toEqual(["TASK [Write the page] ***", "changed: [web]", "more"]);
  expect(again.lastSeq).toBe(6);
});

test("[UI-04] after a gap nothing is taken until what is missing has come", () => {
  const gapped = see(begun, bodies.slice(2), 3);
  expect(gapped).toBe(begun);

  expect(see(see(gapped, bodies.slice(0, 2), 1), bodies, 1)).toEqual(see(begun, bodies));
});

test("what was removed after its time fills the gap before it", () => {
  const data = { through: 40, reason: "removed after 90 days on 2027-02-20" };
  const removed = { ...makeEvents(bodies.slice(0, 1), 40)[0], type: "events.removed", data } as LiveEvent;
  const view = reduceRunView(begun, { type: "events", events: [removed] });
  expect(view.lastSeq).toBe(40);
  expect(linesOf(see(view, [output("later\n")]))).toEqual(["later"]);
});

test("the result is the same however the events were put into batches", () => {
  const one = see(begun, bodies);
  let other = begun;
  for (const [index, body] of bodies.entries()) other = see(other, [body], index + 1);

  expect(other).toEqual(one);
});

test("pieces of two attempts that overtake each other stay apart", () => {
  const view = see(begun, [
    output("second attempt\n", 0, 2),
    output("first attempt\n", 0, 1),
    output("second again\n", 15, 2),
    announced("k9", "Later", 2),
  ]);

  expect(linesOf(view)).toEqual(["second attempt", "first attempt", "second again"]);
  expect(view.attempts.get(attemptId(taskId, 1))?.ansibleTasks).toEqual([]);
  expect(view.attempts.get(attemptId(taskId, 2))?.ansibleTasks).toHaveLength(1);
});

test("a fetched run that events have overtaken does not take the page back", () => {
  const done = see(begun, [{ type: "run.state", data: { state: "succeeded", reason: null } }]);

  expect(done.run?.state).toBe("succeeded");
  expect(reduceRunView(done, { type: "fetched", run: makeRun({ state: "running" }) }).run?.state).toBe(
    "succeeded",
  );
});

test("events from before the fetched run build log and table, but do not play its states again", () => {
  const run = makeRun({ state: "failed", reason: "step 1 failed", lastSeq: 10 });
  const view = see(reduceRunView(emptyRunView, { type: "fetched", run }), [
    { type: "run.state", data: { state: "running", reason: null } },
    output("a line\n"),
  ]);

  expect(view.run).toMatchObject({ state: "failed", reason: "step 1 failed" });
  expect(linesOf(view)).toEqual(["a line"]);
});

test("the fetched table stands at once, in Ansible's order once the events have come, and no start hides a result", () => {
  const cell: HostResult = {
    taskId,
    attempt: 1,
    key: "k2",
    name: "Second",
    source: "site.yml:9",
    module: "copy",
    host: "web",
    status: "failed",
    startedAt: at,
    endedAt: at,
    message: "no space",
  };
  const early = reduceRunView(begun, { type: "table", cells: [cell] });
  const view = see(early, [
    announced("k1", "First"),
    announced("k2", "Second"),
    { type: "host.started", data: { taskId, attempt: 1, key: "k2", host: "web", at } },
  ]);
  const attempt = view.attempts.get(attemptId(taskId, 1));

  expect(attempt?.ansibleTasks.map((each) => each.name)).toEqual(["First", "Second"]);
  expect(attempt?.cells.get(cellId("k2", "web"))?.status).toBe("failed");
  expect(failuresOf(view)).toMatchObject([
    { ansibleTask: { source: "site.yml:3" }, cell: { message: "no space" } },
  ]);
});

test("results of loop items leave the cell running until the loop has ended", () => {
  const view = see(begun, [
    announced("k1", "Loop"),
    hostResult({ item: "one" }),
    hostResult({ item: "two" }),
  ]);
  const cell = view.attempts.get(attemptId(taskId, 1))?.cells.get(cellId("k1", "web"));

  expect(cell).toMatchObject({ status: "running", items: 2 });
});

test("the last line of an attempt appears though it never ended", () => {
  const ended: RunEventBody = {
    type: "attempt.ended",
    data: { taskId, attempt: 1, outcome: "failed", exitCode: 2, reason: "x", recap: null, resources: null },
  };

  expect(linesOf(see(begun, [output("no line end"), ended]))).toEqual(["no line end"]);
});

test("a preview tells per host whether it would change anything", () => {
  const view = see(begun, [...bodies, hostResult({ host: "db" })]);

  expect(forecastOf(view).map(({ host, kind }) => `${host} ${kind}`)).toEqual(["web change", "db same"]);
});

test("hostile names and messages lose their controls before they are kept", () => {
  const view = see(begun, [
    announced("k1", "\u001b]0;title\u0007Write\u202e it"),
    hostResult({ host: "we\u0000b", status: "failed", message: "\u001b[31mred" }),
  ]);
  const [failure] = failuresOf(view);

  expect(failure?.ansibleTask.name).toBe("Write[U+202E] it");
  expect(failure?.cell).toMatchObject({ host: "we\u2400b", message: "red" });
});

test("10,000 lines in 1,000 batches are all taken", () => {
  let view = begun;
  let offset = 0;
  for (let batch = 0; batch < 1_000; batch += 1) {
    const text = Array.from(
      { length: 10 },
      (_, line) => `\u001b[0;32mok: [host${line}] => ${batch}\u001b[0m\n`,
    ).join("");
    view = see(view, [output(text, offset)]);
    offset += text.length;
  }

  expect(view.log.count).toBe(10_000);
});
