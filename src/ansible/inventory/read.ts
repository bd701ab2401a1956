import { existsSync } from "node:fs";
import type { CatalogueFinding, Encrypted, Inventory } from "../../contracts/catalogue.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { parseAnsibleYaml } from "../yaml/load.ts";
import { isVaultText } from "../yaml/vaulted.ts";
import type { InventoryFiles } from "./files.ts";
import { createInventoryFiles } from "./files.ts";
import { readIniInventory } from "./ini.ts";
import type { InventoryModel } from "./model.ts";
import { createInventoryModel } from "./model.ts";
import { folderOf, isHelper, isIgnored, varsPaths } from "./names.ts";
import { inventorySource, type ResolvedInventory } from "./resolved.ts";
import { isYamlInventory, pluginOf, readYamlInventory } from "./yaml-inventory.ts";

const maxFiles = 2_000;
const maxDepth = 12;
const maxReasons = 5;
const maxEncrypted = 200;

/** A file that makes an inventory dynamic. */
export interface Program {
  readonly path: string;
  readonly by: "script" | "plug-in";
}

export interface ReadInventory {
  inventory: Inventory;
  findings: CatalogueFinding[];
}

/**
 * Reads a static inventory (INI, YAML, or a folder of them) with its connection variables from group_vars and host_vars.
 * Scripts and plug-in files make it `dynamic`: they are never run here. Vaulted values are not read.
 * @throws ChiffonError `not-found` when there is no such file or folder inside `root`
 */
export async function readInventory(options: {
  /** Absolute path of the repository. */
  root: string;
  /** File or folder, relative to the repository. */
  path: string;
  /** Folder of the project, whose group_vars and host_vars count too. */
  project?: string;
  signal?: AbortSignal;
}): Promise<ReadInventory> {
  options.signal?.throwIfAborted();
  if (!existsSync(options.root)) {
    throw new ChiffonError("not-found", `There is no folder "${options.root}" to read an inventory from.`, {
      hint: "Check the path of the repository.",
    });
  }
  const files = createInventoryFiles(options.root);
  return readInventoryFrom(files, { path: options.path, project: options.project ?? "." });
}

/**
 * What makes an inventory dynamic: its scripts and configurations of plug-ins, and why other files of it cannot be read at all.
 * @throws ChiffonError `not-found`
 */
export function listPrograms(root: string, path: string): { programs: Program[]; unreadable: string[] } {
  const keeps = () => false;
  const { programs, unreadable } = readModel(createInventoryFiles(root), { path, folders: [], keeps });
  return { programs, unreadable };
}

/** The same, from files given by the caller. @throws ChiffonError `not-found` */
export function readInventoryFrom(
  files: InventoryFiles,
  at: { path: string; project: string },
): ReadInventory {
  const { path } = at;
  const { model, findings, reasons, encrypted } = readModel(files, {
    path,
    folders: [at.project],
    keeps: (name) => name.startsWith("ansible_"),
  });
  const hosts = model.hosts().map((name) => model.toHost(name));
  const dynamic = reasons.length > 0;
  const inventory = {
    path,
    hosts,
    groups: model.groups(),
    dynamic,
    ...(dynamic ? { reason: reasons.slice(0, maxReasons).join("; ") } : {}),
    ...(encrypted.size === 0 ? {} : { encrypted: [...encrypted.values()] }),
  };
  return { inventory, findings };
}

/**
 * The plain values that these variables have for the hosts of an inventory, by host and name: from the inventory itself and
 * from group_vars and host_vars beside it and in `folders`, of which later ones win. Nothing is templated; lists, maps and
 * vaulted values are left out.
 * @throws ChiffonError `not-found` when there is no such file or folder inside `root`
 */
export function readHostVariables(options: {
  root: string;
  path: string;
  folders: readonly string[];
  names: ReadonlySet<string>;
  /** What a dynamic inventory said. */
  resolved?: ResolvedInventory | undefined;
}): Map<string, ReadonlyMap<string, string>> {
  const { folders, names } = options;
  const { files, path } = inventorySource(options);
  const { model } = readModel(files, { path, folders, keeps: (name) => names.has(name) });
  return new Map(
    model.hosts().map((host) => {
      const values = [...model.variablesOf(host)].filter(([name]) => names.has(name));
      return [host, new Map(values)] as const;
    }),
  );
}

interface Reading {
  /** Which variables of group_vars and host_vars are kept. */
  keeps: (name: string) => boolean;
  files: InventoryFiles;
  model: InventoryModel;
  findings: CatalogueFinding[];
  /** Why its hosts are not known; empty for a static one. */
  reasons: string[];
  programs: Program[];
  /** Those of the reasons that no program can help with. */
  unreadable: string[];
  encrypted: Map<string, Encrypted>;
  count: number;
}

