/*
 * What protects a server on a person's own machine from other web pages: the exact Host (DNS rebinding), the exact Origin
 * (cross-site requests and sockets). Loopback is never an identity.
 */

export interface HostRules {
  readonly scheme: "http" | "https";
  readonly port: number;
  /** Host that the server was told to listen on. */
  readonly host: string;
  /** Further names, with or without a port. */
  readonly allowedHosts: readonly string[];
}

const wildcards = new Set(["0.0.0.0", "::", ""]);

/** True for addresses that every program on this machine can reach and no other machine. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, "");
  return plain === "::1" || plain === "localhost" || /^127(?:\.\d{1,3}){3}$/.test(plain);
}

function inUrl(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** The values that the Host header may have, in lower case. */
export function listHosts(rules: HostRules): Set<string> {
  const names = ["localhost", "127.0.0.1", "[::1]"];
  if (!wildcards.has(rules.host)) names.push(inUrl(rules.host));
  const defaultPort = rules.scheme === "https" ? 443 : 80;
  const hosts = new Set<string>();
  for (const given of [...names, ...rules.allowedHosts]) {
    const name = given.toLowerCase();
    if (/^(?:[^:[\]]+|\[[^\]]+\]):\d+$/.test(name)) {
      hosts.add(name);
      continue;
    }
    hosts.add(`${inUrl(name)}:${rules.port}`);
    if (rules.port === defaultPort) hosts.add(inUrl(name));
  }
  return hosts;
}

/**
 * Decides about a Host header. A server that listens on all addresses also answers to the literal address that the
 * connection arrived at: a name under an attacker's control can be rebound, an address cannot.
 */
export function decideHost(
  header: string | undefined,
  rules: {
    readonly hosts: ReadonlySet<string>;
    readonly listen: HostRules;
    readonly localAddress: string | undefined;
  },
): boolean {
  if (header === undefined) return false;
  const host = header.toLowerCase();
  if (rules.hosts.has(host)) return true;
  const { listen, localAddress } = rules;
  if (!wildcards.has(listen.host) || localAddress === undefined) return false;
  return listHosts({ ...listen, host: localAddress.replace(/^::ffff:/i, ""), allowedHosts: [] }).has(host);
}

export interface OriginQuestion {
  /** What proved who calls; `none` for public routes. */
  readonly via: "cookie" | "bearer" | "none";
  /** True for methods that change something. */
  readonly unsafe: boolean;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** Scheme and Host of this very request. */
  readonly expected: string;
}

/**
 * Decides whether a request may come from where it says it does. A cookie is sent by the browser whoever asks, so it needs
 * the proof that our own page asked. A bearer token is never sent by a browser by itself, so it is proof enough.
 */
export function decideOrigin(question: OriginQuestion): boolean {
  const { via, unsafe, origin, fetchSite, expected } = question;
  if (via === "bearer") return true;
  if (!unsafe) {
    // Reading: other pages cannot see the answer, but they need not get one either.
    return via === "none" || fetchSite === undefined || fetchSite === "same-origin" || fetchSite === "none";
  }
  if (fetchSite !== undefined && fetchSite !== "same-origin") return false;
  return origin === undefined ? via === "none" : origin === expected;
}

/** Decides about an upgrade to WebSocket: a browser always sends Origin, a program with a bearer token may leave it out. */
export function decideSocketOrigin(question: {
  readonly ticketVia: "cookie" | "bearer";
  readonly origin: string | undefined;
  readonly expected: string;
}): boolean {
  return question.origin === undefined
    ? question.ticketVia === "bearer"
    : question.origin === question.expected;
}
