import { hash } from "node:crypto";
import { posix } from "node:path";
import type { ExecutableFile, ExecutableKind } from "../../contracts/trust.ts";
import { canonicalJson } from "../../domain/canonical-json.ts";
import type { Breather } from "../catalogue/breather.ts";
import { findRunningTexts } from "./texts.ts";

/** A file of a repository or of a snapshot, as it lies there. */
export interface LyingFile {
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
}

/** How files are looked into. */
export interface Reading {
  /** The text of a file; undefined when it is none. */
  readonly text: (path: string) => string | undefined;
  readonly sha256: (path: string) => string;
  readonly breather: Breather;
}

interface Found {
  readonly kind: ExecutableKind;
  readonly reason: string;
}

const pluginFolder = /^(?:([a-z_]+)_plugins|plugins)$/;
const codeFolders: Readonly<Record<string, { kind: ExecutableKind; reason: string }>> = {
  library: { kind: "module", reason: "a module: it runs on hosts, and its code is loaded here" },
  module_utils: { kind: "module", reason: "code of modules" },
  doc_fragments: { kind: "plug-in", reason: "a plug-in (doc fragments): Ansible loads it as code" },
  ansible_collections: { kind: "collection", reason: "part of a collection: modules and plug-ins" },
};
/** What is never loaded as code, wherever it lies. */
const harmless =
  /\.(?:md|txt|rst|png|jpe?g|svg|gif|license)$|(?:^|\/)(?:LICENSE|README|\.gitkeep|\.gitignore|\.keep)$/i;
/** No template, whatever it is used for. */
const noText =
  /\.(?:png|jpe?g|gif|ico|webp|woff2?|ttf|zip|gz|xz|bz2|zst|tar|tgz|deb|rpm|pdf|db|sqlite3?|pyc|so|jar|iso|img|mp[34])$/i;

/** Largest text that is searched for what runs something; a larger one counts as if it did. */
export const largestText = 1_048_576;

/**
 * The files that can run something without being a task of a plan: code that Ansible loads, scripts, and texts with settings or
 * lookups that start programs. Reads texts, runs nothing.
 */
export async function findExecutables(
  files: readonly LyingFile[],
  reading: Reading,
): Promise<ExecutableFile[]> {
  const scripts = new Set<string>();
  const inventories = new Set<string>();
  const found: ExecutableFile[] = [];
  const describe = ({ path, size }: LyingFile, reasons: readonly Found[]): ExecutableFile => ({
    path,
    sha256: reading.sha256(path),
    size,
    kinds: [...new Set(reasons.map((each) => each.kind))],
    reasons: [...new Set(reasons.map((each) => each.reason))].slice(0, 50),
  });
  for (const file of files) {
    const reasons = reasonsOf(file, { read: reading.text, scripts, inventories });
    if (reasons.length > 0) found.push(describe(file, reasons));
    if (reading.breather.isDue()) await reading.breather.breathe();
  }
  const known = new Set(found.map((each) => each.path));
  for (const file of files) {
    if (known.has(file.path)) continue;
    if (isListed(file.path, inventories) && isProgram(file, reading.text))
      found.push(describe(file, [{ kind: "inventory", reason: inventoryProgram }]));
    else if (isNamed(file.path, scripts))
      found.push(describe(file, [{ kind: "script", reason: "a task of the kind script runs it on hosts" }]));
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Those that would run when Ansible is started in check mode; scripts and a configuration that is not used would not. */
export function runningInPreview(files: readonly ExecutableFile[]): ExecutableFile[] {
  return files.filter((file) => file.kinds.some((kind) => kind !== "script" && kind !== "configuration"));
}

/** What a trust is bound to: names and content of the executable part. */
export function hashExecutables(files: readonly Pick<ExecutableFile, "path" | "sha256">[]): string {
  const list = files
    .map(({ path, sha256 }) => [path, sha256])
    .toSorted(([a = ""], [b = ""]) => (a < b ? -1 : a > b ? 1 : 0));
  return hash("sha256", canonicalJson({ format: "chiffon-trust-1", files: list }));
}

function reasonsOf(
  file: LyingFile,
  around: {
    read: (path: string) => string | undefined;
    scripts: Set<string>;
    inventories: Set<string>;
  },
): Found[] {
  const code = codeOf(file.path);
  if (code !== undefined) return [code];
  const inInventory = inventoryOf(file);
  if (noText.test(file.path) && inInventory === undefined) return [];
  const text = file.size > largestText ? undefined : around.read(file.path);
  if (text === undefined) return inInventory === undefined ? [] : [inInventory];
  const running = findRunningTexts(file.path, text);
  for (const script of running.scripts) around.scripts.add(script);
  for (const inventory of running.inventories)
    around.inventories.add(posix.join(posix.dirname(file.path), inventory).replace(/\/$/, ""));
  const isScript = inventoryPlace.test(file.path) && text.startsWith("#!");
  return [
    ...(inInventory === undefined ? [] : [inInventory]),
    ...(isScript && inInventory?.kind !== "inventory"
      ? [{ kind: "inventory" as const, reason: inventoryProgram }]
      : []),
    ...running.found,
  ];
}

/** Code by the folder that it lies in: where Ansible looks for it, and where an ansible.cfg would usually send it. */
function codeOf(path: string): Found | undefined {
  if (harmless.test(path)) return undefined;
  const folders = path.split("/").slice(0, -1);
  for (const [index, folder] of folders.entries()) {
    const known = codeFolders[folder];
    if (known !== undefined) return known;
    const plugin = pluginFolder.exec(folder);
    if (plugin === null) continue;
    const type = plugin[1] ?? folders[index + 1];
    if (plugin[1] === undefined && !/\.py$|^[a-z_]+$/.test(type ?? "")) continue;
    return {
      kind: "plug-in",
      reason: `a plug-in${type === undefined ? "" : ` (${type.replaceAll("_", " ")})`}: Ansible loads it as code`,
    };
  }
  return undefined;
}

const inventoryProgram = "an inventory that is a program";
const inventoryPlace =
  /(?:^|\/)(?:(?:(?:dynamic[-_])?inventory|inventories|hosts)(?:\/|[^/]*$)|(?:production|staging)$)/;

/** Ansible runs an executable inventory, whatever its name; and such a program loads the code that lies beside it. */
function inventoryOf(file: LyingFile): Found | undefined {
  if (!inventoryPlace.test(file.path)) return undefined;
  if (/(^|\/)(?:group_vars|host_vars|files|templates)\//.test(file.path) || /\.ya?ml$/.test(file.path))
    return undefined;
  if (file.executable) return { kind: "inventory", reason: inventoryProgram };
  return /\.(?:py|sh|rb|pl)$/.test(file.path)
    ? { kind: "script", reason: "code beside an inventory: a program there may load it" }
    : undefined;
}

function isProgram(file: LyingFile, read: (path: string) => string | undefined): boolean {
  return file.executable || read(file.path)?.startsWith("#!") === true;
}

function isListed(path: string, inventories: ReadonlySet<string>): boolean {
  for (const each of inventories) if (path === each || path.startsWith(`${each}/`)) return true;
  return false;
}

function isNamed(path: string, scripts: ReadonlySet<string>): boolean {
  for (const script of scripts) if (path === script || path.endsWith(`/${script}`)) return true;
  return false;
}
