import type { Known } from "../../understand/talk.ts";
import { listHostNames, listNames, type World } from "../request/world.ts";

/** What a message can name: units, hosts and groups of the inventories. */
export function knownWords(world: World): Known {
  const groups = world.read.flatMap((each) =>
    each.catalogue.inventories.flatMap((inventory) => inventory.groups.map((group) => group.name)),
  );
  return {
    names: listNames(world),
    hosts: [...listHostNames(world), ...groups],
  };
}
