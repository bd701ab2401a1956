import { realpathSync, statSync } from "node:fs";
import type { Catalogue, CatalogueFinding, Inventory, Requirement, Unit } from "../../contracts/catalogue.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { InventoryFiles } from "../inventory/files.ts";
import { createInventoryFiles, scalarVariables } from "../inventory/files.ts";
import { isIgnored } from "../inventory/names.ts";
import { readInventoryFrom } from "../inventory/read.ts";
import { ofVariable } from "./encrypted.ts";
import { createDocs } from "./docs.ts";
import { createBreather } from "./breather.ts";
import type { Breather } from "./breather.ts";
import type { FileMemory, FileStore } from "./file-store.ts";
import { createFileStore } from "./file-store.ts";
import type { FolderMemory } from "./folders.ts";
import { generatedFolder } from "./folders.ts";
import { findProjects, projectOf } from "./projects.ts";
import type { Project } from "./projects.ts";
import { importedPlaybooks, settleNames } from "./same-names.ts";
import { isMinor, isPlaybookFile, makeUnits } from "./units.ts";
import type { Walked } from "./walk.ts";
import { walkRepository } from "./walk.ts";

/** What earlier refreshes learned, so that unchanged files are not read or parsed again. One for all repositories. */
export interface CatalogueCache {
  readonly roots: Map<string, RootMemory>;
}

interface RootMemory {
  readonly root: string;
  folders: FolderMemory;
  files: FileMemory;
  last?: { seen: Seen; asked: string[]; catalogue: Catalogue };
}

export function createCatalogueCache(): CatalogueCache {
  return { roots: new Map() };
}

/** Absolute paths of the folders that the last readings with this cache looked into. */
export function foldersOf(cache: CatalogueCache): string[] {
  return [...cache.roots.values()].flatMap(({ root, folders }) =>
    [...folders.keys()].map((path) => (path === "" ? root : `${root}/${path}`)),
  );
}

/** Whether all that the last readings depend on lies in {@link foldersOf}: nothing behind links or in folders left out. */
export function isSeenByFolders(cache: CatalogueCache): boolean {
  return [...cache.roots.values()].every(
    ({ folders, last }) =>
      last?.asked.length === 0 && folders.values().every(({ listing }) => listing.links.length === 0),
  );
}

const maxFindings = 1_000;

/**
 * Lists what a repository offers, by parsing only: none of its code runs, no file outside `root` is read.
 * `repository` is the name that ids begin with. Unchanged repositories give the same object as before when a cache is given.
 * @throws ChiffonError `not-found` when `root` is no folder; the signal's reason when aborted
 */
export async function readCatalogue(options: {
  repository: string;
  root: string;
  signal?: AbortSignal;
  cache?: CatalogueCache;
}): Promise<Catalogue> {
  const { repository, signal } = options;
  signal?.throwIfAborted();
  const root = realRoot(options.root);
  const breather = createBreather(signal);
  const memory = memoryOf(options.cache ?? createCatalogueCache(), { repository, root });
  const walked = await walkRepository(root, { breather, memory: memory.folders });
  const store = createFileStore({ root, walked, memory: memory.files });
  for (const path of walked.files) {
    store.find(path);
    if (breather.isDue()) await breather.breathe();
  }
  const { last } = memory;
  if (last !== undefined) {
    for (const key of last.asked) store.ask(key);
    if (isEqual(last.seen, seenBy(walked, store))) return last.catalogue;
  }
  const catalogue = await assemble({ repository, root, walked, store, breather });
  forgetMissing(memory.files, walked, store);
  memory.last = { seen: seenBy(walked, store), asked: [...store.extra.keys()], catalogue };
  return catalogue;
}

/** What is remembered of a repository: its files as last parsed, and the catalogue that was made of them. */
export function rememberedOf(
  cache: CatalogueCache,
  place: { repository: string; root: string },
): { files: FileMemory; catalogue: Catalogue | undefined } {
  const { files, last } = memoryOf(cache, place);
  return { files, catalogue: last?.catalogue };
}

function memoryOf(cache: CatalogueCache, of: { repository: string; root: string }): RootMemory {
  const key = `${of.repository}\0${of.root}`;
  let memory = cache.roots.get(key);
  if (memory === undefined) {
    memory = { root: of.root, folders: new Map(), files: new Map() };
    cache.roots.set(key, memory);
  }
  return memory;
}

/* Everything that a catalogue is made of: names, contents and kinds, in the order of the walk. Equal ones mean an equal catalogue. */
type Seen = readonly (string | boolean | readonly string[])[];

function seenBy(walked: Walked, store: FileStore): Seen {
  const seen: (string | boolean | readonly string[])[] = [];
  for (const path of walked.files) {
    const file = store.find(path);
    seen.push(path, file?.sha256 ?? "", file?.executable === true);
  }
  for (const [folder, state] of walked.folders) seen.push(folder, state);
  for (const names of walked.names.values()) seen.push(names);
  for (const [key, value] of store.extra) seen.push(key, value);
  seen.push(JSON.stringify(walked.findings));
  return seen;
}

