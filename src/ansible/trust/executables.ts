import { hash } from "node:crypto";
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
  const found: ExecutableFile[] = [];
  const describe = ({ path, size }: LyingFile, reasons: readonly Found[]): ExecutableFile => ({
    path,
    sha256: reading.sha256(path),
    size,
    kinds: [...new Set(reasons.map((each) => each.kind))],
    reasons: [...new Set(reasons.map((each) => each.reason))].slice(0, 50),
  });
  for (const file of files) {
    const reasons = reasonsOf(file, { read: reading.text, scripts });
    if (reasons.length > 0) found.push(describe(file, reasons));
    if (reading.breather.isDue()) await reading.breather.breathe();
  }
  const known = new Set(found.map((each) => each.path));
  for (const file of files) {
    if (known.has(file.path) || !isNamed(file.path, scripts)) continue;
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
  around: { read: (path: string) => string | undefined; scripts: Set<string> },
): Found[] {
  const code = codeOf(file.path);
  if (code !== undefined) return [code];
  const inInventory = inventoryOf(file);
  if (noText.test(file.path) && inInventory === undefined) return [];
  const text = file.size > largestText ? undefined : around.read(file.path);
  if (text === undefined) return inInventory === undefined ? [] : [inInventory];
  const running = findRunningTexts(file.path, text);
  for (const script of running.scripts) around.scripts.add(script);
  const isScript =
    /(^|\/)(?:inventory|inventories|hosts)(\/|[^/]*$)/.test(file.path) && text.startsWith("#!");
  return [
    ...(inInventory === undefined ? [] : [inInventory]),
    ...(isScript && inInventory === undefined
      ? [{ kind: "inventory" as const, reason: "an inventory that is a program" }]
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

/** Ansible runs an executable inventory, whatever its name. */
function inventoryOf(file: LyingFile): Found | undefined {
  if (!file.executable) return undefined;
  const isPlace = /(^|\/)(?:inventory|inventories|hosts)(\/|[^/]*$)/.test(file.path);
  const isData =
    /(^|\/)(?:group_vars|host_vars|files|templates)\//.test(file.path) || /\.ya?ml$/.test(file.path);
  return isPlace && !isData ? { kind: "inventory", reason: "an inventory that is a program" } : undefined;
}

function isNamed(path: string, scripts: ReadonlySet<string>): boolean {
  for (const script of scripts) if (path === script || path.endsWith(`/${script}`)) return true;
  return false;
}
