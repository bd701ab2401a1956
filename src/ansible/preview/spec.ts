import path from "node:path";
import type { SnapshotFile, StepManifest } from "../../contracts/plan.ts";
import type { AttemptSpec, ReadRun } from "../process/attempt-spec.ts";
import type { AnsibleTools } from "../process/tools.ts";

/** Longest time of a preview in seconds, where nothing else is said. */
const longest = 600;
/** How long it may go on without a sign of life of the server, in seconds. */
const orphanLimitSeconds = 30;
const outputCapBytes = 64_000_000;

/** The attempt that looks at a step in check mode. */
export function previewSpec(
  step: StepManifest,
  world: {
    id: string;
    runDir: string;
    snapshot: { treeDir: string; files: readonly SnapshotFile[] };
    tools: AnsibleTools;
    secrets: Readonly<Record<string, string>>;
    held: Pick<ReadRun, "guard" | "sandbox">;
    waitScale: number;
    /** Longest time of it in seconds; Ansible takes its time, so no factor shortens this. */
    longestSeconds?: number | undefined;
  },
): AttemptSpec & { check: true } {
  const { treeDir, files } = world.snapshot;
  const projectDir = path.join(treeDir, step.project);
  return {
    attemptId: world.id,
    runDir: world.runDir,
    projectDir,
    playbook: path.relative(projectDir, path.join(treeDir, step.playbook)),
    inventory: path.join(treeDir, step.hostsFile),
    limit: step.hosts,
    delegates: step.delegates,
    runsHere: step.runsHere,
    tags: step.tags,
    ...(step.startAt === null ? {} : { startAt: step.startAt }),
    extraVars: step.vars,
    secrets: world.secrets,
    rolesPath: [path.join(projectDir, "roles")],
    knownHosts: step.knownHosts.map((line) => `${line}\n`).join(""),
    check: true,
    readRun: { ...world.held, snapshot: treeDir },
    inputs: files.map(({ path: name, sha256, executable }) => ({
      path: path.join(treeDir, name),
      sha256,
      executable,
    })),
    tree: treeDir,
    tools: world.tools,
    localPython: world.tools.python,
    timeoutSeconds: (world.longestSeconds ?? longest) / world.waitScale,
    orphanLimitSeconds: orphanLimitSeconds / world.waitScale,
    outputCapBytes,
    waitScale: world.waitScale,
  };
}
