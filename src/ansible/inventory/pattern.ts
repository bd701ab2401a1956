import type { Inventory } from "../../contracts/catalogue.ts";
import { isTemplated } from "../yaml/values.ts";
import { createGlob } from "./glob.ts";
import { createLinearRegex } from "./linear-regex.ts";

/** Hosts in the inventory's order (none when nothing matches), or why they cannot be known before the run. */
export type ResolvedHosts = { hosts: string[] } | { unresolved: string };

const implicitLocalhost = new Set(["localhost", "127.0.0.1", "::1"]);
const maxPattern = 4_000;

/**
 * The hosts that Ansible would choose for a `hosts:` pattern or a limit: names, groups, globs, `a:b:&c:!d`, commas, `~regex`,
 * `group[0]`, and the implicit localhost. A templated pattern, a dynamic inventory or `@file` cannot be resolved.
 */
export function resolveHosts(
  inventory: Pick<Inventory, "hosts" | "groups" | "dynamic">,
  pattern: string,
): ResolvedHosts {
  if (isTemplated(pattern))
    return { unresolved: `"${pattern}" is a template: its hosts are known only at run time` };
  if (pattern.length > maxPattern) return { unresolved: "the host pattern is too long to be read" };
  const parts = inOrder(splitPattern(pattern));
  if (parts.some((part) => part.startsWith("@")))
    return { unresolved: `"${pattern}" names a file of hosts, which is not read` };
  if (inventory.dynamic && !parts.every((part) => implicitLocalhost.has(part))) {
    return { unresolved: "the inventory is a script or plug-in, so its hosts are known only at run time" };
  }
  const lookup = createLookup(inventory);
  let found: string[] = [];
  for (const part of parts) {
    const bare = part.replace(/^[!&]/, "");
    const matched = matchOne(lookup, bare);
    if ("unresolved" in matched) return matched;
    const names = new Set(matched.hosts);
    if (part.startsWith("!")) found = found.filter((host) => !names.has(host));
    else if (part.startsWith("&")) found = found.filter((host) => names.has(host));
    else found = [...new Set([...found, ...names])];
  }
  const order = new Map(lookup.all.map((host, index) => [host, index]));
  found.sort((a, b) => (order.get(a) ?? Infinity) - (order.get(b) ?? Infinity) || 0);
  return { hosts: found };
}

/* Brackets hold a range or an IPv6 address, in which a colon separates nothing. */
function splitPattern(pattern: string): string[] {
  if (pattern.includes(","))
    return pattern
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  if (implicitLocalhost.has(pattern)) return [pattern];
  return pattern.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? [];
}

/* Ansible takes unions first, then intersections, then exclusions, however they are written. */
function inOrder(parts: string[]): string[] {
  const intersections = parts.filter((part) => part.startsWith("&"));
  const exclusions = parts.filter((part) => part.startsWith("!"));
  const unions = parts.filter((part) => !part.startsWith("&") && !part.startsWith("!"));
  return [...(unions.length === 0 ? ["all"] : unions), ...intersections, ...exclusions];
}

interface Lookup {
  all: string[];
  hosts: ReadonlySet<string>;
  groups: ReadonlyMap<string, readonly string[]>;
}

function createLookup(inventory: Pick<Inventory, "hosts" | "groups">): Lookup {
  const all = inventory.hosts.map((host) => host.name);
  const groups = new Map(inventory.groups.map((group) => [group.name, group.hosts]));
  if (!groups.has("ungrouped")) groups.set("ungrouped", []);
  return { all, hosts: new Set(all), groups: groups.set("all", all) };
}

function matchOne(lookup: Lookup, written: string): ResolvedHosts {
  if (written === "*" || written === "all") return { hosts: lookup.all };
  if (lookup.hosts.has(written)) return { hosts: [written] };
  const { pattern, subscript } = splitSubscript(written);
  const test = testOf(pattern);
  if (test === undefined) {
    return { unresolved: `"${written}" uses a regular expression that is not evaluated here` };
  }
  const isExact = !pattern.startsWith("~") && !/[*?[.]/.test(pattern);
  const groupNames = isExact ? [pattern] : [...lookup.groups.keys()].filter(test);
  const inGroups = groupNames.map((name) => lookup.groups.get(name)).filter((group) => group !== undefined);
  const found = new Set(inGroups.flat());
  if (inGroups.length === 0 || !isExact) {
    const names = isExact ? [pattern].filter((name) => lookup.hosts.has(name)) : lookup.all.filter(test);
    for (const host of names) found.add(host);
  }
  if (found.size === 0 && implicitLocalhost.has(pattern)) found.add(pattern);
  return { hosts: subscript === undefined ? [...found] : subscript([...found]) };
}

function testOf(pattern: string): ((name: string) => boolean) | undefined {
  return pattern.startsWith("~") ? createLinearRegex(pattern.slice(1)) : createGlob(pattern);
}

/* `web[0]`, `web[-1]`, `web[1:3]` (both ends count) choose by place; `web[ab]` is a glob. */
function splitSubscript(written: string): { pattern: string; subscript?: (hosts: string[]) => string[] } {
  const found = /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/.exec(written);
  if (found === null || written.startsWith("~")) return { pattern: written };
  const [, pattern = written, single, from, to] = found;
  if (single !== undefined) return { pattern, subscript: (hosts) => hosts.slice(Number(single)).slice(0, 1) };
  const end = to === undefined || to === "" ? undefined : Number(to) + 1;
  return { pattern, subscript: (hosts) => hosts.slice(Number(from), end) };
}
