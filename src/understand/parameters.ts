import { hostsOf, isEnvironment, looksLikeHost } from "./hosts.ts";
import type { Known } from "./hosts.ts";
import { findTime } from "./times.ts";
import type { Token } from "./tokens.ts";

/** A prepositional phrase of a wish: "to /srv/x", "with redis". */
export type Modifier = { readonly prep: string; readonly tokens: Token[] };

const versionShape = /^v?\d+(?:\.\d+)*(?:[-._+]?[a-z0-9]+)*$/i;
const namedValues = new Set([
  "domain",
  "hostname",
  "url",
  "user",
  "username",
  "password",
  "email",
  "branch",
  "timezone",
  "database",
  "network",
  "interface",
  "size",
  "memory",
  "cpu",
  "cpus",
  "replicas",
  "path",
  "directory",
  "folder",
  "env",
  "environment",
  "subnet",
]);

/** Puts a `value` token in the place of every `key=value`, port, version, time and `name:tag` of a wish. */
export function extractParameters(tokens: readonly Token[], verb = "other"): Token[] {
  const left: Token[] = [];
  for (let at = 0; at < tokens.length;) {
    const hit = parameterAt(tokens, at, verb);
    if (hit === undefined) {
      const token = tokens[at];
      if (token !== undefined) left.push(token);
      at += 1;
      continue;
    }
    if (hit.dropsPreposition) dropPreposition(left);
    if (hit.keep !== undefined) left.push(hit.keep);
    left.push({ text: "", lower: "", kind: "value", ordered: false, values: hit.params });
    at += hit.used;
  }
  return left;
}

type Hit = { params: Record<string, string>; used: number; keep?: Token; dropsPreposition: boolean };

function dropPreposition(left: Token[]): void {
  while (
    /^(?:on|to|with|at|using|through|the|a|via|under|as|from|its|in|running|listening|of|by|and|,)$/.test(
      left[left.length - 1]?.lower ?? "",
    )
  ) {
    left.pop();
  }
}

function parameterAt(tokens: readonly Token[], at: number, verb: string): Hit | undefined {
  const token = tokens[at];
  if (token === undefined || token.kind === "name" || token.kind === "comma") return undefined;
  const pair = /^(?:--)?([a-z_][\w.-]*)=(.+)$/i.exec(token.text);
  if (pair?.[1] !== undefined && pair[2] !== undefined) {
    return { params: { [safeKey(pair[1])]: pair[2] }, used: 1, dropsPreposition: true };
  }
  const tagged = /^([a-z][\w./-]*):v?(\d[\w.-]*|latest)$/i.exec(token.text);
  if (
    tagged?.[1] !== undefined &&
    tagged[2] !== undefined &&
    !/:\/\//.test(token.text) &&
    !/\.\w+$/.test(tagged[1])
  ) {
    const text = tagged[1];
    return {
      params: { version: tagged[2] },
      used: 1,
      keep: { ...token, text, lower: text.toLowerCase() },
      dropsPreposition: false,
    };
  }
  return portAt(tokens, at) ?? versionAt(tokens, at, verb) ?? timeAt(tokens, at) ?? namedAt(tokens, at);
}

const safeKey = (key: string): string => (key === "__proto__" || key === "not" ? `_${key}` : key);

function portAt(tokens: readonly Token[], at: number): Hit | undefined {
  if (!/^ports?$/.test(tokens[at]?.lower ?? "")) return undefined;
  let next = at + 1;
  while (/^(?:number|to|=|:|is)$/.test(tokens[next]?.lower ?? "")) next += 1;
  const ports: string[] = [];
  for (; next < tokens.length; next += 1) {
    const text = tokens[next]?.text ?? "";
    if (/^\d{1,5}(?:[-/:](?:\d{1,5}|tcp|udp))?(?:\/(?:tcp|udp))?$/.test(text)) ports.push(text);
    else if (ports.length === 0 || !isSeparator(tokens[next]) || !/^\d/.test(tokens[next + 1]?.text ?? ""))
      break;
  }
  if (ports.length === 0) return undefined;
  return { params: { port: ports.join(",") }, used: next - at, dropsPreposition: true };
}

const isSeparator = (token: Token | undefined): boolean => token?.kind === "comma" || token?.lower === "and";

function versionAt(tokens: readonly Token[], at: number, verb: string): Hit | undefined {
  const word = tokens[at]?.lower ?? "";
  const next = tokens[at + 1];
  if (
    /^(?:version|release)$/.test(word) &&
    next !== undefined &&
    (versionShape.test(next.text) || next.lower === "latest")
  ) {
    return { params: { version: next.text.replace(/^v(?=\d)/i, "") }, used: 2, dropsPreposition: true };
  }
  if (/^v\d+(?:\.\d+)*(?:-[\w.]+)?$/.test(word))
    return { params: { version: word.slice(1) }, used: 1, dropsPreposition: true };
  if (
    /^(?:latest|newest|previous|last|current)$/.test(word) &&
    /^(?:version|release|image|tag|state)$/.test(next?.lower ?? "")
  ) {
    return { params: { version: word }, used: 2, dropsPreposition: true };
  }
  if (
    /^(?:latest|newest)$/.test(word) &&
    (tokens[at - 1]?.lower === "to" || (tokens[at - 1]?.lower === "the" && next === undefined))
  ) {
    return { params: { version: word }, used: 1, dropsPreposition: true };
  }
  const previous = tokens[at - 1];
  const follows =
    previous !== undefined &&
    (previous.lower === "to" ||
      (previous.kind !== "comma" &&
        /^[a-z]/i.test(previous.text) &&
        !/^(?:at|on|of|is|than|every|for|by|in|from|and|with|about)$/.test(previous.lower)));
  const dotted = /^\d+(?:\.\d+)+(?:[-+]\w+)*$/.test(word) && !/^(?:\d{1,3}\.){3}\d{1,3}$/.test(word);
  const bare =
    /^\d{1,4}$/.test(word) &&
    (previous?.lower !== "to" || /^(?:update|rollback|deploy)$/.test(verb)) &&
    (next === undefined || next.kind === "comma" || /^(?:on|and|with|for|to|in|at)$/.test(next.lower));
  if (verb === "configure" && previous?.lower === "to") return undefined;
  return follows && (dotted || bare)
    ? { params: { version: word }, used: 1, dropsPreposition: true }
    : undefined;
}

