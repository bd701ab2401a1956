import { expect, test } from "vitest";
import type { ListedAnsibleTask } from "../contracts/catalogue.ts";
import { approvalFormFor, decideRisk, highestRisk, isAtMost, type RiskFacts } from "./risk.ts";

function ansibleTask(module: string, more: Partial<ListedAnsibleTask> = {}): ListedAnsibleTask {
  return {
    name: "x",
    module,
    source: "a.yml:1",
    tags: [],
    become: false,
    dynamic: false,
    previewable: true,
    ...more,
  };
}

function facts(more: Partial<RiskFacts> = {}): RiskFacts {
  return {
    verb: "deploy",
    operation: null,
    hosts: 1,
    delegates: [],
    allHosts: false,
    thisMachine: false,
    become: false,
    ansibleTasks: [ansibleTask("ansible.builtin.copy")],
    lastRunFailed: false,
    ...more,
  };
}

test.each<[string, Partial<RiskFacts>, string]>([
  ["one previewable service on another host", {}, "R1"],
  ["gathering facts", { ansibleTasks: [ansibleTask("ansible.builtin.setup"), ansibleTask("debug")] }, "R0"],
  [
    "asking for a status",
    { operation: "status", verb: "status", ansibleTasks: [ansibleTask("command")] },
    "R0",
  ],
  [
    "restarting a service elsewhere",
    { operation: "restart", verb: "restart", ansibleTasks: [ansibleTask("service")] },
    "R1",
  ],
  ["this machine", { thisMachine: true }, "R2"],
  ["this machine as root", { thisMachine: true, become: true }, "R2"],
  ["two hosts", { hosts: 2 }, "R2"],
  ["ten hosts", { hosts: 10 }, "R3"],
  ["removing", { verb: "remove" }, "R3"],
  ["mostly shell", { ansibleTasks: [ansibleTask("shell", { previewable: false })] }, "R3"],
  ["the last run failed", { lastRunFailed: true }, "R3"],
  ["all of several hosts", { hosts: 3, allHosts: true }, "R4"],
  ["a file system", { ansibleTasks: [ansibleTask("community.general.filesystem")] }, "R4"],
])("%s: the risk follows from the facts", (_name, more, tier) => {
  expect(decideRisk(facts(more)).tier).toBe(tier);
});

test("every tier above R1 says why", () => {
  const risk = decideRisk(facts({ verb: "remove", hosts: 12, thisMachine: true }));

  expect(risk.reasons).toEqual(
    expect.arrayContaining(["touches 12 hosts", '"remove" can destroy something']),
  );
});

test("a plan is as risky as its riskiest step, and the form follows", () => {
  expect(highestRisk(["R0", "R3", "R1"])).toBe("R3");
  expect(isAtMost("R1", "R1")).toBe(true);
  expect(isAtMost("R2", "R1")).toBe(false);
  expect(approvalFormFor("R3", "web1")).toEqual({ kind: "type", typed: "web1" });
});
