import { field, isMapping, scalarText } from "../yaml/values.ts";
import type { RequirementFacts } from "./facts.ts";

const maxEntries = 1_000;
const maxText = 300;
const fileName = /(^|\/)(?:[\w.]+[-_])?requirements\.ya?ml$/;
/* `tasks/requirements.yml` is a task file. */
const otherUse = /(^|\/)(tasks|handlers|vars|defaults|templates|files)\//;
const keys = new Set("src name role version scm source type path signatures include".split(" "));

type LineOf = (value: unknown) => number | undefined;

/** What a galaxy requirements file names, in the old form (a list) or the new one; undefined for any other file. */
export function readRequirements(
  document: unknown,
  source: { path: string; lineOf: LineOf },
): RequirementFacts[] | undefined {
  if (!fileName.test(source.path) || otherUse.test(source.path)) return undefined;
  if (Array.isArray(document)) return document.every(isEntry) ? listOf("role", document, source) : undefined;
  if (!isMapping(document)) return undefined;
  const roles = field(document, "roles");
  const collections = field(document, "collections");
  if (!Array.isArray(roles) && !Array.isArray(collections)) return undefined;
  return [...listOf("role", roles, source), ...listOf("collection", collections, source)];
}

function isEntry(item: unknown): boolean {
  return typeof item === "string" || (isMapping(item) && Object.keys(item).every((key) => keys.has(key)));
}

function listOf(
  kind: RequirementFacts["kind"],
  list: unknown,
  { lineOf }: { lineOf: LineOf },
): RequirementFacts[] {
  if (!Array.isArray(list)) return [];
  return list.slice(0, maxEntries).flatMap((item: unknown): RequirementFacts[] => {
    const [src, version, name] = isMapping(item)
      ? ["src", "version", "name"].map((key) => scalarText(field(item, key)))
      : (scalarText(item) ?? "").split(",").map((part) => part.trim());
    const from = isMapping(item) ? (src ?? scalarText(field(item, "source"))) : src;
    const called = name ?? (isMapping(item) ? scalarText(field(item, "role")) : undefined) ?? src ?? "";
    const isPlain = /^[\w-]+(\.[\w-]+)*$/.test(called);
    if (called === "") return [];
    return [
      {
        kind,
        name: short(isPlain ? called : nameOf(called)),
        version: version === undefined || version === "" ? null : short(version),
        source: from === undefined || from === called ? (isPlain ? null : clean(called)) : clean(from),
        line: isMapping(item) ? (lineOf(item) ?? null) : null,
      },
    ];
  });
}

const short = (text: string): string => text.slice(0, maxText);

/* An address may hold a password. */
const clean = (text: string): string => short(text.replace(/\/\/[^/@]*@/, "//"));

/* As ansible-galaxy names what it gets from an address. */
function nameOf(address: string): string {
  const last = address.split(/[/:]/).findLast((part) => part !== "") ?? address;
  return last.replace(/\.(git|tar\.gz|tgz)$/, "");
}
