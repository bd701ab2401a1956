import { realpathSync } from "node:fs";
import { createBreather } from "../catalogue/breather.ts";
import { folderOf, resolveInside } from "../catalogue/paths.ts";
import { isMinor } from "../catalogue/units.ts";
import { parseAnsibleYaml } from "../yaml/load.ts";
import { field, isMapping, textList } from "../yaml/values.ts";
import { addressKey, quote, readAddress, readName } from "./address.ts";
import { isBrowserExport, isDashboardFile, readBrowserExport } from "./bookmarks.ts";
import type { FoundPortals, LinkGroup, Portal, PortalCandidate, WrittenLink } from "./candidate.ts";
import { isCompose, readCompose } from "./compose.ts";
import { findLinkLists, type ParsedFile } from "./link-lists.ts";
import { createSimpleVariables, type SimpleVariables } from "./simple-variables.ts";
import { listPortalFiles, readPortalFile } from "./walk.ts";

/** More than this in one list is no list of one's own services. */
export const maxPortals = 500;
const maxCandidates = 50;
const maxNotes = 200;
const maxVarsFiles = 1_000;

const variablesPath = /(^|\/)(?:vars|defaults|group_vars|host_vars)(?:\/|\.ya?ml$)/;
const variablesName =
  /(^|\/)[^/]*(?:config|vars|variables|settings|portals?|links|bookmarks|dashboard|monitors)[^/]*\.ya?ml$/i;
const inventoryPath =
  /(^|\/)(?:inventory|inventories)(?:\/|\.ya?ml$)|(^|\/)(?:hosts|production|staging)\.ya?ml$/;
const otherPath = /(^|\/)(?:tasks|handlers|meta)(?:\/|$)/;

/** Where portals are looked for, in words. */
export const portalPlaces =
  "lists with an address (url, href, link, …) in group_vars, host_vars, vars files, role defaults and inventories; labels of Compose files; exported bookmarks; services.yaml and bookmarks.yaml of a dashboard";

/**
 * Finds lists of portals in the data of a repository by parsing only: nothing is run, no link is followed, sizes are capped.
 * Addresses that cannot be opened, and those that only a run could put together, are left out with a note.
 * @throws the signal's reason when aborted
 */
export async function findPortals(options: { root: string; signal?: AbortSignal }): Promise<FoundPortals> {
  const breather = createBreather(options.signal);
  options.signal?.throwIfAborted();
  const root = realpathSync(options.root);
  const groups: LinkGroup[] = [];
  const files: ParsedFile[] = [];
  for (const path of (await listPortalFiles(root, breather)).toSorted()) {
    if (breather.isDue()) await breather.breathe();
    if (isMinor(path)) continue;
    const text = readPortalFile(root, path);
    if (text === undefined) continue;
    if (!/\.html?$/i.test(path)) files.push(...parse(path, text));
    else if (isBrowserExport(text)) {
      const links = readBrowserExport(path, text);
      groups.push({ kind: "bookmarks", name: "exported bookmarks", path, line: 1, links });
    }
  }
  const variables = createSimpleVariables();
  const extra = keepVariables(files, variables);
  const compose: WrittenLink[] = [];
  for (const file of files) {
    if (breather.isDue()) await breather.breathe();
    if (isCompose(file.document)) for (const link of readCompose(file, variables)) compose.push(link);
    else if (isDashboardFile(file.path) && Array.isArray(file.document))
      groups.push(...dashboardOf(file, variables));
    else groups.push(...listsOf(file, { variables, extra }));
  }
  groups.push(...composeGroup(compose));
  return checkGroups(groups);
}

function parse(path: string, text: string): ParsedFile[] {
  if (!mayMatter(path, text)) return [];
  const parsed = parseAnsibleYaml(text, { path });
  // What cannot be parsed is a finding of the catalogue already.
  if ("problem" in parsed) return [];
  return [{ path, text, document: parsed.documents[0], lineOf: parsed.lineOf }];
}

/* Most YAML of a repository is tasks and data of other programs: not even parsed. */
function mayMatter(path: string, text: string): boolean {
  if (isVariablesFile(path) || isDashboardFile(path) || inventoryPath.test(path)) return true;
  if (/^services:/m.test(text)) return true;
  return !otherPath.test(path) && (/\bvars(?:_files)?:/.test(text) || text.includes("://"));
}

const isVariablesFile = (path: string): boolean =>
  !otherPath.test(path) && !path.endsWith(".j2") && (variablesPath.test(path) || variablesName.test(path));

