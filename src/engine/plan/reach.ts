import { posix } from "node:path";
import type { Reach } from "../../ansible/closure/follow.ts";
import { sortReach, type Reached as Sorted } from "../../ansible/closure/reach.ts";
import type { Restart } from "../../ansible/catalogue/restarts.ts";
import { listOperationRestarts } from "../../ansible/operations/operations.ts";
import type { Catalogues } from "../catalogues.ts";
import type { StepDraft } from "../request/draft.ts";

export interface Reached extends Sorted {
  /** Tasks that restart a machine; of an operation, relative to the folder of operations. */
  readonly restarts: readonly Restart[];
}

/* Questions and plan of one draft ask the same. */
const found = new WeakMap<StepDraft, Promise<Reached>>();

/** What a step may touch besides its hosts, by everything that its playbook can read. */
export function findReach(deps: { readonly catalogues: Catalogues }, draft: StepDraft): Promise<Reached> {
  const reached = found.get(draft) ?? look(deps, draft);
  found.set(draft, reached);
  return reached;
}

async function look(deps: { readonly catalogues: Catalogues }, draft: StepDraft): Promise<Reached> {
  const { unit, place, hosts } = draft;
  if (unit.kind === "operation")
    return { delegates: [], hosts: [], notes: [], restarts: listOperationRestarts(unit.name) };
  const closure = await deps.catalogues.closure(place.read.repository, {
    project: unit.project,
    playbook: unit.playbook,
    inventory: place.inventory.path,
  });
  const sorted = sortReach(
    closure.reach.filter((each) => belongsTo(each, draft)),
    { inventory: place.inventory.hosts, approved: hosts.map((host) => host.name) },
  );
  return { ...sorted, restarts: closure.restarts.filter((each) => belongsTo(each, draft)) };
}

/* Of a part of a playbook only its own files count: the rest of the playbook does not run. */
function belongsTo({ file }: Pick<Reach, "file">, { unit }: StepDraft): boolean {
  if (unit.kind === "playbook") return true;
  if (file === unit.path || file.startsWith(`${unit.path}/`)) return true;
  return unit.plays.some((play) =>
    play.ansibleTasks.some((task) => {
      const listed = task.source.replace(/:\d+$/, "");
      return file === posix.join(unit.project, listed);
    }),
  );
}
