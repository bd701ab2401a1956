import { listRun } from "../../ansible/listing/listing.ts";
import { isPlainTaskName } from "../../ansible/process/check-spec.ts";
import type { ListedAnsibleTask } from "../../contracts/catalogue.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { RetriedStep } from "../../domain/run/retry.ts";
import { ansibleTasksOf, playsOf, type StepDraft } from "../request/draft.ts";

/** A step of the new plan: which one of the whole request, and what of it. */
export interface Wanted extends RetriedStep {
  readonly of: number;
  readonly unit: string;
  readonly startAt: string | undefined;
}

/** The steps of the request, made as of now, cut down to what is tried again. Throws `conflict` where that cannot be. */
export function cutDrafts(full: readonly StepDraft[], wanted: readonly Wanted[]): StepDraft[] {
  const numbers = new Map(wanted.map((each, index) => [each.step, index]));
  const renumber = (step: number): number => numbers.get(step) ?? -1;
  return wanted.map((each, index) => {
    const draft = full[each.of];
    if (draft === undefined || draft.unit.id !== each.unit)
      throw gone(`step ${each.step + 1} means something else now`);
    const hosts = draft.hosts.filter((host) => each.hosts.includes(host.name));
    const missing = each.hosts.find((name) => !hosts.some((host) => host.name === name));
    if (missing !== undefined) throw gone(`${missing} is no host of step ${each.step + 1} any more`);
    return {
      ...draft,
      index,
      hosts,
      allHosts: draft.allHosts && hosts.length === draft.hosts.length,
      after: each.after.map(renumber),
      condition: each.condition && { ...each.condition, step: renumber(each.condition.step) },
      listing: listRun({
        unit: { plays: playsOf(draft.unit) },
        inventory: draft.place.inventory,
        limit: hosts.map((host) => host.name),
      }),
      ...(each.startAt === undefined ? {} : { startAt: findStart(draft, each.startAt).name }),
    };
  });
}

export function gone(why: string): ChiffonError {
  return new ChiffonError("conflict", `this run cannot be tried again as it was: ${why}`, {
    hint: "something in the repository or in the request has changed. Ask for it anew: chiffon ask",
  });
}

/** Ansible takes the name with or without that of its role. */
export const isNamed = ({ name }: ListedAnsibleTask, wanted: string): boolean =>
  name === wanted || name.endsWith(` : ${wanted}`);

/** The one ansibleTask of that name in the list of the unit. What a dynamic include brings is in no list. */
function findStart(draft: Pick<StepDraft, "unit">, wanted: string): ListedAnsibleTask {
  const found = ansibleTasksOf(draft).filter((task) => isNamed(task, wanted));
  const [only, second] = found;
  const name = JSON.stringify(wanted);
  if (only === undefined)
    throw new ChiffonError("bad-input", `${draft.unit.name} has no Ansible task ${name} in its list`, {
      hint: "only a task that stands in the playbook or in what it imports can be begun at: not one inside a dynamic include",
    });
  if (second !== undefined)
    throw new ChiffonError("bad-input", `${draft.unit.name} has several Ansible tasks ${name}`, {
      hint: `${found
        .slice(0, 5)
        .map((task) => `${task.name} (${task.source})`)
        .join(", ")}: begin at another one, or try the whole step again`,
    });
  if (!isPlainTaskName(only.name))
    throw new ChiffonError("bad-input", `${name} has characters that Ansible would take for a pattern`, {
      hint: "begin at another task, or try the whole step again",
    });
  return only;
}
