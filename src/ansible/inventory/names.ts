import type { InventoryFiles } from "./files.ts";

/* What Ansible leaves out of an inventory folder. */
const ignoredName =
  /^\.|^(host_vars|group_vars|vars_plugins)$|(\.pyc|\.pyo|\.swp|\.bak|~|\.rpm|\.md|\.txt|\.rst|\.orig|\.ini|\.cfg|\.retry)$/;

export function isIgnored(name: string): boolean {
  return ignoredName.test(name);
}

/** Code that is no program of its own: what one beside it loads. No list of hosts, whatever it would read as. */
export function isHelper(path: string, text: string): boolean {
  return /\.(?:py|sh|rb|pl)$/.test(path) && !text.startsWith("#!");
}

/** Where the variables of one group or host can lie: a file with or without an ending, or the files of a folder. */
export function varsPaths(files: InventoryFiles, path: string): string[] {
  const below = files.isFolder(path)
    ? files
        .names(path)
        .filter((name) => !name.startsWith(".") && !name.endsWith("~"))
        .map((name) => `${path}/${name}`)
    : [path];
  return [...below, `${path}.yml`, `${path}.yaml`, `${path}.json`];
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "" : path.slice(0, slash);
}
