import type { ListedAnsibleTask } from "../contracts/catalogue.ts";
import type { ApprovalForm } from "../contracts/plan.ts";
import type { RiskTier, Verb } from "../contracts/vocabulary.ts";

/** What the rules look at. Names and texts are not among it: they never change a risk. */
export interface RiskFacts {
  readonly verb: Verb;
  readonly operation: string | null;
  readonly hosts: number;
  /** Those among them that only tasks run on which are delegated there. */
  readonly delegates: readonly string[];
  readonly allHosts: boolean;
  /** One of the hosts is the machine that Chiffon itself runs on. */
  readonly thisMachine: boolean;
  /** A task of it restarts that machine. */
  readonly restartsHere: boolean;
  readonly become: boolean;
  readonly ansibleTasks: readonly ListedAnsibleTask[];
  /** What these may notify. */
  readonly handlers: readonly ListedAnsibleTask[];
  readonly lastRunFailed: boolean;
  /** How many services it is about, or roles that it uses, whichever are more. */
  readonly services: number;
  /** Names of the modules that come with the repository: whatever they are called, they are its own code. */
  readonly ownModules: readonly string[];
}

export interface Risk {
  readonly tier: RiskTier;
  readonly reasons: string[];
}

const tiers: readonly RiskTier[] = ["R0", "R1", "R2", "R3", "R4"];
const readingOperations: ReadonlySet<string> = new Set(["status", "facts", "ping"]);
const destructiveVerbs: ReadonlySet<Verb> = new Set(["remove", "restore", "rollback"]);
const readingModules: ReadonlySet<string> = new Set([
  "setup",
  "gather_facts",
  "debug",
  "assert",
  "fail",
  "ping",
  "stat",
  "slurp",
  "set_fact",
  "service_facts",
  "package_facts",
  "wait_for",
  "find",
  "meta",
]);
const diskModules: ReadonlySet<string> = new Set([
  "filesystem",
  "parted",
  "lvol",
  "lvg",
  "zfs",
  "mount",
  "luks_device",
]);
const firewallModules: ReadonlySet<string> = new Set(["ufw", "iptables", "firewalld", "nftables"]);

