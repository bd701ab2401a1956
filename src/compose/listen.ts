import { hostname, networkInterfaces } from "node:os";
import path from "node:path";
import { loadOrCreateCertificate } from "../adapters/tls/certificate.ts";
import type { HttpConfig } from "../http/server.ts";

const loopback = new Set(["127.0.0.1", "::1", "localhost"]);

/** Loopback goes without TLS; any other address gets the server's own certificate. */
export async function httpConfigFor(options: {
  dataDir: string;
  sharedDir: string;
  host: string;
  port: number;
  names?: readonly string[];
}): Promise<{ config: HttpConfig; fingerprint: string | null }> {
  const { host, port, names: given = [] } = options;
  if (loopback.has(host)) return { config: { host, port, allowedHosts: given }, fingerprint: null };
  const own = isAny(host) ? [hostname(), ...localAddresses()] : [host];
  // Servers behind one name are one server to who comes through it: they have one certificate.
  const behind = given.map((name) => name.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1"));
  const isBehind = behind.length > 0;
  const { key, cert, fingerprint } = await loadOrCreateCertificate({
    dir: path.join(isBehind ? options.sharedDir : options.dataDir, "keys"),
    hosts: [...(isBehind ? behind : own), "localhost", "127.0.0.1"],
  });
  return { config: { host, port, tls: { key, cert }, allowedHosts: [...own, ...given] }, fingerprint };
}

function isAny(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function localAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map((address) => address.address.split("%")[0] ?? address.address);
}
