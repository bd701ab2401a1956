import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { createInventoryFiles } from "../../ansible/inventory/files.ts";
import { listPrograms, readInventoryFrom, type Program } from "../../ansible/inventory/read.ts";
import { inventorySource, readAnswer, type ResolvedInventory } from "../../ansible/inventory/resolved.ts";
import { runInventory } from "../../ansible/process/inventory-run.ts";
import type { FoundSandbox, SandboxPlan } from "../../ansible/process/sandbox.ts";
import type { AnsibleTools } from "../../ansible/process/tools.ts";
import type { SnapshotStore } from "../../ansible/snapshot/store.ts";
import { readSnapshotExecutables } from "../../ansible/trust/read.ts";
import type { Actor } from "../../contracts/actor.ts";
import type { Inventory } from "../../contracts/catalogue.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { plainText } from "../../domain/plain-text.ts";
import type { Sha256Hex } from "../../domain/plan-hash.ts";
import { recordAudit } from "../audit/record.ts";
import type { Catalogues, Repository } from "../catalogues.ts";
import type { CoreDeps } from "../core-deps.ts";
import { operationsFolder } from "../plan/freeze.ts";
import { isTrusted, summarizeTrust, trustedFiles } from "../trust/trust.ts";

export interface ResolveDeps extends Pick<CoreDeps, "db" | "clock" | "newId"> {
  readonly catalogues: Catalogues;
  readonly snapshots: Pick<SnapshotStore, "take" | "open" | "verify">;
  readonly tools: () => Promise<AnsibleTools | undefined>;
  readonly sandbox: () => Promise<FoundSandbox>;
  readonly sha256: Sha256Hex;
  /** Takes known secret values out of a text. */
  readonly redact: (text: string) => Promise<string>;
  /** Chiffon's own folder, which no read run sees. */
  readonly dataDir: string;
  readonly sharedDir?: string;
  /** Folder for the run directory of a read run, which is not there yet. */
  readonly runDirOf: (id: string) => string;
}

/** Which dynamic inventory, for a unit of which project. */
export interface DynamicQuestion {
  readonly repository: Repository;
  readonly project: string;
  readonly inventory: Inventory;
}

export interface Problem {
  readonly message: string;
  readonly hint: string;
}

/** The hosts that a dynamic inventory named when it was asked, or why it was not. */
export type Resolved =
  | { readonly inventory: Inventory; readonly said: ResolvedInventory }
  | { readonly problem: Problem };

/**
 * Asks a dynamic inventory once, as a read run: only when its repository is trusted as it is now, from a frozen copy of the trusted
 * files, in a sandbox where there is one. Never throws for what a person can mend.
 */
export async function resolveInventory(
  deps: ResolveDeps,
  actor: Actor,
  question: DynamicQuestion,
): Promise<Resolved> {
  try {
    return await resolve(deps, actor, question);
  } catch (error) {
    if (!ChiffonError.is(error) || error.code === "internal") throw error;
    // What a program says about its failure is shown and kept.
    const message = await deps.redact(plainText(error.message));
    return { problem: { message, hint: error.hint ?? "ask again" } };
  }
}

async function resolve(deps: ResolveDeps, actor: Actor, question: DynamicQuestion): Promise<Resolved> {
  const { repository, inventory } = question;
  const { programs, unreadable } = listPrograms(repository.root, inventory.path);
  if (unreadable.length > 0) return { problem: unreadableBy(inventory.path, unreadable) };
  const state = (await summarizeTrust(deps, repository))?.state ?? "none";
  if (state !== "trusted") return { problem: untrusted(question, state) };
  const frozen = await freeze(deps, question, programs);
  const files = await readSnapshotExecutables(frozen, operationsFolder);
  if (!(await isTrusted(deps, repository, { files, made: [] })))
    return { problem: untrusted(question, "ended") };
  const uncovered = programs.find(
    (program) => !files.some((file) => file.path === program.path && file.kinds.includes("inventory")),
  );
  if (uncovered !== undefined) return { problem: outsideTrust(uncovered) };
  const printed = await ask(deps, { actor, question, programs, frozen });
  const disk = createInventoryFiles(repository.root);
  const said = readAnswer(printed, { files: disk, path: inventory.path });
  const source = inventorySource({ root: repository.root, path: inventory.path, resolved: said });
  const read = readInventoryFrom(source.files, { path: source.path, project: question.project });
  return { inventory: { ...read.inventory, path: inventory.path }, said };
}

interface Frozen {
  readonly digest: string;
  readonly treeDir: string;
  readonly files: Awaited<ReturnType<SnapshotStore["open"]>>["files"];
}

