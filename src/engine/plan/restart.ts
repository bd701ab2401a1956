import { posix } from "node:path";
import type { Restart } from "../../ansible/catalogue/restarts.ts";
import type { InventoryHost } from "../../contracts/catalogue.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { StepDraft } from "../request/draft.ts";
import { operationsFolder } from "./freeze.ts";
import { collectBefore } from "./previewable.ts";
import type { Reached } from "./reach.ts";

/** How a step restarts the machine that Chiffon itself runs on. */
export interface RestartHere {
  /** The tasks that do it, `file:line` inside the snapshot. */
  readonly sources: readonly string[];
  /** Whether all that the step is for is done when that machine is back: it is its only host, or the last one by its playbook. */
  readonly expected: boolean;
}

interface World {
  /** True for the machine that Chiffon itself runs on. */
  readonly isThisMachine: (host: InventoryHost) => boolean;
}

/** Undefined for a step of which nothing is known that restarts this machine. */
export function findRestart(
  world: World,
  draft: Pick<StepDraft, "unit" | "hosts" | "place">,
  reached: Reached,
): RestartHere | undefined {
  const found = reached.restarts.filter((restart) => isHere(world, restart, draft));
  if (found.length === 0) return undefined;
  const isOperation = draft.unit.kind === "operation";
  const sources = found.map(({ file, line }) =>
    isOperation ? `${operationsFolder}/${file}:${line}` : `${posix.normalize(file)}:${line}`,
  );
  const isAlone =
    draft.hosts.every((host) => world.isThisMachine(host)) &&
    reached.hosts.every((host) => world.isThisMachine(host));
  // Chiffon's own does this machine last, and only when no other host has failed.
  return { sources, expected: isAlone || (isOperation && found.every((each) => each.by === "command")) };
}

function isHere(world: World, { by, on }: Restart, draft: Pick<StepDraft, "hosts" | "place">): boolean {
  const isOwn = on === "" || /^\{\{\s*inventory_hostname\s*\}\}$/.test(on);
  const inventory = draft.place.inventory.hosts;
  const hosts = isOwn ? draft.hosts : inventory.filter((host) => host.name === on);
  // Ansible's module refuses the machine that Ansible runs on, unless it gets there by ssh.
  const can = (host: InventoryHost) => by === "command" || host.connection !== "local";
  if (hosts.length === 0) return by === "command" && /^(?:localhost|127\.0\.0\.1|::1)$/.test(on);
  return hosts.some((host) => world.isThisMachine(host) && can(host));
}

interface Step {
  readonly index: number;
  readonly after: readonly number[];
  readonly condition: { readonly step: number } | null;
  readonly restart: RestartHere | undefined;
}

/**
 * Ansible runs on the machine that goes down, so whatever is not over by then is cut off, on other hosts too.
 * @throws ChiffonError `conflict` unless all other steps end before one that restarts this machine
 */
export function refuseRestartBeforeOthers(steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.restart === undefined) continue;
    const before = collectBefore(step, steps);
    const cut = steps.filter((other) => other !== step && !before.has(other.index));
    if (cut.length === 0) continue;
    const names = cut.map((other) => other.index + 1).join(", ");
    const [where = ""] = step.restart.sources;
    throw new ChiffonError(
      "conflict",
      `step ${step.index + 1} restarts the machine that Chiffon itself runs on (${where}), which would cut off step ${names}`,
      { hint: "Make it the last step, after all others (“…, and then …”), or ask for it by itself." },
    );
  }
}