/** Keeps the plain values of all variables, and gives the files that playbooks name in `vars_files`. */
function keepVariables(files: readonly ParsedFile[], variables: SimpleVariables): ReadonlySet<string> {
  const extra = new Set<string>();
  for (const { path, document } of files) {
    if (isVariablesFile(path)) variables.keep(document, isDefaults(path));
    for (const play of Array.isArray(document) ? document.slice(0, 500) : []) {
      if (!isMapping(play)) continue;
      variables.keep(field(play, "vars"), false);
      for (const name of textList(field(play, "vars_files")).slice(0, 100)) {
        const folder = folderOf(path);
        for (const found of [resolveInside(folder, name), resolveInside(folder, `vars/${name}`)])
          if (found !== undefined && extra.size < maxVarsFiles) extra.add(found);
      }
    }
    if (inventoryPath.test(path)) keepInventory(document, variables, 0);
  }
  for (const { path, document } of files) if (extra.has(path)) variables.keep(document, false);
  return extra;
}

const isDefaults = (path: string): boolean => /(^|\/)defaults(?:\/|\.ya?ml$)/.test(path);

function keepInventory(value: unknown, variables: SimpleVariables, depth: number): void {
  if (!isMapping(value) || depth > 12) return;
  for (const [name, part] of Object.entries(value).slice(0, 5_000)) {
    if (name === "vars") variables.keep(part, false);
    else if (name === "hosts" && isMapping(part))
      for (const host of Object.values(part)) variables.keep(host, false);
    else keepInventory(part, variables, depth + 1);
  }
}

function listsOf(
  file: ParsedFile,
  context: { variables: SimpleVariables; extra: ReadonlySet<string> },
): LinkGroup[] {
  const { variables, extra } = context;
  const inInventory = inventoryPath.test(file.path) && !/(^|\/)(?:group_vars|host_vars)\//.test(file.path);
  if (isMapping(file.document)) {
    const wanted = isVariablesFile(file.path) || inInventory || extra.has(file.path);
    return wanted ? findLinkLists(file, { variables, inInventory }) : [];
  }
  const plays: unknown[] = Array.isArray(file.document) ? file.document.slice(0, 500) : [];
  return plays.flatMap((play) => {
    const vars = isMapping(play) && field(play, "hosts") !== undefined ? field(play, "vars") : undefined;
    return isMapping(vars)
      ? findLinkLists({ ...file, document: vars }, { variables, inInventory: false })
      : [];
  });
}

function dashboardOf(file: ParsedFile, variables: SimpleVariables): LinkGroup[] {
  const what = /bookmarks\.ya?ml/i.test(file.path) ? "bookmarks" : "services";
  const document = { [what]: file.document };
  const links = findLinkLists({ ...file, document }, { variables, inInventory: false }).flatMap(
    (group) => group.links,
  );
  const [first] = links;
  return first === undefined
    ? []
    : [{ kind: "dashboard", name: `${what} of the dashboard`, path: file.path, line: first.line, links }];
}

function composeGroup(links: readonly WrittenLink[]): LinkGroup[] {
  const [first] = links;
  return first === undefined
    ? []
    : [{ kind: "compose", name: "labels of Compose files", path: first.path, line: first.line, links }];
}

/** Checks every address; what cannot be used is said. */
function checkGroups(groups: readonly LinkGroup[]): FoundPortals {
  const notes: string[] = [];
  const candidates: PortalCandidate[] = [];
  const set = new Set(groups.filter((group) => !isDefaults(group.path)).map((group) => group.name));
  for (const group of groups) {
    // A default that the repository sets elsewhere is only an example.
    if (group.kind === "list" && isDefaults(group.path) && set.has(group.name)) continue;
    const { portals, notes: left } = checkLinks(group);
    if (portals.length === 0) notes.push(...left.slice(0, maxNotes - notes.length));
    else if (candidates.length < maxCandidates)
      candidates.push({
        id: `${group.path}#${group.name}`,
        kind: group.kind,
        name: group.name,
        path: group.path,
        line: group.line,
        portals,
        notes: left,
      });
  }
  // What the person wrote comes before what a role brought along.
  const own = candidates.toSorted((a, b) => Number(isDefaults(a.path)) - Number(isDefaults(b.path)));
  return { candidates: own, notes };
}

function checkLinks(group: LinkGroup): Pick<PortalCandidate, "portals" | "notes"> {
  const portals = new Map<string, Portal>();
  const notes: string[] = [];
  for (const link of group.links) {
    const source = `${link.path}:${link.line}`;
    const read = readAddress(link.address, link.bare);
    if ("problem" in read) {
      const name = link.name === null ? "an entry" : quote(link.name);
      if (notes.length < maxNotes) notes.push(`${source}: ${name} is left out: ${read.problem}`);
      continue;
    }
    const key = addressKey(read.url);
    if (portals.has(key)) continue;
    if (portals.size >= maxPortals) {
      const what = `more than ${maxPortals} addresses in ${quote(group.name)}`;
      notes.push(`${source}: this and all that follows is left out: ${what}`);
      break;
    }
    portals.set(key, { name: readName(link.name, read.url), url: read.url, source });
  }
  return { portals: [...portals.values()], notes };
}
