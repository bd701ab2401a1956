import { expect, test } from "vitest";
import {
  choiceName,
  expectedOfPlan,
  expectedOfStep,
  hostsOf,
  locksOf,
  openAtRunTime,
  ownReasons,
  previewOf,
  resourceLines,
  shortHash,
  titleOf,
  valueOf,
  waitsFor,
} from "./plan-words.ts";
import { makePlan, makeStep } from "./testing-plan.ts";

const seconds = (ms: number): string => `${ms / 1_000} s`;
const second = makeStep({ index: 1, after: [0], previewableAfter: [0] });

test("A step without history says so, and one with history says from how many runs", () => {
  expect(expectedOfStep(makeStep(), seconds)).toBe("no history");
  const known = makeStep({ expected: { p50: 4_000, p90: 9_000, samples: 1 } });
  expect(expectedOfStep(known, seconds)).toBe("about 4 s, 9 of 10 within 9 s (from 1 run)");
});

test("Without history a step has its estimate, and the sum says how much of it is estimated", () => {
  const estimated = makeStep({ estimate: { ms: 5_000, text: "estimate, no history: 1 s + 4 x 1 s" } });
  expect(expectedOfStep(estimated, seconds)).toBe("about 5 s (estimate, no history: 1 s + 4 x 1 s)");
  const known = makeStep({ expected: { p50: 4_000, p90: 9_000, samples: 3 } });
  expect(expectedOfPlan(makePlan({ steps: [known, estimated] }), seconds)).toBe(
    "in all about 9 s, 1 step of it estimated without history",
  );
});

test("Locks and needs read as sentences, and are empty for plans that have none", () => {
  const step = makeStep({
    locks: [
      { host: "web1", services: ["nginx"] },
      { host: "web2", services: [] },
    ],
    resources: {
      needs: { cpu_cores: 8 },
      state: "missing",
      text: "web1 has 2 CPU cores, not 8 CPU cores",
      alternatives: ["connect a machine"],
    },
  });
  expect(locksOf(step)).toBe("web1 (nginx), web2");
  const shared = { locks: [{ host: "web1", services: ["nginx"], parallel: "service" as const }] };
  expect(locksOf(shared)).toBe("web1 (nginx); steps about other services may work there meanwhile");
  expect(resourceLines(step)).toEqual([
    "missing: web1 has 2 CPU cores, not 8 CPU cores",
    "or connect a machine",
  ]);
  expect([locksOf(makeStep()), resourceLines(makeStep())]).toEqual(["", []]);
});

test("The plan's time adds the steps with history up and names the others", () => {
  const known = makeStep({ expected: { p50: 4_000, p90: 9_000, samples: 3 } });
  expect(expectedOfPlan(makePlan({ steps: [known, second] }), seconds)).toBe(
    "in all about 4 s, and 1 step without history",
  );
  expect(expectedOfPlan(makePlan(), seconds)).toBe("no history");
});

test("A step whose input another step makes says after which step it can be previewed", () => {
  expect(previewOf(second)).toBe("can be previewed after step 1: what it looks at does not exist before");
  expect(previewOf(makeStep({ previewable: 0.5 }))).toMatch(/^50 % can be previewed/);
  expect(previewOf(makeStep({ previewable: 0 }))).toMatch(/^nothing of it can be previewed/);
});

test("What a playbook chooses by itself is called as its variable ends", () => {
  expect(["kuma_method", "method", "web_", "_"].map(choiceName)).toEqual([
    "Method",
    "Method",
    "Web",
    "Choice",
  ]);
});

test("What a step waits for names the step, and the condition where there is one", () => {
  expect(waitsFor(second, [makeStep(), second])).toBe("after step 1; not at all if it fails");
  const conditional = makeStep({ index: 1, condition: { kind: "changed", step: 0 } });
  expect(waitsFor(conditional, [makeStep(), conditional])).toBe("only if step 1 (uptime-kuma) changed");
  const text = "memory of web1 is less than 2 GB";
  const comparing = makeStep({
    index: 1,
    condition: { kind: "fact", step: 0, host: "web1", fact: "memory", is: "less", value: 2e9, text },
  });
  expect(waitsFor(comparing, [makeStep(), comparing])).toBe(
    "only if memory of web1 is less than 2 GB, as step 1 reads it when it runs",
  );
  expect(waitsFor(makeStep(), [])).toBeUndefined();
});

test("Hosts are listed once, with the steps that touch them", () => {
  const steps = [makeStep({ hosts: ["web1", "web2"] }), makeStep({ index: 1, hosts: ["web2"] })];
  expect(hostsOf({ steps })).toEqual([
    { name: "web1", steps: [1] },
    { name: "web2", steps: [1, 2] },
  ]);
});

test("Dynamic Ansible tasks are named as open even when the server lists nothing", () => {
  const task = {
    name: "include",
    module: "include_tasks",
    source: "a.yml:1",
    tags: [],
    become: false,
    dynamic: true,
    previewable: false,
  };
  expect(openAtRunTime(makeStep({ ansibleTasks: [task] }))).toEqual([
    "1 Ansible task known only at run time",
  ]);
});

test("A reason that a step tells is not told again below", () => {
  const plan = makePlan({
    risk: "R2",
    riskReasons: ["it restarts nginx", "two machines at once"],
    steps: [makeStep({ riskReasons: ["it restarts nginx"] })],
  });
  expect(ownReasons(plan)).toEqual(["two machines at once"]);
});

test("Titles, hashes and values read as on the command line", () => {
  expect(titleOf(makeStep({ verb: "other" }))).toBe("run uptime-kuma");
  expect(shortHash(makePlan().hash)).toBe("0123456789ab");
  expect(valueOf("8080")).toBe('"8080"');
  expect(valueOf([1])).toBe("[\n  1\n]");
});
