import { everything } from "./lexicon.ts";
import type { Token } from "./tokens.ts";

/** Names that a caller knows: units' names (lower case, spoken) and hosts or groups of the inventory (lower case). */
export type Known = { readonly names: ReadonlySet<string>; readonly hosts: ReadonlySet<string> };

const genericPlaces = new Set([
  "server",
  "box",
  "machine",
  "host",
  "system",
  "computer",
  "node",
  "vm",
  "fly",
  "side",
  "network",
  "cluster",
  "lan",
]);
const environments = new Set([
  "production",
  "staging",
  "prod",
  "dev",
  "development",
  "lab",
  "homelab",
  "test",
]);
const notHosts =
  /^(?:v?\d+(?:\.\d+)*|https?:.*|\d{1,2}(?::\d\d)?(?:am|pm)|s3|k8s|n8n|k3s|h2|mp3|ipv[46]|http2|tls1.*|sha\d+|md5|php\d*|python\d*|bind9|java\d*|log4j\d?|x86|mp4|base64|raid\d+|wave\d*|oauth2)$/i;

/** Whether a word has the shape of a machine's name: letters with a number, an address, a full domain name. */
export function looksLikeHost(text: string, known: Known): boolean {
  const lower = text.toLowerCase();
  if (known.hosts.has(lower)) return true;
  if (known.names.has(lower.replace(/[-_./\s]+/g, " "))) return false;
  if (lower === "localhost" || /^(?:\d{1,3}\.){3}\d{1,3}$/.test(lower)) return true;
  if (notHosts.test(lower)) return false;
  if (/^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*[-_]?\d{1,3}$/.test(lower) || /^[a-z]+-?\[\d+:\d+\]$/.test(lower))
    return true;
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)+\.?(?:local|lan|home|internal|test|net|com|org|de|eu|dev|example|corp|intra)$/.test(
    lower,
  );
}

/** Whether the words name an environment such as `production`. */
export const isEnvironment = (words: string): boolean => environments.has(words.toLowerCase());

/**
 * Hosts as written in a list after "on": articles and fillers off, "all hosts" as `all`. A host of the inventory keeps its name
 * whatever that means otherwise ("box", "here"): left out, the change would go to more hosts than were named.
 */
export function hostsOf(tokens: readonly Token[], known: Known): string[] {
  const hosts: string[] = [];
  let current: Token[] = [];
  const flush = (): void => {
    const name = hostName(current, known);
    if (name !== undefined && !hosts.includes(name)) hosts.push(name);
    current = [];
  };
  for (const token of tokens) {
    if (token.kind === "comma" || /^(?:and|&|or|plus|as|well)$/.test(token.lower)) flush();
    else current.push(token);
  }
  flush();
  return hosts;
}

const leading =
  /^(?:the|a|an|my|our|your|both|all|every|each|of|host|hosts|server|servers|machine|machines|node|group|also)$/;
const trailing =
  /^(?:please|pls|too|only|now|instead|as|well|again|respectively|first|afterwards|host|hosts|machine|box)$/;

function hostName(tokens: readonly Token[], known: Known): string | undefined {
  const words = [...tokens];
  const whole = words.map((token) => token.lower).join(" ");
  if (whole === "") return undefined;
  if (everything.has(whole) || everything.has(whole.replace(/^(?:the|of the) /, ""))) return "all";
  if (known.hosts.has(whole)) return words.map((token) => token.text).join(" ");
  if (/^(?:this|that|the same) (?:machine|host|server|box|computer)$|^here$/.test(whole)) {
    return whole.startsWith("this") || whole === "here" ? "localhost" : undefined;
  }
  while (words.length > 1 && leading.test(words[0]?.lower ?? "")) words.shift();
  while (words.length > 1 && trailing.test(words[words.length - 1]?.lower ?? "")) words.pop();
  const name = words.map((token) => token.text).join(" ");
  if (known.hosts.has(name.toLowerCase())) return name;
  if (
    genericPlaces.has(name.toLowerCase()) ||
    /^(?:it|them|both|there|those|these|each|all|same)$/i.test(name)
  )
    return undefined;
  return name;
}
