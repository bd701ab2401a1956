import { expect, test } from "vitest";
import type { PlanStep, SnapshotFile, StepManifest } from "../contracts/plan.ts";
import { describeDiff } from "./plan-diff-words.ts";
import { diffPlans, type PlanSide } from "./plan-diff.ts";

const digest = (letter: string): string => letter.repeat(64);

function step(index: number, name: string, given: Partial<PlanStep> = {}): PlanStep {
  return {
    index,
    text: `deploy ${name}`,
    verb: "deploy",
    target: name,
    services: [name],
    unit: {
      id: `home:${name}.yml`,
      kind: "playbook",
      name,
      path: `${name}.yml`,
      repository: "home",
      confidence: 1,
      evidence: "",
    },
    inventory: "hosts.yml",
    hosts: ["web1"],
    tags: [],
    vars: [],
    secrets: [],
    become: false,
    after: [],
    condition: null,
    ansibleTasks: [],
    decidedAtRunTime: [],
    previewable: 1,
    previewableAfter: [],
    snapshot: digest("a"),
    fileCount: 1,
    expected: null,
    risk: "R1",
    riskReasons: [],
    ...given,
  };
}

function manifest(of: PlanStep, given: Partial<StepManifest> = {}): StepManifest {
  return {
    step: of.index,
    unit: of.unit.id,
    project: ".",
    playbook: of.unit.path,
    inventory: of.inventory,
    hostsFile: ".chiffon-hosts.yml",
    delegates: [],
    runsHere: false,
    variables: null,
    collections: [],
    snapshot: of.snapshot,
    hosts: of.hosts,
    tags: of.tags,
    startAt: null,
    vars: Object.fromEntries(of.vars.map(({ name, value }) => [name, value])),
    secrets: [],
    knownHosts: [],
    become: of.become,
    check: false,
    timeoutSeconds: 60,
    after: of.after,
    condition: null,
    environment: digest("e"),
    ansibleCore: "2.14.18",
    ...given,
  };
}

function side(
  steps: PlanStep[],
  given: { manifests?: Partial<StepManifest>; files?: Record<string, SnapshotFile[]> } = {},
): PlanSide {
  return {
    steps,
    manifests: steps.map((each) => manifest(each, given.manifests)),
    files: new Map(Object.entries(given.files ?? {})),
  };
}

const file = (path: string, letter: string, executable = false): SnapshotFile => ({
  path,
  sha256: digest(letter),
  size: 1,
  executable,
});

test("two plans that do the same are the same, whatever their words and sources say", () => {
  const one = step(0, "wiki", { vars: [{ name: "port", value: 1, source: "the request" }] });
  const two = {
    ...one,
    text: "please deploy the wiki",
    vars: [{ name: "port", value: 1, source: "person" }],
  };
  const found = diffPlans(side([one]), side([two]));
  expect(found.same).toBe(true);
  expect(found.steps).toMatchObject([{ change: "same", vars: [] }]);
  expect(describeDiff(found.steps)).toEqual([]);
});

test("tells values old -> new, hosts, tags, Ansible tasks, risk, versions of secrets and tools", () => {
  const task = (name: string) => ({
    name,
    module: "copy",
    source: "wiki.yml:9",
    tags: [],
    become: false,
    dynamic: false,
    previewable: true,
  });
  const was = step(0, "wiki", {
    hosts: ["web1", "web2"],
    vars: [
      { name: "port", value: 8080, source: "" },
      { name: "gone", value: true, source: "" },
    ],
    ansibleTasks: [task("Copy"), task("Copy"), task("Old")],
  });
  const is = step(0, "wiki", {
    hosts: ["web1", "web3"],
    vars: [
      { name: "port", value: "8080", source: "" },
      { name: "new", value: [1], source: "" },
    ],
    tags: ["web"],
    ansibleTasks: [task("Copy"), task("New")],
    risk: "R3",
  });
  const { same, steps } = diffPlans(
    side([was], { manifests: { secrets: [{ name: "TOKEN", version: 1 }], timeoutSeconds: 60 } }),
    side([is], {
      manifests: { secrets: [{ name: "TOKEN", version: 2 }], ansibleCore: "2.19.0", timeoutSeconds: 90 },
    }),
  );
  expect(same).toBe(false);
  expect(steps).toMatchObject([
    {
      change: "changed",
      hosts: { added: ["web3"], removed: ["web2"] },
      vars: [
        { name: "port", was: 8080, is: "8080" },
        { name: "new", is: [1] },
        { name: "gone", was: true },
      ],
      secrets: [{ name: "TOKEN", was: 1, is: 2 }],
      tags: { added: ["web"], removed: [] },
      ansibleTasks: { added: ["New (copy)"], removed: ["Copy (copy)", "Old (copy)"] },
      risk: { was: "R1", is: "R3" },
      tools: ["ansible-core 2.14.18 -> 2.19.0"],
      other: ["the longest time it may take 60 -> 90"],
    },
  ]);
  expect(steps[0]?.vars[1]).not.toHaveProperty("was");
  expect(describeDiff(steps)[0]).toContain(
    "step 1 (wiki): hosts without web2, with web3; port 8080 -> 8080; ",
  );
});

test("tells steps that are added, left out and moved, and a unit that takes the place of another", () => {
  const { steps } = diffPlans(
    side([step(0, "a"), step(1, "b"), step(2, "c")]),
    side([step(0, "c"), step(1, "a"), step(2, "d"), { ...step(3, "e"), text: "deploy b" }]),
  );
  expect(
    steps.map(({ change, step: at, was, name, nameWas, moved }) => [change, at, was, name, nameWas, moved]),
  ).toEqual([
    ["changed", 0, 2, "c", null, true],
    ["changed", 1, 0, "a", null, true],
    ["added", 2, null, "d", null, false],
    ["changed", 3, 1, "e", "b", true],
  ]);
  const left = diffPlans(side([step(0, "a"), step(1, "b")]), side([step(0, "b")]));
  expect(left.steps.map(({ change, name, moved }) => [change, name, moved])).toEqual([
    ["same", "b", false],
    ["removed", "a", false],
  ]);
  expect(describeDiff(left.steps)).toEqual(["former step 1 (a): left out"]);
});

test("tells files that were added, removed, changed or made executable; nothing when a snapshot is gone", () => {
  const [was, is] = [step(0, "wiki"), step(0, "wiki", { snapshot: digest("b") })];
  const files = {
    [digest("a")]: [file("a.yml", "1"), file("b.yml", "2"), file("run.sh", "3")],
    [digest("b")]: [file("a.yml", "4"), file("c.yml", "5"), file("run.sh", "3", true)],
  };
  const { steps } = diffPlans(side([was], { files }), side([is], { files }));
  expect(steps[0]?.files.map(({ path, change, note }) => [path, change, note])).toEqual([
    ["a.yml", "changed", null],
    ["b.yml", "removed", null],
    ["c.yml", "added", null],
    ["run.sh", "changed", "it is executable now"],
  ]);
  const gone = diffPlans(side([was]), side([is], { files: { [digest("b")]: files[digest("b")] ?? [] } }));
  expect(gone).toMatchObject({ same: false, steps: [{ files: [] }] });
});
