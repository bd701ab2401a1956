import { createBreather } from "../catalogue/breather.ts";
import { findPluginNames, type PluginNames, type TextKind } from "./plugin-names.ts";

/** A file of a snapshot. */
interface FrozenFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

export interface PluginsOfFiles {
  readonly texts: readonly PluginNames[];
  /** Where only the run knows which plug-in is meant, for people. */
  readonly open: readonly string[];
}

/** Longer texts are not searched. */
const maxBytes = 1_048_576;
const noText =
  /\.(?:png|jpe?g|gif|ico|webp|woff2?|ttf|zip|gz|xz|bz2|zst|tar|tgz|deb|rpm|pdf|db|sqlite3?|pyc|so|jar|iso|img|mp[34])$/i;
/* What a collection of the repository has for people and for its own tests. */
const unused = /(?:^|\/)ansible_collections\/[^/]+\/[^/]+\/(?:docs|tests|changelogs)\//;
const code = /\.(?:py|ps1|psm1)$|(?:^|\/)ansible_collections\/[^/]+\/[^/]+\/plugins\//;

/* By content: most files of a plan are those of the plan before. */
const known = new Map<string, PluginNames>();
const maxKnown = 500_000;
let weight = 0;

/**
 * Finds the plug-ins that the files of a snapshot name. What was read once is kept by its digest, so a file that many plans share is
 * read for the first of them.
 * @param read gives the text with a digest; undefined when it is none, or gone
 */
export async function readPluginNames(
  files: readonly FrozenFile[],
  read: (sha256: string) => string | undefined,
): Promise<PluginsOfFiles> {
  const breather = createBreather();
  const texts = new Set<PluginNames>();
  const open: string[] = [];
  for (const { path, sha256, size } of files) {
    if (size > maxBytes || noText.test(path) || unused.test(path)) continue;
    const names = namesOf({ kind: kindOf(path), sha256 }, read);
    if (names === undefined) continue;
    texts.add(names);
    if (!/\.(?:md|rst)$/i.test(path))
      for (const { what, line } of names.open) open.push(sayOpen(what, `${path}:${line}`));
    if (breather.isDue()) await breather.breathe();
  }
  return { texts: [...texts], open };
}

const sayOpen = (what: string, source: string): string =>
  `${what} at ${source} is chosen by an expression: which collection brings it is decided at run time`;

function kindOf(path: string): TextKind {
  if (code.test(path)) return "code";
  return /\.ya?ml$/.test(path) && !/(?:^|\/)(?:files|templates)\//.test(path) ? "tasks" : "text";
}

function namesOf(
  { kind, sha256 }: { kind: TextKind; sha256: string },
  read: (sha256: string) => string | undefined,
): PluginNames | undefined {
  const key = `${kind} ${sha256}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const text = read(sha256);
  if (text === undefined) return undefined;
  const names = findPluginNames(text, kind);
  weight += 1 + names.plugins.length + names.collections.length;
  if (weight > maxKnown) {
    known.clear();
    weight = 0;
  }
  known.set(key, names);
  return names;
}
