import { addressKey } from "../../ansible/portals/address.ts";
import type { FoundPortals, Portal, PortalCandidate } from "../../ansible/portals/candidate.ts";
import { findPortals, maxPortals, portalPlaces } from "../../ansible/portals/find.ts";
import type { Unit } from "../../contracts/catalogue.ts";
import type { MatchedIntent } from "../../contracts/intent.ts";
import type { Question } from "../../contracts/request.ts";
import type { JsonValue } from "../../domain/canonical-json.ts";
import type { Answers } from "./answers.ts";
import { allPortals, portalsQuestion } from "./questions.ts";
import { findUnit, type World } from "./world.ts";

/** A list of portals with the repository that it is in. */
interface PortalList extends PortalCandidate {
  readonly repository: string;
}

type Bound =
  | {
      vars: Readonly<Record<string, { value: JsonValue; source: string; origin: "repository" }>>;
      notes: string[];
    }
  | { questions: Question[] }
  | { problem: { message: string; hint: string } };

const maxShownSources = 60;
const maxShownNotes = 12;

/** The world with the portals of all repositories, when a unit that may be meant wants them. Reading them costs a walk. */
export async function readPortals(
  world: World,
  intents: readonly MatchedIntent[],
  signal?: AbortSignal,
): Promise<World> {
  const units = intents.flatMap(({ decision, candidates }) =>
    (decision === "ask" ? candidates : candidates.slice(0, 1)).map((each) => findUnit(world, each.id)),
  );
  if (!units.some((unit) => unit !== undefined && unit.portals !== null)) return world;
  const portals = new Map<string, FoundPortals>();
  for (const { repository, catalogue } of world.read) {
    const root = catalogue.root;
    portals.set(repository.name, await findPortals({ root, ...(signal ? { signal } : {}) }));
  }
  return { ...world, portals };
}

/** The portals for a unit that wants them: of the one list that there is, or of the one that a person has chosen. */
export function bindPortals(
  step: { index: number; unit: Unit },
  from: { world: World; answers: Answers },
): Bound {
  const { unit } = step;
  if (unit.portals === null) return { vars: {}, notes: [] };
  const lists = listsFor(unit, from.world);
  const answer = from.answers.get(`portals:${step.index}`);
  const chosen = answer === allPortals ? lists : lists.filter((list) => keyOf(list) === answer);
  const taken = lists.length === 1 ? lists : chosen;
  if (lists.length === 0) return { problem: noPortals(unit, from.world) };
  if (taken.length === 0)
    return {
      questions: [
        portalsQuestion(
          step,
          lists.map((list) => describe(list, unit)),
          mergedCount(lists),
        ),
      ],
    };
  const merged = merge(taken);
  const portals = merged.slice(0, maxPortals);
  const beyond = merged.length - portals.length;
  const notes = taken.flatMap((list) => list.notes);
  if (beyond > 0)
    notes.unshift(`${beyond} of them are left out: more than ${maxPortals} cannot be passed on`);
  return {
    vars: {
      [unit.portals]: {
        value: withOwnNames(portals),
        source: sourceOf(taken, portals, unit),
        origin: "repository",
      },
    },
    notes: notesOf(notes),
  };
}

/** Lists of the unit's own repository; those of the others when it has none. */
function listsFor(unit: Unit, world: World): PortalList[] {
  const all = [...(world.portals ?? [])].flatMap(([repository, found]) =>
    found.candidates.map((candidate): PortalList => ({ ...candidate, repository })),
  );
  const own = all.filter((list) => list.repository === unit.repository);
  const near = own.length > 0 ? own : all;
  // A role's default of the wanted variable is an example as soon as there is a list of the person's own.
  const real = near.filter((list) => list.name !== unit.portals || !/(^|\/)defaults\//.test(list.path));
  return real.length > 0 ? real : near;
}

const keyOf = (list: PortalList): string => `${list.repository}:${list.id}`;

function describe(list: PortalList, unit: Unit): { value: string; label: string } {
  const names = list.portals.slice(0, 4).map((portal) => portal.name);
  const more = list.portals.length > names.length ? ", …" : "";
  const where = `${placeOf(list, unit)}${list.path}:${list.line}`;
  return {
    value: keyOf(list),
    label: `${list.name} (${where}), ${count(list.portals)}: ${names.join(", ")}${more}`,
  };
}

const placeOf = (list: PortalList, unit: Unit): string =>
  list.repository === unit.repository ? "" : `${list.repository}: `;

const count = (portals: readonly Portal[]): string =>
  `${portals.length} ${portals.length === 1 ? "portal" : "portals"}`;

/** Several lists without duplicates: the first that names an address keeps it. */
function merge(lists: readonly PortalList[]): Portal[] {
  const merged = new Map<string, Portal>();
  for (const portal of lists.flatMap((list) => list.portals)) {
    const key = addressKey(portal.url);
    if (!merged.has(key)) merged.set(key, portal);
  }
  return [...merged.values()];
}

const mergedCount = (lists: readonly PortalList[]): number => merge(lists).length;

/** Two portals of one name could not be told apart where only names are shown. */
function withOwnNames(portals: readonly Portal[]): { name: string; url: string }[] {
  const taken = new Set<string>();
  return portals.map(({ name, url }) => {
    let own = name;
    if (taken.has(own)) own = `${name} (${new URL(url).host})`;
    for (let number = 2; taken.has(own); number += 1) own = `${name} (${number})`;
    taken.add(own);
    return { name: own, url };
  });
}

/** Every value with its file and line: that is what a person checks before approving. */
function sourceOf(lists: readonly PortalList[], portals: readonly Portal[], unit: Unit): string {
  const names = lists.map(
    (list) => `"${list.name}"${list.repository === unit.repository ? "" : ` of ${list.repository}`}`,
  );
  const shown = portals.slice(0, maxShownSources).map((portal) => `${portal.name} ${portal.source}`);
  const more = portals.length > shown.length ? `, and ${portals.length - shown.length} more` : "";
  return `${count(portals)} of ${names.join(" and ")}: ${shown.join(", ")}${more}`;
}

function notesOf(notes: readonly string[]): string[] {
  const shown = notes.slice(0, maxShownNotes).map((note) => `portals: ${note}`);
  const more = notes.length - shown.length;
  return more > 0 ? [...shown, `portals: ${more} more addresses are left out`] : shown;
}

function noPortals(unit: Unit, world: World): { message: string; hint: string } {
  const broken = [...(world.portals ?? [])].flatMap(([, found]) => found.notes);
  const names = world.read.map((each) => each.repository.name).join(", ");
  const found =
    broken.length === 0 ? "" : ` What was found cannot be used: ${broken.slice(0, 3).join("; ")}.`;
  return {
    message: `${unit.name} wants a list of portals, and none was found in ${names}.${found} Looked in: ${portalPlaces}.`,
    hint: "write one into your repository, for example group_vars/all/portals.yml with: portals: [{ name: Wiki, url: https://wiki.example.org }], then ask again",
  };
}
