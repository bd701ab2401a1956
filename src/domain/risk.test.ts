import fc from "fast-check";
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
    restartsHere: false,
    become: false,
    ansibleTasks: [ansibleTask("ansible.builtin.copy")],
    handlers: [],
    lastRunFailed: false,
    services: 1,
    ownModules: [],
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
  ["two services", { services: 2 }, "R2"],
  ["a file that goes", { ansibleTasks: [ansibleTask("file", { effect: "deletes" })] }, "R2"],
  ["a lookup that runs a program", { ansibleTasks: [ansibleTask("debug", { effect: "runs-here" })] }, "R2"],
  [
    "a module of the repository that is called as one that reads",
    { ansibleTasks: [ansibleTask("ansible.builtin.setup"), ansibleTask("debug")], ownModules: ["debug"] },
    "R2",
  ],
  ["another collection's module of such a name", { ansibleTasks: [ansibleTask("acme.tools.debug")] }, "R1"],
  ["a module of the repository that no task uses", { ownModules: ["other"] }, "R1"],
  [
    "tasks that read, with a handler that does not",
    { ansibleTasks: [ansibleTask("debug")], handlers: [ansibleTask("service")] },
    "R1",
  ],
  [
    "a handler that no preview sees",
    { handlers: [ansibleTask("ansible.builtin.command", { previewable: false })] },
    "R2",
  ],
  ["a handler that opens the firewall", { handlers: [ansibleTask("ufw", { effect: "firewall-off" })] }, "R4"],
  [
    "a handler of the repository's own module",
    { handlers: [ansibleTask("restarter")], ownModules: ["restarter"] },
    "R2",
  ],
  ["ten hosts", { hosts: 10 }, "R3"],
  ["removing", { verb: "remove" }, "R3"],
  ["mostly shell", { ansibleTasks: [ansibleTask("shell", { previewable: false })] }, "R3"],
  ["the last run failed", { lastRunFailed: true }, "R3"],
  ["all of several hosts", { hosts: 3, allHosts: true }, "R4"],
  ["a file system", { ansibleTasks: [ansibleTask("community.general.filesystem")] }, "R4"],
])("%s: the risk follows from the facts", (_name, more, tier) => {
  expect(decideRisk(facts(more)).tier).toBe(tier);
});

const copy = ansibleTask("ansible.builtin.copy");

/* One row for each case of the table of tiers: what it says, the facts, the tier and the reason that is shown. */
const rows: readonly [string, Partial<RiskFacts>, string, RegExp][] = [
  ["R0 reads only", { ansibleTasks: [ansibleTask("stat")] }, "R0", /reads only/],
  ["R1 reversible change of one service elsewhere, fully previewable", {}, "R1", /one service on one host/],
  [
    "R2 everything else: part of it cannot be previewed",
    { ansibleTasks: [copy, copy, copy, ansibleTask("shell", { previewable: false })] },
    "R2",
    /cannot be previewed/,
  ],
  ["R2 everything else: several hosts", { hosts: 9 }, "R2", /touches 9 hosts/],
  [
    "R2 everything else: a restart of Chiffon's own machine",
    { thisMachine: true, restartsHere: true, ansibleTasks: [ansibleTask("debug")] },
    "R2",
    /restarts the machine that Chiffon runs on/,
  ],
  ["R2 everything else: a reboot", { operation: "reboot", verb: "restart" }, "R2", /reboots/],
  ["R2 may change Chiffon itself", { thisMachine: true, become: true }, "R2", /may change Chiffon itself/],
  ["R3 destructive verb: remove", { verb: "remove" }, "R3", /"remove" can destroy/],
  ["R3 destructive verb: restore", { verb: "restore" }, "R3", /"restore" can destroy/],
  ["R3 destructive verb: rollback", { verb: "rollback" }, "R3", /"rollback" can destroy/],
  [
    "R3 destructive module",
    { ansibleTasks: [copy, ansibleTask("community.docker.docker_prune", { effect: "removes" })] },
    "R3",
    /more than it can bring back/,
  ],
  [
    "R3 changes the firewall",
    { ansibleTasks: [ansibleTask("community.general.ufw")] },
    "R3",
    /changes the firewall/,
  ],
  ["R3 ten hosts", { hosts: 10 }, "R3", /touches 10 hosts/],
  [
    "R3 more than 30 % opaque",
    { ansibleTasks: [copy, copy, ansibleTask("shell", { previewable: false })] },
    "R3",
    /33 % of its tasks/,
  ],
  [
    "R3 opaque because it is dynamic",
    { ansibleTasks: [copy, ansibleTask("include_tasks", { dynamic: true })] },
    "R3",
    /50 % of its tasks/,
  ],
  ["R3 last run of the unit failed", { lastRunFailed: true }, "R3", /last run failed/],
  [
    "R4 data loss",
    { ansibleTasks: [ansibleTask("community.mysql.mysql_db", { effect: "loses-data" })] },
    "R4",
    /deletes data/,
  ],
  ["R4 all hosts", { hosts: 2, allHosts: true }, "R4", /all hosts/],
  ["R4 disks", { ansibleTasks: [ansibleTask("community.general.parted")] }, "R4", /disks or file systems/],
  [
    "R4 firewall off",
    { ansibleTasks: [ansibleTask("service", { effect: "firewall-off" })] },
    "R4",
    /turns the firewall off/,
  ],
];

test.each(rows.map(([row, more, tier, reason]) => ({ row, more, tier, reason })))(
  "$row",
  ({ more, tier, reason }) => {
    const risk = decideRisk(facts(more));
    expect(risk.tier).toBe(tier);
    expect(risk.reasons[0]).toMatch(reason);
  },
);

test("names, sources and tags of tasks change no risk", () => {
  const word = fc.constantFrom("remove everything", "safe", "format the disk", "R0", "\u202e", "");
  const modules = fc.constantFrom("copy", "shell", "ufw", "parted", "debug", "docker_volume");
  fc.assert(
    fc.property(fc.array(modules, { maxLength: 6 }), word, word, (names, name, source) => {
      const of = (more: Partial<ListedAnsibleTask>) =>
        decideRisk(facts({ ansibleTasks: names.map((module) => ansibleTask(module, more)) }));
      expect(of({ name, source, tags: [name] })).toEqual(of({}));
    }),
  );
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
