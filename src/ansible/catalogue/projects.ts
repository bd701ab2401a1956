import type { Requirement } from "../../contracts/catalogue.ts";
import type { FileStore, ReadFile } from "./file-store.ts";
import { findRequirements } from "./requirements.ts";
import { folderOf, resolveInside } from "./paths.ts";

/** A folder with its own ansible.cfg or inventory, or the root. Paths are relative to the root; "" is the root. */
export interface Project {
  folder: string;
  /** From its ansible.cfg, where they lie inside the repository. */
  rolesPaths: string[];
  /** Inventories that its ansible.cfg names first, then those found by their usual places. */
  inventories: string[];
  /** What its requirements files name, and after that what those of the root do. */
  requirements: Requirement[];
}

const inventoryFile =
  /^(hosts|inventory|production|staging)(\.(ini|ya?ml))?$|^(hosts|(dynamic[-_])?inventory)(\.(py|sh))?$/;
const script = /\.(py|sh)$/;
const inventoryFolders = ["inventory", "inventories"];

/** Finds the projects of a repository; the root is always one. Nearest project of a path: {@link projectOf}. */
export function findProjects(store: FileStore, folders: Iterable<string>): Map<string, Project> {
  const projects = new Map<string, Project>();
  for (const folder of folders) {
    if (isInsideInventory(folder)) continue;
    const config = readConfig(store, folder);
    const found = [...config.inventories, ...usualInventories(store, folder)];
    if (folder === "" || config.exists) found.push(...pluginFiles(store, folder));
    const inventories = [...new Set(found)];
    if (folder === "" || config.exists || inventories.length > 0) {
      const { rolesPaths } = config;
      const requirements = findRequirements(store, { folder, rolesPaths });
      projects.set(folder, { folder, rolesPaths, inventories, requirements });
    }
  }
  const shared = projects.get("")?.requirements ?? [];
  for (const project of projects.values()) if (project.folder !== "") project.requirements.push(...shared);
  return projects;
}

/** The nearest project that holds the path. */
export function projectOf(projects: ReadonlyMap<string, Project>, path: string): Project {
  for (let folder = folderOf(path); ; folder = folderOf(folder)) {
    const found = projects.get(folder);
    if (found !== undefined) return found;
    if (folder === "") return { folder: "", rolesPaths: [], inventories: [], requirements: [] };
  }
}

/* `inventories/prod/hosts` makes no project of `inventories/prod`, nor does anything inside a role. */
function isInsideInventory(folder: string): boolean {
  return /(^|\/)(inventory|inventories|group_vars|host_vars|roles|vars|tasks|defaults|meta|handlers)(\/|$)/.test(
    folder,
  );
}

function usualInventories(store: FileStore, folder: string): string[] {
  const within = (name: string) => (folder === "" ? name : `${folder}/${name}`);
  const files = store
    .namesIn(folder)
    .filter((name) => inventoryFile.test(name))
    .map(within);
  const single = files.filter((path) => isInventoryFile(store, path));
  const folders = inventoryFolders.map(within).filter((path) => store.hasFolder(path));
  return [...single, ...folders.flatMap((path) => inventoriesIn(store, path))];
}

/* `aws_ec2.yml`: a plug-in finds its own configuration by how the name ends, so it has no usual place. */
function pluginFiles(store: FileStore, folder: string): string[] {
  return store
    .namesIn(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => (folder === "" ? name : `${folder}/${name}`))
    .filter((path) => store.find(path)?.facts.kind === "inventory-plugin");
}

function isInventoryFile(store: FileStore, path: string): boolean {
  const file = store.find(path);
  const kind = file?.facts.kind;
  if (script.test(path)) return isScript(file);
  return kind !== undefined && kind !== "playbook" && kind !== "tasks";
}

/* Ansible would run it for its hosts; a helper beside the inventory is no inventory. */
function isScript(file: ReadFile | undefined): boolean {
  return file?.executable === true && file.text?.startsWith("#!") === true;
}

/* A folder with files is one inventory made of all of them; one with folders only (prod, staging) holds one for each. */
function inventoriesIn(store: FileStore, folder: string): string[] {
  const files = store
    .namesIn(folder)
    .filter((name) => !name.startsWith(".") && !/\.(md|txt|cfg|j2)$/.test(name))
    .filter((name) => !script.test(name) || isScript(store.find(`${folder}/${name}`)));
  const below = store.foldersIn(folder).filter((path) => !/\/(group_vars|host_vars|\.[^/]*)$/.test(path));
  if (folder.endsWith("inventories")) {
    const paths = files.map((name) => `${folder}/${name}`).filter((path) => isInventoryFile(store, path));
    return [...paths, ...below.filter((path) => store.namesIn(path).length > 0)];
  }
  return files.length > 0 ? [folder] : below.filter((path) => store.namesIn(path).length > 0);
}

interface Config {
  exists: boolean;
  rolesPaths: string[];
  inventories: string[];
}

/* Only these settings are read; everything else in an ansible.cfg needs the owner's trust. */
function readConfig(store: FileStore, folder: string): Config {
  const text = store.find(folder === "" ? "ansible.cfg" : `${folder}/ansible.cfg`)?.text;
  if (text === undefined || text === null) return { exists: false, rolesPaths: [], inventories: [] };
  const settings = new Map<string, string>();
  let section = "";
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    const header = /^\[([^\]]+)\]/.exec(line);
    const setting = /^([A-Za-z_]\w*)\s*[=:]\s*(.*)$/.exec(line.replace(/\s;.*$/, ""));
    if (header !== null) section = header[1] ?? "";
    else if (setting !== null && section === "defaults")
      settings.set(setting[1] ?? "", (setting[2] ?? "").trim());
  }
  const inside = (paths: string[]) =>
    paths.map((path) => resolveInside(folder, path.trim())).filter((path) => path !== undefined);
  return {
    exists: true,
    rolesPaths: inside((settings.get("roles_path") ?? "").split(":")),
    inventories: inside((settings.get("inventory") ?? "").split(",")).filter(
      (path) => store.find(path) !== undefined || store.hasFolder(path),
    ),
  };
}
