import type { Known } from "../../understand/talk.ts";
import { listHostNames, type World } from "../request/world.ts";

/** What a message can name: units, hosts and groups of the inventories. */
export function knownWords(world: World): Known {
  const units = [...world.units, ...world.operations];
  const groups = world.read.flatMap((each) =>
    each.catalogue.inventories.flatMap((inventory) => inventory.groups.map((group) => group.name)),
  );
  return {
    names: units.flatMap((unit) => [unit.name, ...unit.aliases]),
    hosts: [...listHostNames(world), ...groups],
  };
}
