import path from "node:path";
import type { ReadRun } from "../../ansible/process/attempt-spec.ts";
import { hiddenPlaces, type FoundSandbox, type SandboxPlan } from "../../ansible/process/sandbox.ts";
import { runningInPreview } from "../../ansible/trust/executables.ts";
import { readSnapshotExecutables } from "../../ansible/trust/read.ts";
import type { InventoryHost } from "../../contracts/catalogue.ts";
import type { SnapshotFile, StepManifest } from "../../contracts/plan.ts";
import type { ExecutableFile } from "../../contracts/trust.ts";
import { findInventory, type Catalogues, type Repository } from "../catalogues.ts";
import { operationsFolder } from "../plan/freeze.ts";
import { isTrusted, type TrustDeps } from "../trust/trust.ts";

export interface HoldDeps extends TrustDeps {
  readonly catalogues: Catalogues;
  readonly sandbox: () => Promise<FoundSandbox>;
  readonly dataDir: string;
  readonly sharedDir?: string;
  readonly home: string;
}

/** How a step may be looked at before it is approved, or why not. */
export type Hold =
  | { kind: "sandbox" | "trust"; guard: ReadRun["guard"]; sandbox: SandboxPlan | undefined }
  | { kind: "refused"; reason: string; hint: string };

/** What is decided about. */
export interface HoldQuestion {
  readonly repository: Repository;
  readonly manifest: Pick<
    StepManifest,
    "hosts" | "inventory" | "become" | "hostsFile" | "playbook" | "written" | "resolved"
  >;
  readonly snapshot: { readonly treeDir: string; readonly files: readonly SnapshotFile[] };
}

/**
 * Decides whether Ansible may start on a step that nobody has approved: under trust in the repository; or, where nothing of it is
 * code, in the sandbox.
 */
export async function decideHold(deps: HoldDeps, question: HoldQuestion): Promise<Hold> {
  const { repository, manifest, snapshot } = question;
  const all = await readSnapshotExecutables(snapshot, operationsFolder);
  const said = manifest.resolved === undefined ? [] : [manifest.resolved.path];
  const made = [manifest.hostsFile, ...said, ...(manifest.written === undefined ? [] : [manifest.playbook])];
  if (await isTrusted(deps, repository, { files: all, made }))
    return { kind: "trust", guard: { trusted: true, connections: [], hidden: [] }, sandbox: undefined };
  const trust = `chiffon repo trust ${repository.name}`;
  const own = runningInPreview(all);
  const written = all.filter((file) => !made.includes(file.path));
  if (manifest.resolved !== undefined && (await isTrusted(deps, repository, { files: written, made: [] })))
    return {
      kind: "refused",
      reason: `the dynamic inventory ${manifest.inventory} gives hosts settings that start programs`,
      hint: "Nobody could trust that beforehand. Leave such settings out of what it says, or approve the plan without a preview.",
    };
  if (own.length > 0)
    return {
      kind: "refused",
      reason: `${repository.name} has files that would run as code before an approval: ${namesOf(own)}`,
      hint: `Look at them and trust the repository: ${trust}`,
    };
  const found = await deps.sandbox();
  if (found.kind !== "works")
    return {
      kind: "refused",
      reason: `there is no sandbox on this machine: ${found.why}`,
      hint: `Install bubblewrap (chiffon doctor says how), or trust the repository: ${trust}`,
    };
  return holdInSandbox(deps, question, { program: found.program, trust });
}

async function holdInSandbox(
  deps: HoldDeps,
  { repository, manifest }: HoldQuestion,
  found: { program: string; trust: string },
): Promise<Hold> {
  const hosts = await hostsOf(deps, repository, manifest);
  const connections = [...new Set(hosts.map((host) => host.connection))];
  const other = connections.find((each) => each !== "ssh" && each !== "local");
  const hint = `Trust the repository: ${found.trust}`;
  if (other !== undefined)
    return { kind: "refused", reason: `a sandbox cannot reach hosts by "${other}"`, hint };
  if (connections.length > 1)
    return { kind: "refused", reason: "a sandbox cannot look at this machine and at others at once", hint };
  const isHere = connections[0] === "local";
  if (isHere && manifest.become && process.getuid?.() !== 0)
    return { kind: "refused", reason: "a sandbox has no rights of another user (become)", hint };
  const sandbox: SandboxPlan = {
    program: found.program,
    sees: isHere ? "machine" : "tools",
    network: true,
    dataDir: deps.dataDir,
    sharedDir: deps.sharedDir,
    readable: isHere ? [] : keysOf(deps, hosts),
  };
  return {
    kind: "sandbox",
    guard: {
      trusted: false,
      connections: [isHere ? "local" : "ssh"],
      hidden: hiddenPlaces(sandbox, deps.home),
    },
    sandbox,
  };
}

/** The folder with the person's keys, and the key files that the inventory names; nothing of Chiffon's own. */
function keysOf(deps: HoldDeps, hosts: readonly InventoryHost[]): string[] {
  const { home, dataDir, sharedDir = dataDir } = deps;
  const named = hosts.flatMap(({ identityFile }) =>
    identityFile === undefined ? [] : [identityFile.replace(/^~(?=\/)/, home)],
  );
  const outside = named.filter(
    (file) =>
      path.isAbsolute(file) &&
      [dataDir, sharedDir].every((folder) => path.relative(folder, file).startsWith("..")),
  );
  return [...new Set([path.join(home, ".ssh"), ...outside])];
}

/** The hosts as the inventory says that they are reached. */
async function hostsOf(
  deps: HoldDeps,
  repository: Repository,
  manifest: Pick<StepManifest, "hosts" | "inventory">,
): Promise<InventoryHost[]> {
  const read = (await deps.catalogues.read()).find((each) => each.repository.name === repository.name);
  const inventory =
    read?.catalogue.inventories.find((each) => each.path === manifest.inventory) ??
    (read === undefined ? undefined : findInventory(read, undefined));
  const wanted = new Set(manifest.hosts);
  return inventory?.hosts.filter((host) => wanted.has(host.name)) ?? [];
}

function namesOf(files: readonly ExecutableFile[]): string {
  const shown = files.slice(0, 3).map((file) => file.path);
  return `${shown.join(", ")}${files.length > 3 ? ` and ${files.length - 3} more` : ""}`;
}