/** Decides the tier by rules; the reasons are shown on the plan card, the heaviest first. */
export function decideRisk(facts: RiskFacts): Risk {
  const found: { tier: RiskTier; reason: string }[] = [];
  const tasks = [...facts.ansibleTasks, ...facts.handlers];
  const modules = tasks.map((task) => shortName(task.module));
  const effects = new Set(tasks.map((task) => task.effect));
  const reads = isReading(facts) && !effects.has("runs-here") && !facts.restartsHere;
  if (reads) return { tier: "R0", reasons: ["reads only"] };
  if (destructiveVerbs.has(facts.verb))
    found.push({ tier: "R3", reason: `"${facts.verb}" can destroy something` });
  if (modules.some((name) => diskModules.has(name)))
    found.push({ tier: "R4", reason: "works on disks or file systems" });
  if (effects.has("loses-data")) found.push({ tier: "R4", reason: "deletes data" });
  if (effects.has("firewall-off")) found.push({ tier: "R4", reason: "turns the firewall off" });
  if (effects.has("removes")) found.push({ tier: "R3", reason: "removes more than it can bring back" });
  if (modules.some((name) => firewallModules.has(name)))
    found.push({ tier: "R3", reason: "changes the firewall" });
  if (facts.hosts >= 10) found.push({ tier: "R3", reason: `touches ${facts.hosts} hosts` });
  if (facts.allHosts && facts.hosts > 1) found.push({ tier: "R4", reason: "touches all hosts" });
  if (facts.operation === "reboot") found.push({ tier: "R2", reason: "reboots the host" });
  const opaque = opaqueShare(facts.ansibleTasks);
  if (opaque > 0.3)
    found.push({ tier: "R3", reason: `${Math.round(opaque * 100)} % of its tasks cannot be previewed` });
  else if (opaque > 0) found.push({ tier: "R2", reason: "some of its tasks cannot be previewed" });
  else if (opaqueShare(facts.handlers) > 0)
    found.push({ tier: "R2", reason: "some of its handlers cannot be previewed" });
  if (facts.lastRunFailed) found.push({ tier: "R3", reason: "its last run failed" });
  if (facts.restartsHere)
    found.push({
      tier: "R2",
      reason: "restarts the machine that Chiffon runs on: whatever else runs then is cut off",
    });
  if (facts.thisMachine)
    found.push({
      tier: "R2",
      reason: facts.become
        ? "changes the machine that Chiffon runs on, as root: it may change Chiffon itself"
        : "changes the machine that Chiffon runs on",
    });
  if (facts.delegates.length > 0)
    found.push({ tier: "R2", reason: `some of its tasks run on ${facts.delegates.join(", ")}` });
  if (facts.hosts > 1) found.push({ tier: "R2", reason: `touches ${facts.hosts} hosts` });
  const own = facts.ownModules.filter((name) => modules.includes(name));
  if (own.length > 0)
    found.push({ tier: "R2", reason: `uses modules of the repository itself: ${own.join(", ")}` });
  if (facts.services > 1) found.push({ tier: "R2", reason: `works on ${facts.services} services` });
  if (effects.has("deletes")) found.push({ tier: "R2", reason: "takes away files, packages or users" });
  if (effects.has("runs-here"))
    found.push({
      tier: "R2",
      reason: "a lookup of it can run a program, or ask the network, on Chiffon's own machine",
    });
  if (found.length === 0) return { tier: "R1", reasons: ["one service on one host, fully previewable"] };
  const ordered = found.toSorted((a, b) => tiers.indexOf(b.tier) - tiers.indexOf(a.tier));
  return { tier: ordered[0]?.tier ?? "R2", reasons: ordered.map((each) => each.reason) };
}

/** A plan is as risky as its riskiest step. */
export function highestRisk(risks: readonly RiskTier[]): RiskTier {
  return risks.reduce<RiskTier>(
    (highest, each) => (tiers.indexOf(each) > tiers.indexOf(highest) ? each : highest),
    "R0",
  );
}

export function isAtMost(risk: RiskTier, limit: RiskTier): boolean {
  return tiers.indexOf(risk) <= tiers.indexOf(limit);
}

/** @param name what has to be typed where typing is asked for. */
export function approvalFormFor(risk: RiskTier, name: string): ApprovalForm {
  switch (risk) {
    case "R0":
    case "R1":
      return { kind: "click", typed: null };
    case "R2":
      return { kind: "review", typed: null };
    case "R3":
      return { kind: "type", typed: name };
    case "R4":
      return { kind: "type-and-second-person", typed: name };
  }
}

/** Whether a module never changes a host: one of Ansible's own, not another collection's of the same name. */
export function isReadingModule(module: string): boolean {
  return readingModules.has(module.replace(/^ansible\.(?:builtin|legacy)\./, ""));
}

/** True for Chiffon's own operations that change nothing. */
export function isReadingOperation(operation: string | null): boolean {
  return operation !== null && readingOperations.has(operation);
}

function isReading({ operation, ansibleTasks, handlers, ownModules }: RiskFacts): boolean {
  if (operation !== null) return isReadingOperation(operation);
  return (
    ansibleTasks.length > 0 &&
    [...ansibleTasks, ...handlers].every(
      ({ module }) => isReadingModule(module) && !ownModules.includes(shortName(module)),
    )
  );
}

function opaqueShare(tasks: readonly ListedAnsibleTask[]): number {
  if (tasks.length === 0) return 0;
  return tasks.filter((task) => task.dynamic || !task.previewable).length / tasks.length;
}

/** The last part of a module's name: collections move, modules keep their name. */
export function shortName(module: string): string {
  return module.slice(module.lastIndexOf(".") + 1);
}
