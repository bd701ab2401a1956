import type { Unit } from "../../contracts/catalogue.ts";
import type { FileStore } from "./file-store.ts";
import { folderOf, resolveInside, stemOf } from "./paths.ts";
import { isPlaybookFile } from "./units.ts";
import type { Walked } from "./walk.ts";

/** Paths of the playbooks that other playbooks of the repository import, each with those that do. */
export function importedPlaybooks(walked: Walked, store: FileStore): Map<string, string[]> {
  const imported = new Map<string, string[]>();
  for (const path of walked.files) {
    const file = store.find(path);
    if (!isPlaybookFile(file)) continue;
    for (const play of file.facts.plays) {
      const target = play.kind === "import" ? resolveInside(folderOf(path), play.file) : undefined;
      if (target !== undefined && target !== path)
        imported.set(target, [...(imported.get(target) ?? []), path]);
    }
  }
  return imported;
}

/**
 * Settles which of several units of one name is meant: a playbook of that name before a role inside another playbook, of two
 * playbooks the one that the repository itself uses, and one that imports its namesake before that namesake.
 */
export function settleNames(units: readonly Unit[], imported: ReadonlyMap<string, string[]>): Unit[] {
  const playbooks = units.filter((unit) => unit.kind === "playbook" && !unit.minor);
  const whole = new Set(playbooks.map((unit) => keyOf(unit, unit.name)));
  const around = new Set(
    playbooks.flatMap((unit) => unit.aliases.map((alias) => `${unit.path}\0${plain(alias)}`)),
  );
  const used = new Set(
    playbooks.filter((unit) => imported.has(unit.path)).map((unit) => keyOf(unit, unit.name)),
  );
  const names = new Set(playbooks.flatMap((unit) => [unit.name, ...unit.aliases].map(plain)));
  const wrappers = new Set(
    [...imported].flatMap(([path, by]) => by.filter((each) => stemOf(each) === stemOf(path))),
  );
  return units.flatMap((unit): Unit[] => {
    if (unit.kind === "playbook") {
      const wrapped = imported.get(unit.path)?.some((by) => stemOf(by) === stemOf(unit.path)) === true;
      const wraps = wrappers.has(unit.path);
      const spare = wrapped || (!wraps && !imported.has(unit.path) && used.has(keyOf(unit, unit.name)));
      return [spare ? { ...unit, minor: true } : unit];
    }
    const covered =
      whole.has(keyOf(unit, unit.name)) ||
      around.has(`${unit.playbook}\0${plain(unit.name)}`) ||
      // What the repository does not run by itself goes behind anything that it does.
      (unit.kind === "tasks" && isWithoutOwnWay(unit) && names.has(plain(unit.name)));
    return covered ? [] : [unit];
  });
}

const isWithoutOwnWay = ({ problem, written }: Unit): boolean => problem !== null || written !== undefined;
const keyOf = ({ project }: Unit, name: string): string => `${project}\0${plain(name)}`;
const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_. ]+/g, "");