/** A copy of the inventory, of what lies beside it, and of the trusted files: what is run is what was compared with the trust. */
async function freeze(
  deps: ResolveDeps,
  { repository, project, inventory }: DynamicQuestion,
  programs: readonly Program[],
): Promise<Frozen> {
  const closure = await deps.catalogues.closure(repository, {
    project,
    playbook: null,
    inventory: inventory.path,
  });
  const beside = await dataBeside(repository, inventory.path);
  const { digest } = await deps.snapshots.take({
    root: repository.root,
    paths: [...new Set([...closure.paths, ...beside, ...(await trustedFiles(deps, repository))])],
    playbook: programs[0]?.path ?? inventory.path,
  });
  const whole = await deps.snapshots.verify(digest);
  if (!whole.ok)
    throw new ChiffonError("hash-mismatch", `${whole.path} in the snapshot was changed: ${whole.reason}`, {
      hint: "Ask again, and look who can write to Chiffon's data folder.",
    });
  return { ...(await deps.snapshots.open(digest)), digest };
}

/** Files that a program reads, such as `aws.ini` beside `aws.py`. Code counts only where it is trusted. */
async function dataBeside({ root }: Repository, inventory: string): Promise<string[]> {
  const files = createInventoryFiles(root);
  if (files.isFolder(inventory)) return [];
  const folder = path.posix.dirname(inventory);
  const entries = await readdir(path.join(root, folder), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !/\.(?:py|sh|rb|pl|so|pyc)$/.test(entry.name))
    .map((entry) => path.posix.join(folder, entry.name));
}

interface Asking {
  readonly actor: Actor;
  readonly question: DynamicQuestion;
  readonly programs: readonly Program[];
  readonly frozen: Frozen;
}

/** The read run, with a record before it and one of how it ended. */
async function ask(deps: ResolveDeps, { actor, question, programs, frozen }: Asking): Promise<string> {
  const { repository, inventory, project } = question;
  const tools = await deps.tools();
  if (tools === undefined)
    throw new ChiffonError("missing-tool", "Ansible is not installed on this machine", {
      hint: "chiffon doctor shows how to install it",
    });
  const id = deps.newId();
  const sandbox = planSandbox(deps, await deps.sandbox());
  const known = { repository: repository.name, inventory: inventory.path, read_run: id };
  const record = (kind: string, data: Record<string, string>) =>
    deps.db
      .transaction()
      .execute((tx) => recordAudit(tx, { at: deps.clock.now(), kind, actor, data: { ...known, ...data } }));
  const held = sandbox === undefined ? "trust" : "sandbox";
  await record("inventory.asked", { snapshot: frozen.digest, held });
  const runDir = deps.runDirOf(id);
  await mkdir(path.join(runDir, "tmp"), { recursive: true, mode: 0o700 });
  try {
    const { treeDir } = frozen;
    const run = { id, runDir, treeDir, project, path: inventory.path, programs, tools, sandbox };
    const printed = await runInventory(run);
    await record("inventory.answered", { outcome: "succeeded", answer_sha256: deps.sha256(printed) });
    return printed;
  } catch (error) {
    await record("inventory.answered", { outcome: "failed" });
    throw error;
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
}

/** What a person trusts may read this machine and its home and use the network; it writes nothing. */
function planSandbox({ dataDir, sharedDir }: ResolveDeps, found: FoundSandbox): SandboxPlan | undefined {
  if (found.kind !== "works") return undefined;
  return {
    program: found.program,
    sees: "machine",
    network: true,
    showsHome: true,
    dataDir,
    sharedDir,
    // Names of other machines are looked up by what lies here on many systems.
    readable: ["/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager"],
  };
}

function untrusted({ repository, inventory }: DynamicQuestion, state: "none" | "revoked" | "ended"): Problem {
  const { path: file, reason } = inventory;
  const why =
    state === "ended"
      ? "it was trusted, and what would run has changed since"
      : "Chiffon runs it only when the repository is trusted";
  return {
    message: `the hosts are not available: the inventory ${file} is dynamic (${reason ?? "only a program knows its hosts"}), and ${why}`,
    hint: `look at what would run and trust it: chiffon repo trust ${repository.name}. Or use a static inventory: chiffon up --inventory FILE; Ansible writes one: ansible-inventory -i ${file} --list --yaml --output hosts.yml`,
  };
}

function outsideTrust({ path: file }: Program): Problem {
  return {
    message: `the hosts are not available: ${file} is a program, and it is not in the part of the repository that trust covers`,
    hint: "put it into the folder inventory/ or name it in ansible.cfg (inventory = …), then trust the repository again",
  };
}

function unreadableBy(file: string, reasons: readonly string[]): Problem {
  return {
    message: `the hosts are not available: the inventory ${file} cannot be read (${reasons.slice(0, 3).join("; ")})`,
    hint: `use a static inventory: chiffon up --inventory FILE. Ansible writes one: ansible-inventory -i ${file} --list --yaml --output hosts.yml`,
  };
}
