import type { ResolvedInventory } from "../../ansible/inventory/resolved.ts";
import type { FoundPortals } from "../../ansible/portals/candidate.ts";
import type { Catalogue, Inventory, Unit } from "../../contracts/catalogue.ts";
import type { ReadRepository } from "../catalogues.ts";
import { findInventory } from "../catalogues.ts";
import type { Resolved } from "../inventory/resolve.ts";

/** What the repositories offered when a request was looked at. */
export interface World {
  readonly read: readonly ReadRepository[];
  readonly units: readonly Unit[];
  readonly operations: readonly Unit[];
  /** By name of the repository; absent until a unit wants them. */
  readonly portals?: ReadonlyMap<string, FoundPortals>;
  /** What dynamic inventories said, by {@link dynamicKey}; those that no step needs are not asked. */
  readonly resolved?: ReadonlyMap<string, Resolved>;
}

/** One dynamic inventory, read for the units of one project. */
export function dynamicKey(place: Pick<Place, "read" | "inventory" | "project">): string {
  return [place.read.repository.name, place.project, place.inventory.path].join("\0");
}

export function createWorld(read: readonly ReadRepository[], operations: readonly Unit[]): World {
  return { read, operations, units: unitsOf(read.map((each) => each.catalogue)) };
}

const lists = new WeakMap<Catalogue, { catalogues: readonly Catalogue[]; units: readonly Unit[] }>();

/* One list as long as the catalogues are the same: what is worked out about a list (its index) is kept with it. */
function unitsOf(catalogues: readonly Catalogue[]): readonly Unit[] {
  const [first] = catalogues;
  if (first === undefined) return [];
  const known = lists.get(first);
  const isSame =
    known?.catalogues.length === catalogues.length &&
    catalogues.every((each, at) => each === known.catalogues[at]);
  if (known !== undefined && isSame) return known.units;
  const units = catalogues.flatMap((each) => each.units);
  lists.set(first, { catalogues, units });
  return units;
}

const named = new WeakMap<readonly Unit[], { operations: readonly Unit[]; names: readonly string[] }>();

/** What units and operations are called. The same list as long as these are the same: what is worked out about it is kept with it. */
export function listNames({ units, operations }: Pick<World, "units" | "operations">): readonly string[] {
  const known = named.get(units);
  if (known?.operations === operations) return known.names;
  const names = [...units, ...operations].flatMap((unit) => [unit.name, ...unit.aliases]);
  named.set(units, { operations, names });
  return names;
}

export function findUnit(world: World, id: string): Unit | undefined {
  return world.units.find((unit) => unit.id === id) ?? world.operations.find((unit) => unit.id === id);
}

export function listHostNames(world: World): string[] {
  const names = world.read.flatMap((each) =>
    each.catalogue.inventories.flatMap((inventory) => inventory.hosts.map((host) => host.name)),
  );
  return [...new Set(names)];
}

export interface Place {
  readonly read: ReadRepository;
  /** Of a dynamic one that was asked: what it said. */
  readonly inventory: Inventory;
  /** Folder of the project whose variables count. */
  readonly project: string;
  /** Of a dynamic inventory that was asked, or could not be. */
  readonly resolved?: Resolved;
}

/**
 * Where a unit runs: its own repository; operations run on the inventory that knows the wanted hosts.
 * @param wish.inventory path of the one that a person has named; there is no place in a repository that does not have it
 */
export function findPlace(
  world: World,
  unit: Unit,
  { hosts, inventory: named }: { hosts: readonly string[]; inventory?: string | undefined },
): Place | undefined {
  const own = world.read
    .filter((each) => unit.kind === "operation" || each.repository.name === unit.repository)
    .map((each) =>
      named === undefined ? each : { ...each, repository: { ...each.repository, inventory: named } },
    );
  const places = own.flatMap((read) => {
    const inventory = findInventory(read, unit.kind === "operation" ? undefined : unit);
    const project = unit.kind === "operation" ? "." : unit.project;
    return inventory ? [withResolved(world, { read, inventory, project })] : [];
  });
  const knows = (place: Place) => hosts.every((host) => findHostName(place.inventory, host) !== undefined);
  // One that was not asked yet may know them.
  return places.find(knows) ?? places.find((place) => place.inventory.dynamic) ?? places[0];
}

/** What the dynamic inventory of a place said; undefined for a static one. */
export function saidBy({ resolved }: Place): ResolvedInventory | undefined {
  return resolved !== undefined && "said" in resolved ? resolved.said : undefined;
}

function withResolved(world: World, place: Place): Place {
  const resolved = place.inventory.dynamic ? world.resolved?.get(dynamicKey(place)) : undefined;
  if (resolved === undefined) return place;
  return { ...place, resolved, ...("inventory" in resolved ? { inventory: resolved.inventory } : {}) };
}

/** The inventory's spelling of a host or group as a person wrote it. */
export function findHostName(inventory: Inventory, written: string): string | undefined {
  const wanted = written.toLowerCase();
  const names = [...inventory.hosts, ...inventory.groups].map((each) => each.name);
  const found = names.find((name) => name === written) ?? names.find((name) => name.toLowerCase() === wanted);
  // Ansible's own group, which no inventory has to write down.
  return found ?? (wanted === "all" ? "all" : undefined);
}
