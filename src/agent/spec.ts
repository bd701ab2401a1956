import path from "node:path";
import type { AttemptSpec } from "../ansible/process/attempt-spec.ts";
import { environmentFingerprint } from "../ansible/process/environment.ts";
import type { AnsibleTools } from "../ansible/process/tools.ts";
import type { SnapshotFile, StepManifest } from "../contracts/plan.ts";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { Sha256Hex } from "../domain/plan-hash.ts";
import type { HeldOrder } from "./order-store.ts";

/** Folders with roles beside a project, in the order in which Ansible looks. */
function rolesOf(projectDir: string): string[] {
  return [path.join(projectDir, "roles")];
}

/** SHA-256 of our Ansible configuration and environment for a step, the same for planner and agent. */
export function hashEnvironment(step: Pick<StepManifest, "hosts">, sha256: Sha256Hex): string {
  const projectDir = "/project";
  return sha256(
    canonicalJson(environmentFingerprint({ projectDir, rolesPath: rolesOf(projectDir), limit: step.hosts })),
  );
}

/** What is started for an order. */
export function specOf(
  held: HeldOrder,
  world: {
    runDir: string;
    treeDir: string;
    files: readonly SnapshotFile[];
    tools: AnsibleTools;
    secrets: readonly { name: string; value: string }[];
    outputCapBytes: number;
    waitScale: number;
    /** When the attempt was last offered to the server, in milliseconds since 1970. */
    offeredAt: number;
  },
): AttemptSpec {
  const { step } = held.order.parameters;
  const projectDir = path.join(world.treeDir, step.project);
  return {
    attemptId: held.marker,
    runDir: world.runDir,
    projectDir,
    playbook: path.relative(projectDir, path.join(world.treeDir, step.playbook)),
    inventory: path.join(world.treeDir, step.hostsFile),
    limit: step.hosts,
    delegates: step.delegates,
    runsHere: step.runsHere,
    tags: step.tags,
    ...(step.startAt === null ? {} : { startAt: step.startAt }),
    extraVars: step.vars,
    secrets: Object.fromEntries(world.secrets.map((secret) => [secret.name, secret.value])),
    rolesPath: rolesOf(projectDir),
    knownHosts: step.knownHosts.map((line) => `${line}\n`).join(""),
    // Derived here, not ordered: whatever else the order says, a preview runs in check mode.
    check: held.order.purpose === "preview" || step.check,
    inputs: world.files.map(({ path: name, sha256, executable }) => ({
      path: path.join(world.treeDir, name),
      sha256,
      executable,
    })),
    tree: world.treeDir,
    tools: world.tools,
    localPython: world.tools.python,
    offeredAt: world.offeredAt,
    timeoutSeconds: step.timeoutSeconds,
    orphanLimitSeconds: held.order.orphan_limit_seconds / world.waitScale,
    outputCapBytes: world.outputCapBytes,
    waitScale: world.waitScale,
  };
}
