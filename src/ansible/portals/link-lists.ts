import type { YamlMapping } from "../yaml/values.ts";
import { isMapping, scalarText } from "../yaml/values.ts";
import type { LinkGroup, WrittenLink } from "./candidate.ts";
import type { SimpleVariables } from "./simple-variables.ts";

/** A parsed file. */
export interface ParsedFile {
  readonly path: string;
  readonly text: string;
  readonly document: unknown;
  lineOf(value: unknown): number | undefined;
}

const maxDepth = 12;
/* An address by name of the field, the most telling first. */
const addressFields = ["url", "href", "link", "uri", "website", "web_url", "external_url", "internal_url"];
const endsLikeAddress = /_(?:url|href|link|uri)$/;
/* Addresses of something that belongs to a thing, not of the thing. */
const otherAddress =
  /(?:icon|image|img|logo|picture|avatar|repo|repository|git|source|src|download|doc|docs|api|key|webhook|base)_/;
const hostFields = ["domain", "fqdn", "domain_name"];
const nameFields = ["name", "title", "label", "display_name", "service", "text", "alias", "id"];
/** Lists by these names hold what is downloaded or spoken to, not what a person opens. */
const otherLists =
  /repo|mirror|download|package|registr|plugin|feed|source|(?:^|_)keys?$|(?:^|_)(?:apt|yum|dnf)|image|release|artifact|webhook|upstream|exporter|scrape/i;
const fileAddress =
  /\.(?:deb|rpm|tar|tgz|gz|bz2|xz|zst|zip|iso|img|qcow2|git|gpg|asc|key|pub|pem|sh|jar|whl|list|repo|txt|json|ya?ml)(?:[?#]|$)/i;

interface Group {
  readonly trail: readonly string[];
  readonly links: WrittenLink[];
}

/**
 * Lists of mappings with an address, wherever they stand in a document. Lists inside a list (groups of a dashboard) belong to
 * the outer one. The parser has refused what contains itself or stands for too much. `inInventory`: names begin below `vars` and host names.
 */
export function findLinkLists(
  file: ParsedFile,
  context: { variables: SimpleVariables; inInventory: boolean },
): LinkGroup[] {
  const groups: Group[] = [];
  const collect = (value: unknown, at: { name: string | null; depth: number; into: Group }): void => {
    if (typeof value !== "object" || value === null || at.depth > maxDepth) return;
    const inner = { ...at, depth: at.depth + 1 };
    if (Array.isArray(value)) for (const item of value) collect(item, inner);
    else if (isMapping(value)) {
      const link = readItem(value, { file, variables: context.variables, name: at.name });
      if (link === undefined)
        for (const [name, part] of Object.entries(value)) collect(part, { ...inner, name });
      else at.into.links.push(...link);
    }
  };
  const visit = (value: unknown, trail: readonly string[]): void => {
    if (typeof value !== "object" || value === null || trail.length > maxDepth) return;
    if (Array.isArray(value)) {
      const into: Group = { trail, links: [] };
      collect(value, { name: null, depth: 0, into });
      groups.push(into);
    } else if (isMapping(value)) {
      for (const [name, part] of Object.entries(value)) visit(part, [...trail, name]);
    }
  };
  visit(file.document, []);
  return groups.flatMap(({ trail, links }) => {
    const [first] = links;
    const key = trail.at(-1);
    if (first === undefined || key === undefined || !arePortals(trail, links)) return [];
    const name = context.inInventory ? key : trail.join(".");
    return [
      { kind: "list" as const, name, path: file.path, line: lineOfKey(file.text, key, first.line), links },
    ];
  });
}

/** The link that a mapping is (none when it is switched off); undefined when it has no address, and so may hold others. */
function readItem(
  item: YamlMapping,
  context: { file: ParsedFile; variables: SimpleVariables; name: string | null },
): WrittenLink[] | undefined {
  const { file, variables } = context;
  const found = addressOf(item, variables);
  if (found === undefined) return undefined;
  if (fieldOf(item, ["enabled"]) === false || fieldOf(item, ["state"]) === "absent") return [];
  const name = scalarText(fieldOf(item, nameFields)) ?? context.name;
  return [
    {
      ...found,
      name: name === null ? null : variables.fill(name),
      path: file.path,
      line: file.lineOf(item) ?? 1,
    },
  ];
}

function addressOf(
  item: YamlMapping,
  variables: SimpleVariables,
): { address: string; bare: boolean } | undefined {
  const written = fieldOf(item, addressFields) ?? otherAddressField(item);
  if (typeof written === "string") return { address: variables.fill(written), bare: false };
  const address = fieldOf(item, ["address"]);
  if (typeof address === "string" && address.includes("://"))
    return { address: variables.fill(address), bare: false };
  const host = fieldOf(item, hostFields);
  if (typeof host !== "string") return undefined;
  const filled = variables.fill(host);
  return /^[\w-]+(?:\.[\w-]+)+(?::\d{1,5})?$/.test(filled) || filled.includes("{{")
    ? { address: filled, bare: true }
    : undefined;
}

function otherAddressField(item: YamlMapping): unknown {
  const name = Object.keys(item).find((key) => {
    const lower = key.toLowerCase();
    return endsLikeAddress.test(lower) && !otherAddress.test(lower);
  });
  return name === undefined ? undefined : item[name];
}

function fieldOf(item: YamlMapping, names: readonly string[]): unknown {
  const keys = Object.keys(item).slice(0, 200);
  for (const name of names) {
    const key = keys.find((each) => each.toLowerCase() === name);
    if (key !== undefined && item[key] !== null && item[key] !== "") return item[key];
  }
  return undefined;
}

/** Whether a person would call these portals: addresses to open, not files to fetch. */
function arePortals(trail: readonly string[], links: readonly WrittenLink[]): boolean {
  const telling = /portal|bookmark|link|dashboard|site|service|monitor/i.test(trail.join("."));
  if (!telling && trail.some((name) => otherLists.test(name))) return false;
  const files = links.filter((link) => fileAddress.test(link.address)).length;
  if (files * 2 > links.length) return false;
  const isPlain = (link: WrittenLink): boolean => link.bare && !link.address.includes("{{");
  return links.some((link) => isPlain(link) || /^https?:\/\//i.test(link.address)) || telling;
}

/** The line on which a key stands, at or above the first of its items. */
function lineOfKey(text: string, key: string, from: number): number {
  const lines = text.split("\n", from);
  for (let at = lines.length; at > Math.max(0, lines.length - 500); at -= 1) {
    const bare = (lines[at - 1] ?? "").trimStart().replace(/^(?:- +)+/, "");
    const unquoted = bare.replace(/^["']/, "");
    if (unquoted.startsWith(key) && /^["']?\s*:/.test(unquoted.slice(key.length, key.length + 20))) return at;
  }
  return from;
}
