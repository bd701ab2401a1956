import { posix } from "node:path";
import { readHostVariables } from "../../ansible/inventory/read.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { StepDraft } from "../request/draft.ts";
import { saidBy } from "../request/world.ts";

/* Role defaults and group_vars yield to what the inventory says for a host; play variables do not. */
const yielding = /(^|\/)(defaults|group_vars)(\/|\.)/;

/** Whether the inventory's value of a variable counts, by where the unit's own value stands. */
export const yieldsToInventory = (own: { readonly source: string } | undefined): boolean =>
  own === undefined || yielding.test(own.source);

/** Folders beside which group_vars and host_vars count for a step. */
export const variableFolders = ({ unit }: StepDraft): string[] => [unit.project, posix.dirname(unit.path)];

/** What the inventory says for the hosts of a step, by host and name. Files are read, nothing is run. */
export function readHostValues(
  draft: StepDraft,
  names: ReadonlySet<string>,
): ReturnType<typeof readHostVariables> {
  const { root } = draft.place.read.catalogue;
  const { path } = draft.place.inventory;
  try {
    const resolved = saidBy(draft.place);
    return readHostVariables({ root, path, folders: variableFolders(draft), names, resolved });
  } catch (error) {
    // Gone since the catalogue was read: freezing the step says so.
    if (ChiffonError.is(error) && error.code === "not-found") return new Map();
    throw error;
  }
}
