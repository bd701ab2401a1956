import { hash } from "node:crypto";
import type { FileStore } from "./file-store.ts";
import type { Role } from "./roles.ts";

/* What a role does by itself; templates and files are not read for a catalogue. */
const roleFolders = ["tasks", "handlers", "defaults", "vars", "meta"];
const maxDepth = 6;

/** SHA-256 of a unit's content: of one file as it is, of several over their digests with what tells the unit apart. */
export function contentDigest(own: string, parts: readonly string[]): string {
  return parts.length === 0 ? own : hash("sha256", [own, ...parts].join("\n"));
}

const known = new WeakMap<FileStore, Map<string, string>>();

/** Digest of what a role's YAML files say. Each role is read once for all the playbooks that use it. */
export function roleDigest(store: FileStore, role: Role): string {
  const digests = known.get(store) ?? new Map<string, string>();
  known.set(store, digests);
  let digest = digests.get(role.folder);
  if (digest === undefined) {
    const lines = roleFolders.flatMap((name) => linesOf(store, `${role.folder}/${name}`, 0));
    digest = hash("sha256", [role.folder, ...lines].join("\n"));
    digests.set(role.folder, digest);
  }
  return digest;
}

function linesOf(store: FileStore, folder: string, depth: number): string[] {
  const files = store
    .namesIn(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .toSorted()
    .map((name) => `${folder}/${name}\0${store.find(`${folder}/${name}`)?.sha256 ?? "absent"}`);
  const below = depth < maxDepth ? store.foldersIn(folder) : [];
  return [...files, ...below.flatMap((path) => linesOf(store, path, depth + 1))];
}
