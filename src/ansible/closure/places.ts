import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { folderOf } from "../catalogue/paths.ts";
import { isInside } from "../snapshot/scan.ts";
import { wildcard } from "./mentions.ts";

type Kind = "file" | "folder";

/** Looks paths up inside a repository, links resolved; remembers which folders decided the answers. */
export interface Places {
  kindOf(path: string): Kind | undefined;
  /** What lies at `written`, seen from a folder; expressions stand for any name. */
  match(folder: string, written: string): string[];
  /** Names in a folder, sorted; none when it is no folder. */
  namesIn(folder: string): readonly string[];
  /** Text of a file inside the root that is not too large; undefined otherwise. */
  readText(path: string): string | undefined;
  /** The folders whose names were looked at. */
  asked(): AskedFolder[];
}

/** A folder as it was when its names were looked at. */
export interface AskedFolder {
  readonly path: string;
  readonly seen: string;
}

const maxMatches = 2_000;
const maxTextBytes = 1_048_576;

/** @param root real path of the repository */
export function createPlaces(root: string): Places {
  const folders = new Map<string, { names: Map<string, Kind | "link">; seen: string }>();
  const list = (folder: string): Map<string, Kind | "link"> => {
    const known = folders.get(folder);
    if (known !== undefined) return known.names;
    const names = isPlain(folder) || isInsideByLinks(root, folder) ? readFolder(root, folder) : new Map();
    folders.set(folder, { names, seen: identityOf(root, folder) });
    return names;
  };
  /* Reached through no link: then it lies where it seems to. */
  const isPlain = (folder: string): boolean =>
    folder === "" ||
    (list(folderOf(folder)).get(folder.slice(folder.lastIndexOf("/") + 1)) === "folder" &&
      isPlain(folderOf(folder)));
  const kindOf = (path: string): Kind | undefined => {
    if (path === "") return "folder";
    const kind = list(folderOf(path)).get(path.slice(path.lastIndexOf("/") + 1));
    return kind === "link" ? kindOfLink(root, path) : kind;
  };
  return {
    kindOf,
    namesIn: (folder) => [...list(folder).keys()].toSorted(),
    match(folder, written) {
      let reached = [folder];
      for (const segment of written.split("/")) {
        if (segment === "" || segment === ".") continue;
        reached = reached.flatMap((path) => step(path, segment, list)).slice(0, maxMatches);
        if (reached.length === 0) return [];
      }
      return reached.filter((path) => kindOf(path) !== undefined);
    },
    readText(path) {
      if (kindOf(path) !== "file") return undefined;
      try {
        // A link was followed already, to see that it leads to a file inside.
        const stat = statSync(`${root}/${path}`);
        return stat.isFile() && stat.size <= maxTextBytes
          ? readFileSync(`${root}/${path}`, "utf8")
          : undefined;
      } catch {
        return undefined;
      }
    },
    asked: () => [...folders].map(([path, { seen }]) => ({ path, seen })),
  };
}

/** True while the same names lie in these folders. */
export function areSame(root: string, asked: readonly AskedFolder[]): boolean {
  return asked.every(({ path, seen }) => identityOf(root, path) === seen);
}

/* Adding and removing a name changes a folder's time. */
function identityOf(root: string, folder: string): string {
  const stat: Stats | undefined = statSync(`${root}/${folder}`, { throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.ino}:${stat.ctimeMs}`;
}

function step(path: string, segment: string, list: (folder: string) => Map<string, Kind | "link">): string[] {
  if (segment === "..") return path === "" ? [] : [path.slice(0, Math.max(0, path.lastIndexOf("/")))];
  const under = (name: string): string => (path === "" ? name : `${path}/${name}`);
  if (!segment.includes(wildcard)) return list(path).has(segment) ? [under(segment)] : [];
  const pieces = segment.split(wildcard);
  return [...list(path).keys()].filter((name) => fits(name, pieces)).map(under);
}

/** Whether a name is these pieces in order, with anything between them. */
function fits(name: string, pieces: readonly string[]): boolean {
  const [first = "", ...rest] = pieces;
  const last = rest.pop() ?? "";
  if (name.startsWith(".") && !first.startsWith(".")) return false;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return at <= name.length - last.length;
}

function isInsideByLinks(root: string, folder: string): boolean {
  try {
    return isInside(root, realpathSync.native(`${root}/${folder}`));
  } catch {
    return false;
  }
}

function readFolder(root: string, folder: string): Map<string, Kind | "link"> {
  const names = new Map<string, Kind | "link">();
  try {
    for (const entry of readdirSync(`${root}/${folder}`, { withFileTypes: true })) {
      if (entry.name === ".git") continue;
      if (entry.isSymbolicLink()) names.set(entry.name, "link");
      else if (entry.isDirectory()) names.set(entry.name, "folder");
      else if (entry.isFile()) names.set(entry.name, "file");
    }
  } catch {
    // What cannot be listed has no names; the run will say what is missing.
  }
  return names;
}

function kindOfLink(root: string, path: string): Kind | undefined {
  try {
    const real = realpathSync.native(`${root}/${path}`);
    if (!isInside(root, real)) return undefined;
    const stat = lstatSync(real);
    return stat.isDirectory() ? "folder" : stat.isFile() ? "file" : undefined;
  } catch {
    return undefined;
  }
}
