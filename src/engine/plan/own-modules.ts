import type { SnapshotFile } from "../../contracts/plan.ts";

/* A module's code lies in the first or the third; an action plug-in stands before the module of its name. */
const moduleFile =
  /(?:^|\/)(?:(?<!(?:^|\/)roles\/)library|action_plugins|plugins\/(?:modules|action))\/(?:[^/]+\/)*([A-Za-z_]\w*)(?:\.[^./]+)?$/;

/** Names of the modules that the files of a step bring along, sorted. Ansible takes them before its own of the same name. */
export function listOwnModules(files: readonly Pick<SnapshotFile, "path">[]): string[] {
  return [...new Set(files.flatMap((file) => moduleFile.exec(file.path)?.[1] ?? []))].toSorted();
}
