import { createBreather } from "../../ansible/catalogue/breather.ts";
import { createShown } from "../../ansible/preview/collect.ts";
import { createProgress } from "../../ansible/preview/progress.ts";
import { runPreview } from "../../ansible/preview/run.ts";
import { previewSpec } from "../../ansible/preview/spec.ts";
import { readStepChecks, withModuleDocs } from "../../ansible/preview/step-checks.ts";
import type { ModuleDocs } from "../../ansible/process/module-docs.ts";
import type { AnsibleTools } from "../../ansible/process/tools.ts";
import type { SnapshotStore } from "../../ansible/snapshot/store.ts";
import type { PlanStep, StepManifest } from "../../contracts/plan.ts";
import type { PreviewProgress, PreviewTask } from "../../contracts/preview.ts";
import { classify } from "../../domain/preview/classify.ts";
import type { Stop } from "../../domain/preview/facts.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { getRepository } from "../catalogues.ts";
import { insteadOfVault } from "../plan/vault-words.ts";
import { decideHold, type Hold, type HoldDeps } from "./hold.ts";
import type { PreviewRow } from "./sql.ts";
import type { KeptResult } from "./tables.ts";

export interface RunStepDeps extends HoldDeps {
  readonly snapshots: Pick<SnapshotStore, "open" | "verify">;
  readonly tools: () => Promise<AnsibleTools | undefined>;
  /** Values of the secrets of these versions. @throws ChiffonError when one is not there any more */
  readonly secretValues: (
    refs: readonly { name: string; version: number }[],
  ) => Promise<Record<string, string>>;
  /** Takes the values of all secrets out of texts. */
  readonly redactor: () => Promise<(text: string) => string>;
  readonly waitScale: number;
  /** Longest time of a preview in seconds; default ten minutes. */
  readonly longestSeconds?: number;
  readonly moduleDocs: ModuleDocs;
  /** Folder for the run directory of this preview, which is not there yet. */
  readonly runDirOf: (id: string) => string;
}

/** A step as the plan has it. */
export interface PlannedStep {
  readonly shown: PlanStep;
  readonly manifest: StepManifest;
}

/** How the look at a step ended. */
export type StepEnd = Pick<PreviewRow, "state" | "reason" | "hint" | "held" | "result">;

/** What reading alone tells: of each ansibleTask why it cannot be known yet. */
export async function readStep(
  deps: Pick<RunStepDeps, "snapshots">,
  { shown, manifest }: PlannedStep,
): Promise<KeptResult> {
  const snapshot = await deps.snapshots.open(manifest.snapshot);
  const checks = await readStepChecks({ ...snapshot, project: manifest.project }, createBreather());
  return toKept(classify(shown.ansibleTasks, shown.hosts, { checks, seen: undefined }));
}

/** Whether and how the step may be looked at. */
export async function holdStep(deps: RunStepDeps, { shown, manifest }: PlannedStep): Promise<Hold> {
  const repository = getRepository(deps.catalogues, shown.unit.repository);
  const snapshot = await deps.snapshots.open(manifest.snapshot);
  return await decideHold(deps, { repository, manifest, snapshot });
}

/** Runs the step in check mode from its frozen files, as it was allowed to. */
export async function lookAtStep(
  deps: RunStepDeps,
  step: PlannedStep,
  run: {
    id: string;
    hold: Exclude<Hold, { kind: "refused" }>;
    signal: AbortSignal;
    /** Told whenever it goes on to something else. */
    onProgress: (progress: PreviewProgress | undefined) => void;
  },
): Promise<StepEnd> {
  const { shown, manifest } = step;
  const tools = await deps.tools();
  if (tools === undefined)
    throw new ChiffonError("missing-tool", "Ansible is not installed on this machine", {
      hint: "chiffon doctor shows how to install it",
    });
  const snapshot = await deps.snapshots.open(manifest.snapshot);
  const whole = await deps.snapshots.verify(manifest.snapshot);
  if (!whole.ok)
    throw new ChiffonError("hash-mismatch", `${whole.path} in the snapshot was changed: ${whole.reason}`, {
      hint: "Ask again to get a new plan, and look who can write to Chiffon's data folder.",
    });
  const read = await readStepChecks({ ...snapshot, project: manifest.project }, createBreather(run.signal));
  const listed = [...shown.ansibleTasks, ...read.handlers];
  const docs = await deps.moduleDocs(
    tools,
    listed.map((task) => task.module),
  );
  const checks = withModuleDocs(read, listed, docs);
  const spec = previewSpec(manifest, {
    id: run.id,
    runDir: deps.runDirOf(run.id),
    snapshot,
    tools,
    secrets: await deps.secretValues(manifest.secrets),
    held: run.hold,
    waitScale: deps.waitScale,
    longestSeconds: deps.longestSeconds,
  });
  const place = { treeDir: snapshot.treeDir, project: manifest.project };
  const redact = await deps.redactor();
  const progress = createProgress(shown.ansibleTasks, { shown: createShown(place), redact });
  const { seen, cancelled } = await runPreview(spec, place, {
    redact,
    signal: run.signal,
    onEvent: (event) => run.onProgress(progress(event)),
  });
  const found = classify(shown.ansibleTasks, shown.hosts, { checks, seen });
  const held = run.hold.kind;
  const result = toKept(found);
  if (cancelled) return { state: "cancelled", reason: "it was cancelled", hint: null, held, result };
  if (seen.stopped === null)
    return { state: "done", reason: null, hint: hintOnHidden(found, step), held, result };
  return { state: "stopped", ...sayStopped(seen.stopped, { found, step, held }), held, result };
}

