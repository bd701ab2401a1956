import { readSnapshotText } from "../../ansible/snapshot/read-text.ts";
import type { SnapshotFile } from "../../contracts/plan.ts";
import type { FileDiff, PlanDiff, StepDiff } from "../../contracts/plan-diff.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { hidePasswords } from "../../domain/redaction/hide-passwords.ts";
import { describeDiff } from "../../domain/plan-diff-words.ts";
import { diffPlans } from "../../domain/plan-diff.ts";
import { diffText } from "../../domain/text-diff.ts";
import type { Database } from "../schema.ts";
import { findLastRun, findPreviousPlan, type EndedRun } from "./compare-sql.ts";
import type { FreezeDeps } from "./freeze.ts";
import { getPlanRow, resolveId, type PlanRow } from "./sql.ts";

export interface CompareDeps extends Pick<FreezeDeps, "snapshots"> {
  readonly db: Database;
  /** Takes known secret values out of a text. */
  readonly redact: (text: string) => Promise<string>;
}

type Snapshot = Awaited<ReturnType<FreezeDeps["snapshots"]["open"]>>;

/* A person reads some hundred lines of one file, and a page must stay a page. */
const maxLines = 300;
const maxTextBytes = 40_000;
const maxTexts = 40;

/**
 * How a plan differs: from the revision before it, from the last approved run of the same units, or from a plan by its id.
 * Without `against` the first of these that there is. Reads only.
 */
export async function comparePlan(
  deps: CompareDeps,
  given: { id: string; against: string | undefined },
): Promise<PlanDiff> {
  const row = await getPlanRow(deps.db, await resolveId(deps.db, "plan", given.id));
  const wanted = given.against ?? (row.revision > 1 ? "previous" : "last-run");
  const other = await findOther(deps.db, row, wanted);
  const base = { planId: row.id, revision: row.revision };
  if (other === undefined)
    return { ...base, against: null, same: false, summary: [absent(wanted)], risk: null, steps: [] };
  const found = await compare(deps, other.row, row);
  const sentences = describeDiff(found.steps);
  return {
    ...base,
    against: other.against,
    same: found.same,
    summary: found.same || sentences.length === 0 ? [`the same as ${other.against.text}`] : sentences,
    risk: other.row.risk === row.risk ? null : { was: other.row.risk, is: row.risk },
    steps: found.steps,
  };
}

/** The last approved run of the same units, in words, when the plan would do exactly what that one did. */
export async function findSameRun(db: Database, planId: string): Promise<string | undefined> {
  const row = await getPlanRow(db, planId);
  const other = await findOther(db, row, "last-run");
  if (other === undefined) return undefined;
  const none = new Map<string, readonly SnapshotFile[]>();
  const side = ({ document, manifests }: PlanRow) => ({
    steps: document.steps,
    manifests: manifests.steps,
    files: none,
  });
  return diffPlans(side(other.row), side(row)).same ? other.against.text : undefined;
}

const absent = (wanted: string): string =>
  wanted === "previous"
    ? "this is the first revision: there is none before it"
    : "nothing has been run with these playbooks yet";

interface Other {
  readonly row: PlanRow;
  readonly against: NonNullable<PlanDiff["against"]>;
}

async function findOther(db: Database, row: PlanRow, wanted: string): Promise<Other | undefined> {
  if (wanted === "previous") {
    const id = await findPreviousPlan(db, row);
    return id === undefined ? undefined : toOther(await getPlanRow(db, id), "previous");
  }
  if (wanted === "last-run") {
    const units = row.document.steps.map((step) => step.unit.id);
    const run = await findLastRun(db, { id: row.id, units, made: row.created_at });
    return run === undefined ? undefined : toOther(await getPlanRow(db, run.plan_id), "last-run", run);
  }
  return toOther(await getPlanRow(db, await resolveId(db, "plan", wanted)), "plan");
}

