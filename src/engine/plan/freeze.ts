import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import { thisMachine } from "../../ansible/closure/reach.ts";
import { freezeHosts } from "../../ansible/inventory/frozen-hosts.ts";
import type { ResolvedInventory } from "../../ansible/inventory/resolved.ts";
import type { AnsibleTools } from "../../ansible/process/tools.ts";
import { operationsRoot } from "../../ansible/operations/operations.ts";
import type { SnapshotStore } from "../../ansible/snapshot/store.ts";
import type { SnapshotFile, StepManifest } from "../../contracts/plan.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { getRepository, type Catalogues } from "../catalogues.ts";
import type { Database } from "../schema.ts";
import { listHostKeys } from "../host-keys/sql.ts";
import { freezeCollections } from "./collections.ts";

export interface FreezeDeps {
  readonly db: Database;
  readonly catalogues: Catalogues;
  readonly snapshots: Pick<SnapshotStore, "take" | "open" | "verify" | "readText">;
  readonly tools: () => Promise<AnsibleTools | undefined>;
  /** SHA-256 of our Ansible configuration and environment for the hosts of a step. */
  readonly hashEnvironment: (hosts: readonly string[]) => string;
  readonly secretVersions: (names: readonly string[]) => Promise<{ name: string; version: number }[]>;
}

/** What is decided about a step before it is frozen: a manifest without what freezing finds out. */
export type StepChoice = Omit<
  StepManifest,
  | "snapshot"
  | "hostsFile"
  | "resolved"
  | "runsHere"
  | "variables"
  | "collections"
  | "secrets"
  | "knownHosts"
  | "environment"
  | "ansibleCore"
> & {
  readonly repository: string;
  readonly secrets: readonly { name: string }[];
  /** What a dynamic inventory said when the plan is made. */
  readonly said?: ResolvedInventory | undefined;
  /** The same of a plan that was made: where its snapshot has it. */
  readonly resolved?: StepManifest["resolved"];
  readonly snapshot?: string;
  /** Where SSH goes, for the host keys; from the inventory when the plan is made. */
  readonly knownHosts?: readonly string[];
  readonly addresses?: readonly { address: string; port: number }[];
};

/** Folder inside a snapshot in which Chiffon's own playbooks lie. */
export const operationsFolder = ".chiffon-operations";

export interface FrozenFiles {
  readonly manifest: StepManifest;
  readonly files: readonly SnapshotFile[];
  /** What could not be fixed, for people. */
  readonly open: string[];
}

/** Fixes everything that the step's effect depends on. With `listOnly` nothing is kept that could be run. */
export async function freezeStep(
  deps: FreezeDeps,
  choice: StepChoice,
  how: { listOnly?: boolean } = {},
): Promise<FrozenFiles> {
  const { repository, addresses, said: _said, ...fixed } = choice;
  const tools = await deps.tools();
  if (!tools)
    throw new ChiffonError("missing-tool", "Ansible is not installed on this machine", {
      hint: "chiffon doctor shows how to install it",
    });
  const source = getRepository(deps.catalogues, repository);
  const isOperation = choice.playbook.startsWith(`${operationsFolder}/`);
  const closure = await deps.catalogues.closure(source, {
    project: choice.project,
    playbook: isOperation ? null : (choice.written?.from ?? choice.playbook),
    inventory: choice.inventory,
  });
  const said = choice.said ?? (await readSaid(deps, choice));
  const hosts = freezeHosts({
    root: source.root,
    path: choice.inventory,
    approved: [...choice.hosts, ...choice.delegates],
    folders: [choice.project, ...(isOperation ? [] : [folderOf(choice.playbook)])],
    resolved: said,
  });
  const snapshot = await deps.snapshots.take({
    root: source.root,
    paths: closure.paths,
    playbook: choice.playbook,
    ...how,
    own: [{ path: hosts.path, text: hosts.text }, ...(said === undefined ? [] : [said])],
    ...(isOperation ? { extra: [{ from: operationsRoot, to: operationsFolder }] } : {}),
    ...(choice.written === undefined ? {} : { written: choice.written }),
  });
  const knownHosts = addresses
    ? await listHostKeys(deps.db, addresses)
    : await keepAccepted(deps, choice.knownHosts ?? []);
  const named = { closure, files: snapshot.files, vars: choice.vars };
  const { collections, open } = await freezeCollections({ tools, snapshots: deps.snapshots }, named);
  const manifest: StepManifest = {
    ...fixed,
    snapshot: snapshot.digest,
    hostsFile: hosts.path,
    ...(said === undefined ? {} : { resolved: { path: said.path, sha256: hash("sha256", said.text) } }),
    runsHere: hosts.isLocal || choice.delegates.includes(thisMachine),
    variables: hosts.variables,
    collections,
    secrets: await deps.secretVersions(choice.secrets.map((secret) => secret.name)),
    knownHosts,
    environment: deps.hashEnvironment(choice.hosts),
    ansibleCore: tools.version,
  };
  return { manifest, files: snapshot.files, open };
}

/** What a dynamic inventory said for a plan stays what it is: it is not asked again to see whether the plan is still true. */
async function readSaid(deps: FreezeDeps, choice: StepChoice): Promise<ResolvedInventory | undefined> {
  const { resolved, snapshot } = choice;
  if (resolved === undefined || snapshot === undefined) return undefined;
  const { treeDir } = await deps.snapshots.open(snapshot);
  const text = await readFile(posix.join(treeDir, resolved.path), "utf8").catch(() => "");
  if (hash("sha256", text) === resolved.sha256) return { path: resolved.path, text };
  throw new ChiffonError("hash-mismatch", `${resolved.path} in the snapshot was changed`, {
    hint: "Ask again, and look who can write to Chiffon's data folder.",
  });
}

const folderOf = (path: string): string => posix.dirname(path);

/** Of the lines that a plan was made with, those that are still accepted. */
async function keepAccepted(deps: FreezeDeps, lines: readonly string[]): Promise<string[]> {
  if (lines.length === 0) return [];
  const rows = await deps.db.selectFrom("host_key").select("line").where("line", "in", lines).execute();
  const accepted = new Set(rows.map((row) => row.line));
  return lines.filter((line) => accepted.has(line));
}