function readModel(
  files: InventoryFiles,
  at: { path: string; folders: readonly string[]; keeps: Reading["keeps"] },
): Reading {
  const { path, folders, keeps } = at;
  const isFolder = files.isFolder(path);
  if (!isFolder && files.text(path) === undefined) {
    throw new ChiffonError("not-found", `There is no inventory "${path}" inside the repository.`, {
      hint: "Name a file or folder of the repository, relative to its top.",
    });
  }
  const model = createInventoryModel();
  const encrypted = new Map<string, Encrypted>();
  const reading: Reading = {
    keeps,
    files,
    model,
    findings: [],
    reasons: [],
    programs: [],
    unreadable: [],
    encrypted,
    count: 0,
  };
  readSource(reading, { path, depth: 0 });
  model.reconcile();
  const beside = isFolder ? path : folderOf(path);
  for (const folder of new Set([beside, ...folders.map((each) => (each === "." ? "" : each))]))
    readVarsFolders(reading, folder);
  return reading;
}

function readSource(reading: Reading, source: { path: string; depth: number }): void {
  const { files } = reading;
  if (++reading.count > maxFiles || source.depth > maxDepth) return;
  if (!files.isFolder(source.path)) {
    readFile(reading, source.path);
    return;
  }
  for (const name of files.names(source.path)) {
    if (isIgnored(name)) continue;
    readSource(reading, {
      path: source.path === "" ? name : `${source.path}/${name}`,
      depth: source.depth + 1,
    });
  }
}

function readFile(reading: Reading, path: string): void {
  const { files, model } = reading;
  const text = files.text(path);
  const report = (problem: { line: number | null; message: string }) =>
    reading.findings.push({ path, ...problem });
  if (text === undefined) return;
  const why = text === null ? `${path} is a program, or too large` : programOf(path, text);
  if (why !== undefined) {
    reading.reasons.push(why);
    if (path.endsWith(".toml")) reading.unreadable.push(why);
    else reading.programs.push({ path, by: "script" });
  }
  if (text === null || why !== undefined || isHelper(path, text)) return;
  markEncrypted(reading, path);
  if (isVaultText(text)) {
    report({
      line: null,
      message: "The inventory is encrypted with a vault, so its hosts are not known here.",
    });
    reading.reasons.push(`${path} is encrypted with a vault`);
    reading.unreadable.push(`${path} is encrypted with a vault`);
    return;
  }
  if (path.endsWith(".ini")) {
    readIniInventory(text, model, report);
    return;
  }
  const isYaml = /\.(ya?ml|json)$/.test(path);
  const parsed = parseAnsibleYaml(text, { path });
  const document = "documents" in parsed ? parsed.documents[0] : undefined;
  const plugin = pluginOf(document);
  if (plugin !== undefined) {
    reading.reasons.push(`${path} asks the plug-in ${plugin}`);
    reading.programs.push({ path, by: "plug-in" });
  } else if (isYamlInventory(document)) readYamlInventory(document, model, report);
  else if (!isYaml) readIniInventory(text, model, report);
  else if ("problem" in parsed) report(parsed.problem);
  else if (document !== undefined && document !== null) {
    report({ line: null, message: "This is no inventory: groups hold only `hosts`, `vars` and `children`." });
  }
}

function programOf(path: string, text: string): string | undefined {
  if (text.startsWith("#!")) return `${path} is a script`;
  return path.endsWith(".toml") ? `${path} is TOML, which only a plug-in reads` : undefined;
}

function markEncrypted({ files, encrypted }: Reading, path: string, of?: string): void {
  for (const found of files.encrypted(path)) {
    if (encrypted.size >= maxEncrypted) return;
    const place = { ...found, path, ...(of === undefined ? {} : { of }) };
    encrypted.set(`${path}:${found.line}`, place);
  }
}

/* group_vars and host_vars win over what stands in the inventory file itself. */
function readVarsFolders(reading: Reading, folder: string): void {
  const { files, model } = reading;
  const within = (name: string) => (folder === "" ? name : `${folder}/${name}`);
  const each = (kind: string, name: string, set: (variable: string, value: string) => void) => {
    for (const path of varsPaths(files, `${within(kind)}/${name}`)) {
      markEncrypted(reading, path, name);
      for (const [variable, value] of files.variables(path)) {
        if (reading.keeps(variable)) set(variable, value);
      }
    }
  };
  const groupNames = namesWithVars(files, within("group_vars"));
  for (const group of model.groupsByDepth()) {
    if (groupNames.has(group))
      each("group_vars", group, (name, value) => model.setGroupVar(group, name, value));
  }
  const hostNames = namesWithVars(files, within("host_vars"));
  for (const host of model.hosts()) {
    if (hostNames.has(host)) each("host_vars", host, (name, value) => model.setHostVar(host, name, value));
  }
}

function namesWithVars(files: InventoryFiles, folder: string): Set<string> {
  return new Set(files.names(folder).flatMap((name) => [name, name.replace(/\.(ya?ml|json)$/, "")]));
}