function toOther(row: PlanRow, kind: Other["against"]["kind"], run?: EndedRun): Other {
  const text =
    run === undefined
      ? kind === "previous"
        ? `revision ${row.revision}`
        : `plan ${row.id.slice(0, 8)}, revision ${row.revision}`
      : `run ${run.id.slice(0, 8)} of ${dayOf(run.at)}, ${endOf(run.state)}`;
  return {
    row,
    against: {
      kind,
      planId: row.id,
      revision: row.revision,
      text,
      run: run === undefined ? null : { id: run.id, state: run.state, at: run.at.toISOString() },
    },
  };
}

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** "Tuesday, 2026-11-24 12:00 UTC": people remember days, and records hold dates. */
function dayOf(at: Date): string {
  return `${days[at.getUTCDay()]}, ${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function endOf(state: EndedRun["state"]): string {
  if (state === "unknown") return "of which nobody knows how it ended";
  return state === "cancelled" ? "which was cancelled" : `which ${state}`;
}

async function compare(
  deps: CompareDeps,
  before: PlanRow,
  after: PlanRow,
): Promise<{ same: boolean; steps: StepDiff[] }> {
  const digests = [before, after].flatMap((row) => row.document.steps.map((step) => step.snapshot));
  const snapshots = new Map<string, Snapshot>();
  for (const digest of new Set(digests)) {
    const opened = await open(deps, digest);
    if (opened !== undefined) snapshots.set(digest, opened);
  }
  const files = new Map<string, readonly SnapshotFile[]>(
    // Hosts are compared as hosts: the inventory that Chiffon makes of them would tell the same again.
    [...snapshots].map(([digest, snapshot]) => [
      digest,
      snapshot.files.filter(({ path }) => !/(^|\/)\.chiffon-hosts\.yml$/.test(path)),
    ]),
  );
  const side = ({ document, manifests }: PlanRow) => ({
    steps: document.steps,
    manifests: manifests.steps,
    files,
  });
  const found = diffPlans(side(before), side(after));
  return { ...found, steps: await addTexts(deps, found.steps, { before, after, snapshots }) };
}

/** A snapshot that nothing runs from any more may be gone: then only digests of the whole are left. */
async function open({ snapshots }: CompareDeps, digest: string): Promise<Snapshot | undefined> {
  try {
    return await snapshots.open(digest);
  } catch (error) {
    if (ChiffonError.is(error)) return undefined;
    throw error;
  }
}

interface Around {
  readonly before: PlanRow;
  readonly after: PlanRow;
  readonly snapshots: ReadonlyMap<string, Snapshot>;
}

async function addTexts(deps: CompareDeps, steps: readonly StepDiff[], around: Around): Promise<StepDiff[]> {
  let left = maxTexts;
  const done: StepDiff[] = [];
  for (const step of steps) {
    const digests = {
      was: around.before.document.steps.find((each) => each.index === step.was)?.snapshot ?? "",
      is: around.after.document.steps.find((each) => each.index === step.step)?.snapshot ?? "",
    };
    const [was, is] = [around.snapshots.get(digests.was), around.snapshots.get(digests.is)];
    const gone = step.step !== null && step.was !== null && digests.was !== digests.is && !(was && is);
    const files: FileDiff[] = [];
    for (const file of step.files) {
      files.push(
        was && is && left > 0
          ? await addText(deps, file, { was, is })
          : { ...file, note: file.note ?? tooMany },
      );
      left -= 1;
    }
    done.push(gone ? withoutFiles(step) : { ...step, files });
  }
  return done;
}

const tooMany = "more files differ than are shown with their text";

/** It is known that files differ, and no longer which. */
function withoutFiles(step: StepDiff): StepDiff {
  const other = [
    ...step.other,
    "files differ; those of then are no longer kept, so it cannot be shown which",
  ];
  return { ...step, change: step.change === "same" ? "changed" : step.change, other };
}

async function addText(
  deps: CompareDeps,
  file: FileDiff,
  { was, is }: { was: Snapshot; is: Snapshot },
): Promise<FileDiff> {
  if (file.was === file.is) return file;
  const before = await readSnapshotText(was, file.path);
  const now = await readSnapshotText(is, file.path);
  if ("problem" in before) return { ...file, note: `not shown: ${before.problem}` };
  if ("problem" in now) return { ...file, note: `not shown: ${now.problem}` };
  // Redacted before they are compared: a value must not be torn apart by the marks of the diff.
  const hide = async (text: string): Promise<string> => hidePasswords(await deps.redact(text));
  const { text, note } = diffText(await hide(before.text), await hide(now.text), maxLines);
  if (text === "") return { ...file, note: "only the value of a secret differs" };
  return text.length <= maxTextBytes
    ? { ...file, text, note }
    : { ...file, text: text.slice(0, maxTextBytes), note: "the rest of this diff is not shown" };
}
