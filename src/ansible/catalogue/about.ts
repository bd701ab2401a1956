import { isTemplated } from "../yaml/values.ts";
import type { FileStore, ReadFile } from "./file-store.ts";
import { readHeader } from "./header.ts";
import type { Role } from "./roles.ts";

/*
 * What files beside a role or a service say about it when no page, meta file or README does: the comment above the tasks, and the
 * labels by which start pages describe a container.
 */

const labels = ["homepage.description", "org.opencontainers.image.description"];
const labelled =
  /(?:homepage|org\.opencontainers\.image)\.description["']?\s{0,20}[:=]\s{0,20}["']?([^\r\n]{1,400})/;
const maxDescription = 400;
/* What ansible-galaxy writes into a new role. */
const skeleton = /^(tasks|defaults|handlers|vars) file for\b/i;
const composeNames = ["docker-compose", "compose"].flatMap((name) =>
  ["yml", "yaml", "yml.j2"].map((ending) => `${name}.${ending}`),
);

/** The description in the labels of a Compose file or of a container's task; null when it holds none, or only a template. */
export function readLabel(text: string): string | null {
  if (!labels.some((label) => text.includes(label))) return null;
  const value =
    labelled
      .exec(text)?.[1]
      ?.replace(/["'].*$|\s+#.*$/, "")
      .trim() ?? "";
  return value === "" || isTemplated(value) ? null : value;
}

/** What a file of tasks says about itself at its top or by labels; null when nothing. */
export function aboutTasks(text: string): string | null {
  // Only a file that begins with a comment has one above its first task.
  const header = /^\s*(#|---)/.test(text) ? readHeader(text) : undefined;
  const comment = header?.comment ?? null;
  const said = header?.description ?? (comment !== null && skeleton.test(comment) ? null : comment);
  return (said ?? readLabel(text))?.slice(0, maxDescription) ?? null;
}

/** What the tasks and Compose files of a role say. */
export function aboutRole(store: FileStore, role: Role): string | undefined {
  const tasks = `${role.folder}/tasks`;
  const own = store.namesIn(tasks).toSorted((a, b) => Number(isMain(b)) - Number(isMain(a)));
  const compose = ["templates", "files"]
    .map((name) => `${role.folder}/${name}`)
    .filter((folder) => store.hasFolder(folder))
    .flatMap((folder) => composeNames.map((name) => `${folder}/${name}`));
  for (const path of [...own.map((name) => `${tasks}/${name}`), ...compose]) {
    const about = aboutFile(store.find(path));
    if (about !== undefined) return about;
  }
  return undefined;
}

const isMain = (name: string): boolean => /^main\.ya?ml$/.test(name);

/** What is known of one file without reading it again. */
export function aboutFile(file: ReadFile | undefined): string | undefined {
  if (file === undefined) return undefined;
  const { facts, text } = file;
  if (text !== null) return readLabel(text) ?? undefined;
  return facts.kind === "tasks" || facts.kind === "other" ? (facts.about ?? undefined) : undefined;
}
