import type { FileStore } from "./file-store.ts";
import { createDiskStore } from "./file-store.ts";
import { folderOf, resolveInside } from "./paths.ts";
import { findProjects, projectOf } from "./projects.ts";
import { expandPlays, isPlaybookFile } from "./units.ts";

/* Where Ansible looks for things beside a playbook or task file. */
const companions = ["files", "templates", "vars", "group_vars", "host_vars", "library", "module_utils"];

/**
 * What a playbook needs outside its project's folder, as files and folders relative to the root: imported playbooks and task
 * files, roles (whole folders), the folders of `roles_path`, and what stands beside them. `root` is a real path.
 */
export function findOutside(options: { root: string; project: string; playbook: string }): string[] {
  const { root, playbook } = options;
  const folder = options.project === "." ? "" : options.project;
  if (folder === "") return [];
  const store = createDiskStore(root);
  const found = new Set<string>();
  const isOutside = (path: string) => path !== folder && !path.startsWith(`${folder}/`);
  const add = (path: string) => {
    if (isOutside(path)) found.add(path);
  };
  const recording: FileStore = {
    ...store,
    find(path) {
      const file = store.find(path);
      if (file !== undefined) add(path);
      return file;
    },
  };
  const projects = findProjects(store, [folder]);
  const project = projects.get(folder) ?? projectOf(projects, playbook);
  for (const path of project.rolesPaths.filter((each) => store.hasFolder(each))) add(path);
  const file = recording.find(playbook);
  if (isPlaybookFile(file)) {
    const { expander } = expandPlays(file, { store: recording, project, report: () => {} });
    for (const role of expander.roles.values()) add(role.folder);
  }
  const reached = Array.from(found);
  for (const path of reached) {
    for (const name of companions) {
      const beside = resolveInside(folderOf(path), name);
      if (beside !== undefined && store.hasFolder(beside)) add(beside);
    }
  }
  /* A path below another one that is taken whole adds nothing. */
  return [...found].filter((path) => ![...found].some((other) => path.startsWith(`${other}/`)));
}
