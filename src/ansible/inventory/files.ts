import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  statSync,
} from "node:fs";
import { join, relative, sep } from "node:path";
import { maxYamlLength, parseAnsibleYaml } from "../yaml/load.ts";
import { findVaulted } from "../yaml/vaulted.ts";
import { isMapping, scalarText } from "../yaml/values.ts";

/** Where an inventory's files come from; paths are relative to the repository, with `/`. Nothing outside it is reached. */
export interface InventoryFiles {
  /** Text of a regular file of at most 1 MiB; null when it is there but cannot be read as text. */
  text(path: string): string | null | undefined;
  isFolder(path: string): boolean;
  /** Names of files and folders in a folder, sorted. */
  names(path: string): string[];
  /** Scalar variables of a YAML file. */
  variables(path: string): ReadonlyMap<string, string>;
  /** Where a file of variables needs a vault password. */
  encrypted(path: string): { name: string | null; line: number | null }[];
}

export function createInventoryFiles(root: string): InventoryFiles {
  const realRoot = realpathSync.native(root);
  const inside = (path: string): string | undefined => {
    try {
      const real = realpathSync.native(join(realRoot, path));
      const from = relative(realRoot, real);
      return from === ".." || from.startsWith(`..${sep}`) ? undefined : real;
    } catch {
      return undefined;
    }
  };
  const text = (path: string): string | null | undefined => {
    const real = inside(path);
    return real === undefined ? undefined : readText(real);
  };
  return {
    text,
    isFolder(path) {
      const real = inside(path);
      return real !== undefined && statSync(real, { throwIfNoEntry: false })?.isDirectory() === true;
    },
    names(path) {
      const real = inside(path);
      try {
        return real === undefined ? [] : readdirSync(real).sort();
      } catch {
        return [];
      }
    },
    variables(path) {
      const found = text(path);
      const parsed = typeof found === "string" ? parseAnsibleYaml(found, { path }) : undefined;
      const document = parsed !== undefined && "documents" in parsed ? parsed.documents[0] : undefined;
      return scalarVariables(isMapping(document) ? Object.entries(document) : []);
    },
    encrypted(path) {
      const found = text(path);
      return typeof found === "string" ? findVaulted(found) : [];
    },
  };
}

export function scalarVariables(entries: Iterable<readonly [string, unknown]>): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of entries) {
    const text = scalarText(value);
    if (text !== undefined) found.set(name, text);
  }
  return found;
}

/* O_NONBLOCK: a pipe put in the place of a file must not hang us. */
function readText(path: string): string | null | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return undefined;
    if (stat.size > maxYamlLength) return null;
    const bytes = readFileSync(descriptor);
    return bytes.includes(0) ? null : bytes.toString("utf8");
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
