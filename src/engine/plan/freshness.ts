import type { SnapshotFile, StepManifest } from "../../contracts/plan.ts";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { describeCollections } from "./collections.ts";
import { freezeStep, type FreezeDeps } from "./freeze.ts";
import type { PlanRow } from "./sql.ts";

export type FreshnessDeps = FreezeDeps;

/** What has changed since the plan was made, as a sentence; undefined when everything is as it was shown. */
export async function findStaleness(
  deps: FreshnessDeps,
  row: Pick<PlanRow, "document" | "manifests">,
  how: { listOnly?: boolean } = {},
): Promise<string | undefined> {
  for (const manifest of row.manifests.steps) {
    const shown = row.document.steps.find((each) => each.index === manifest.step);
    if (!shown) return `step ${manifest.step + 1} is missing`;
    try {
      const now = await freezeStep(deps, { ...manifest, repository: shown.unit.repository }, how);
      const difference = await findDifference(deps, manifest, now);
      if (difference !== undefined) return difference;
    } catch (error) {
      if (ChiffonError.is(error)) return error.message;
      throw error;
    }
  }
  return undefined;
}

async function findDifference(
  deps: FreshnessDeps,
  shown: StepManifest,
  frozen: { manifest: StepManifest; files: readonly SnapshotFile[] },
): Promise<string | undefined> {
  const now = frozen.manifest;
  if (shown.snapshot !== now.snapshot)
    return `files have changed since it was made: ${await listChanged(deps, shown.snapshot, frozen.files)}`;
  if (shown.ansibleCore !== now.ansibleCore)
    return `Ansible was ${shown.ansibleCore} when it was made and is ${now.ansibleCore} now`;
  const collections = describeCollections(shown.collections, now.collections);
  if (collections !== undefined) return collections;
  if (canonicalJson(shown.secrets) !== canonicalJson(now.secrets))
    return "a secret that it uses has changed since";
  if (canonicalJson(shown.knownHosts) !== canonicalJson(now.knownHosts))
    return "the accepted SSH host keys have changed since";
  return canonicalJson(shown) === canonicalJson(now)
    ? undefined
    : "Chiffon's own configuration has changed since";
}

async function listChanged(
  deps: FreshnessDeps,
  before: string,
  after: readonly SnapshotFile[],
): Promise<string> {
  const old = new Map((await deps.snapshots.open(before)).files.map((file) => [file.path, file.sha256]));
  const fresh = new Map(after.map((file) => [file.path, file.sha256]));
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].filter(
    (path) => old.get(path) !== fresh.get(path),
  );
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : "";
  return `${paths.slice(0, 5).join(", ")}${more}`;
}