function toKept({ tasks, counts, coverage, cut }: ReturnType<typeof classify>): KeptResult {
  return { tasks, counts, coverage, cut };
}

/** What only a sandbox is the reason of: it hides, and it is read-only. */
const sandboxed = /^the sandbox hides|not writable|Read-only file system/i;

/** A person who sees "cannot be known" all over wants to know that more could be, and how. */
function hintOnHidden(found: ReturnType<typeof classify>, { shown }: PlannedStep): string | null {
  const isHidden = (task: PreviewTask) =>
    task.results.some((result) => result.reason?.startsWith("the sandbox hides") === true);
  const hidden = found.tasks.filter(isHidden).length;
  if (hidden === 0) return null;
  const which = hidden === 1 ? "one task" : `${hidden} tasks`;
  return `The sandbox hides what ${which} would look at. With trust it is looked at: chiffon repo trust ${shown.unit.repository}`;
}

/** Never that the run itself will fail: a later task may only miss what an earlier one would have made. */
function sayStopped(
  { kind, why }: Stop,
  { found, step, held }: { found: ReturnType<typeof classify>; step: PlannedStep; held: "sandbox" | "trust" },
): Pick<StepEnd, "reason" | "hint"> {
  const at = found.stoppedAt;
  const task = at === undefined ? undefined : found.tasks[at.number - 1];
  const on = at === undefined || at.hosts.length === 0 ? "" : ` on ${namesOf(at.hosts)}`;
  const name = task === undefined ? "" : ` ("${task.name}", ${task.source})`;
  const where =
    at === undefined
      ? "the preview could not begin"
      : `the preview could not continue past task ${at.number}${name}${on}`;
  const said = [why, ...(task?.results.map((result) => result.reason) ?? [])];
  if (said.some((text) => noVault.test(text ?? ""))) return { reason: `${where}: ${why}`, hint: onVault };
  const isPlace = task?.results.some((result) => sandboxed.test(result.reason ?? "")) === true;
  const needsTrust = held === "sandbox" && (isPlace || (kind === "other" && /trust/.test(why)));
  return {
    reason: `${where}: ${why}`,
    hint: needsTrust
      ? `With trust it is looked at without the sandbox: chiffon repo trust ${step.shown.unit.repository}`
      : notFailing[kind],
  };
}

/** What Ansible says where it would need a vault password: "no vault secrets found", "A vault password … must be specified". */
const noVault = /no vault secrets|vault password/i;
const onVault = `Chiffon gives Ansible no vault password, and asks for none: ${insteadOfVault}, and take files that are encrypted as a whole out of it.`;

const notFailing: Readonly<Record<Stop["kind"], string>> = {
  failed: "This does not mean that the run would fail: check mode cannot make what later tasks need.",
  time: "This does not mean that the run would fail: what is known so far is shown. On fewer hosts a preview takes less time: chiffon plan revise",
  other: "This does not mean that the run would fail. Look again: chiffon plan preview --again",
};

function namesOf(hosts: readonly string[]): string {
  const shown = hosts.slice(0, 3);
  return `${shown.join(", ")}${hosts.length > shown.length ? ` and ${hosts.length - shown.length} more` : ""}`;
}