function timeAt(tokens: readonly Token[], at: number): Hit | undefined {
  const found = findTime(tokens, at);
  return found && { params: { time: found.text }, used: found.used, dropsPreposition: false };
}

/** "with domain x", "as user bob": only behind a preposition, so that "add user bob" keeps its object. */
function namedAt(tokens: readonly Token[], at: number): Hit | undefined {
  const key = tokens[at]?.lower ?? "";
  const behind = tokens[at - 1]?.lower === "the" ? tokens[at - 2] : tokens[at - 1];
  if (!namedValues.has(key) || !/^(?:with|as|using|under|and|,|in|on|at)$/.test(behind?.lower ?? ""))
    return undefined;
  let next = at + 1;
  while (/^(?:set|to|is|being|=|named|called|name)$/.test(tokens[next]?.lower ?? "")) next += 1;
  const value = tokens[next];
  const plain =
    value?.kind === "quote" ||
    value?.kind === "name" ||
    (value?.kind === "word" && !/^(?:and|on|of|for|to|in|with|from|then|the)$/.test(value.lower));
  if (value === undefined || !plain) return undefined;
  if (/^(?:and|,|in|on|at)$/.test(behind?.lower ?? "") && !/[.\d/]/.test(value.text)) return undefined;
  return { params: { [key]: value.text }, used: next + 1 - at, dropsPreposition: true };
}

const hostPreps = new Set(["on", "onto", "across"]);

/** Sorts prepositional phrases into hosts and parameters. `verb` decides what "to" and "from" mean. */
export function readModifiers(
  modifiers: readonly Modifier[],
  verb: string,
  known: Known,
): { params: Record<string, string>; hosts: string[] } {
  const params: Record<string, string> = {};
  const hosts: string[] = [];
  for (const { prep, tokens } of modifiers) {
    const text = phraseText(tokens);
    if (text === "") continue;
    if (isHostPhrase(prep, tokens, { verb, known })) hosts.push(...hostsOf(tokens, known));
    else if (/^(?:in|into|under|inside|at|to|from|on)$/.test(prep) && /^(?:\/|~\/|\.\.?\/)/.test(text)) {
      params[prep === "to" || prep === "into" ? "to" : prep === "from" ? "from" : "path"] ??= text;
    } else if (prep === "at" && /^https?:/.test(text)) params["url"] ??= text;
    else params[paramKey(prep)] ??= text;
  }
  return { params, hosts: [...new Set(hosts)] };
}

const paramKey = (prep: string): string =>
  ({ into: "to", onto: "to", using: "with", via: "with", at: "to", inside: "in", on: "on" })[prep] ?? prep;

type HostContext = { verb: string; known: Known };

function isHostPhrase(prep: string, tokens: readonly Token[], { verb, known }: HostContext): boolean {
  const hosts = hostsOf(tokens, known);
  if (hostPreps.has(prep)) return tokens[0]?.text.startsWith("/") !== true;
  if (prep === "everywhere") return true;
  const sure = hosts.length > 0 && hosts.every((host) => host === "all" || looksLikeHost(host, known));
  if (prep === "at" || prep === "in" || prep === "for")
    return sure || (prep === "in" && hosts.some(isEnvironment));
  const words = tokens.map((token) => token.lower).join(" ");
  const place =
    /(?:^| )(?:nas|server|servers|box|host|hosts|machine|machines|node|nodes|cluster|vm|vps|pi|environment)$/.test(
      words,
    );
  if (prep === "to" || prep === "into")
    return (
      /^(?:deploy|update|other|configure)$/.test(verb) &&
      (sure || (verb === "deploy" && place) || (verb === "deploy" && hosts.some(isEnvironment)))
    );
  if (prep === "from")
    return /^(?:remove|stop|backup|status|check)$/.test(verb) && (sure || (verb !== "backup" && place));
  return false;
}

/** The words of a phrase without a leading article. */
export const phraseText = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => (token.kind === "comma" && token.text !== "," ? token.text : token.text))
    .join(" ")
    .replace(/ ,/g, ",")
    .replace(/^(?:the|a|an|my|our|your|its|their)\s+/i, "")
    .replace(/[\s,]+$/, "")
    .replace(/\s+(?:please|pls|thanks|now|too)$/i, "")
    .trim();
