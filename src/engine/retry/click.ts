import type { SnapshotFile, StepManifest } from "../../contracts/plan.ts";
import { canonicalJson, type JsonObject } from "../../domain/canonical-json.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { PlanRetry } from "../core-tables.ts";
import { findStaleness, type FreshnessDeps } from "../plan/freshness.ts";
import { getPlanRow, type PlanRow } from "../plan/sql.ts";
import { findApproval } from "./sql.ts";

export type ClickDeps = FreshnessDeps & Pick<CoreDeps, "clock">;

/** For how long an approval makes that of a part of it one click. */
const oneClickMs = 24 * 3_600_000;

/**
 * Who may approve these steps with one click: whoever approved, in the full form and within 24 hours, a plan that they are a
 * strict subset of. Null when there is no such plan.
 * @param plan.tried the plan of the run that is tried again
 * @param plan.steps for each manifest, which step of the whole request it is
 */
export async function findClick(
  deps: ClickDeps,
  plan: { tried: PlanRow; steps: readonly number[]; manifests: readonly StepManifest[] },
): Promise<PlanRetry["click"]> {
  const { tried } = plan;
  // One click never stands on another: what counts is what somebody has read as a whole.
  const anchor = tried.document.retry?.click?.anchor ?? tried.id;
  const approval = await findApproval(deps.db, anchor);
  if (approval === undefined) return null;
  const until = approval.at.getTime() + oneClickMs;
  if (until <= deps.clock.now().getTime()) return null;
  const approved = anchor === tried.id ? tried : await getPlanRow(deps.db, anchor);
  if (!(await isStrictSubset(deps, approved, plan))) return null;
  return { anchor, actor: approval.actor, until: new Date(until).toISOString() };
}

async function isStrictSubset(
  deps: ClickDeps,
  approved: PlanRow,
  { steps, manifests }: { steps: readonly number[]; manifests: readonly StepManifest[] },
): Promise<boolean> {
  const origins = approved.document.retry?.steps;
  const pairs = manifests.flatMap((now, index) => {
    const of = steps[index] ?? -1;
    const before = approved.manifests.steps.find((each) => (origins?.[each.step] ?? each.step) === of);
    return before === undefined ? [] : [{ now, before }];
  });
  if (pairs.length < manifests.length || !pairs.every(isPart)) return false;
  if (pairs.length === approved.manifests.steps.length && !pairs.some(isLess)) return false;
  for (const pair of pairs) if (!(await hasSameFiles(deps, pair))) return false;
  const { document, manifests: all } = approved;
  const used = { plan: all.plan, steps: pairs.map((pair) => pair.before) };
  // Variables of the hosts, tools and our own configuration depend on which hosts there are: compared as they were approved.
  return (await findStaleness(deps, { document, manifests: used }, { listOnly: true })) === undefined;
}

interface Pair {
  readonly now: StepManifest;
  readonly before: StepManifest;
}

function isPart({ now, before }: Pair): boolean {
  const inside = (part: readonly string[], whole: readonly string[]) =>
    part.every((each) => whole.includes(each));
  return (
    canonicalJson(coreOf(now)) === canonicalJson(coreOf(before)) &&
    inside(now.hosts, before.hosts) &&
    inside(now.delegates, before.delegates) &&
    inside(now.knownHosts, before.knownHosts) &&
    (!now.runsHere || before.runsHere) &&
    (before.startAt === null || now.startAt === before.startAt)
  );
}

const isLess = ({ now, before }: Pair): boolean =>
  now.hosts.length < before.hosts.length || now.startAt !== before.startAt;

/** What has to be the same to the letter: all that does not follow from which hosts and steps there are. */
function coreOf(manifest: StepManifest): JsonObject {
  const core = Object.entries(manifest).filter(([name]) => !following.has(name));
  return Object.fromEntries(core) as JsonObject;
}

const following: ReadonlySet<string> = new Set([
  "step",
  "after",
  "condition",
  "startAt",
  "hosts",
  "delegates",
  "runsHere",
  "knownHosts",
  "snapshot",
  "hostsFile",
  "variables",
  "environment",
] satisfies (keyof StepManifest)[]);

async function hasSameFiles(deps: ClickDeps, { now, before }: Pair): Promise<boolean> {
  try {
    const [fresh, old] = await Promise.all([
      deps.snapshots.open(now.snapshot),
      deps.snapshots.open(before.snapshot),
    ]);
    return listOf(fresh.files, now.hostsFile) === listOf(old.files, before.hostsFile);
  } catch (error) {
    // Removed after its time: then nobody can tell.
    if (ChiffonError.is(error)) return false;
    throw error;
  }
}

/** Without the inventory that Chiffon writes for exactly these hosts. */
const listOf = (files: readonly SnapshotFile[], hostsFile: string): string =>
  JSON.stringify(
    files.filter((file) => file.path !== hostsFile).map((file) => [file.path, file.sha256, file.executable]),
  );