function isEqual(before: Seen, now: Seen): boolean {
  if (before.length !== now.length) return false;
  return before.every((each, at) => {
    const other = now[at];
    if (each === other || typeof each !== "object" || typeof other !== "object") return each === other;
    return each.length === other.length && each.every((name, place) => name === other[place]);
  });
}

function forgetMissing(files: FileMemory, walked: Walked, store: FileStore): void {
  for (const path of files.keys()) {
    if (!walked.files.has(path) && !store.extra.has(`file:${path}`)) files.delete(path);
  }
}

interface Assembly {
  repository: string;
  root: string;
  walked: Walked;
  store: FileStore;
  breather: Breather;
}

async function assemble(assembly: Assembly): Promise<Catalogue> {
  const { repository, root, walked, store, breather } = assembly;
  const findings = createFindings(walked.findings);
  const folders = [...walked.folders].filter(([, state]) => state === "walked").map(([folder]) => folder);
  const projects = findProjects(store, folders);
  const docs = createDocs(walked.names, store);
  const units: Unit[] = [];
  for (const path of walked.files) {
    const file = store.find(path);
    // A template need not be YAML; where the playbook that is made of it lies there, that one counts.
    if (isTemplate(path) && (!isPlaybookFile(file) || store.find(madeFrom(path)) !== undefined)) continue;
    if (file?.facts.kind === "broken")
      findings.report({ path, line: file.facts.line, message: file.facts.message });
    if (isPlaybookFile(file)) {
      units.push(
        ...makeUnits(file, {
          repository,
          store,
          docs,
          project: projectOf(projects, path),
          report: findings.report,
        }),
      );
    }
    if (breather.isDue()) await breather.breathe();
  }
  const inventories = readInventories(assembly, { projects, report: findings.report });
  const listed = settleNames(units, importedPlaybooks(walked, store));
  listed.sort((a, b) => (a.id < b.id ? -1 : 1));
  const requirements = requirementsOf(projects);
  const found = requirements.length === 0 ? {} : { requirements };
  return { repository, root, units: listed, inventories, ...found, findings: findings.list() };
}

/* Those of the root stand in every project. */
function requirementsOf(projects: ReadonlyMap<string, Project>): Requirement[] {
  return [...new Set([...projects.values()].flatMap((project) => project.requirements))];
}

function readInventories(
  assembly: Assembly,
  context: { projects: ReadonlyMap<string, Project>; report: (finding: CatalogueFinding) => void },
): Inventory[] {
  const { root, store } = assembly;
  const disk = createInventoryFiles(root);
  const files: InventoryFiles = {
    ...disk,
    /* The catalogue has parsed these already. */
    variables(path) {
      const facts = store.find(path)?.facts;
      if (facts?.kind !== "variables") return disk.variables(path);
      return scalarVariables(facts.variables.map((variable) => [variable.name, variable.default] as const));
    },
    encrypted(path) {
      const facts = store.find(path)?.facts;
      if (facts?.kind !== "variables") return disk.encrypted(path);
      return facts.variables.flatMap(ofVariable);
    },
  };
  const inventories = new Map<string, Inventory>();
  for (const project of context.projects.values()) {
    for (const path of project.inventories) {
      if (inventories.has(path)) continue;
      const read = readInventoryFrom(files, { path, project: project.folder });
      inventories.set(path, read.inventory);
      if (!isMinor(path)) for (const finding of read.findings) context.report(finding);
      // Beside a script or a plug-in there may be files that can be used without it.
      if (!read.inventory.dynamic || !files.isFolder(path)) continue;
      for (const inner of files.names(path).map((name) => `${path}/${name}`)) {
        if (
          inventories.has(inner) ||
          isIgnored(inner.slice(inner.lastIndexOf("/") + 1)) ||
          files.isFolder(inner)
        )
          continue;
        const { inventory } = readInventoryFrom(files, { path: inner, project: project.folder });
        if (!inventory.dynamic && inventory.hosts.length > 0) inventories.set(inner, inventory);
      }
    }
  }
  return [...inventories.values()].sort((a, b) => Number(isMinor(a.path)) - Number(isMinor(b.path)));
}

const isTemplate = (path: string): boolean => path.startsWith(`${generatedFolder}/`);
const madeFrom = (path: string): string => path.slice(generatedFolder.length + 1);

/* The same fault is met by every playbook that reaches it; it is said once. */
function createFindings(first: readonly CatalogueFinding[]) {
  const found = new Map<string, CatalogueFinding>();
  const report = (finding: CatalogueFinding) => {
    const key = `${finding.path}\0${finding.line}\0${finding.message}`;
    if (found.size < maxFindings) found.set(key, finding);
  };
  for (const finding of first) report(finding);
  return { report, list: () => [...found.values()] };
}

function realRoot(root: string): string {
  try {
    const real = realpathSync(root);
    if (statSync(real).isDirectory()) return real;
  } catch {
    // Said below, in the same words as for a file.
  }
  throw new ChiffonError("not-found", `There is no folder "${root}" to read playbooks from.`, {
    hint: "Check the path, and that the user who runs Chiffon may read it.",
  });
}
