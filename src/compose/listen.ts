import { hostname, networkInterfaces } from "node:os";
import path from "node:path";
import { loadOrCreateCertificate } from "../adapters/tls/certificate.ts";
import type { HttpConfig } from "../http/server.ts";

const loopback = new Set(["127.0.0.1", "::1", "localhost"]);

/** Loopback goes without TLS; any other address gets the server's own certificate. */
export async function httpConfigFor(options: {
  dataDir: string;
  host: string;
  port: number;
}): Promise<{ config: HttpConfig; fingerprint: string | null }> {
  const { host, port } = options;
  if (loopback.has(host)) return { config: { host, port, allowedHosts: [] }, fingerprint: null };
  const names = isAny(host) ? [hostname(), ...localAddresses()] : [host];
  const { key, cert, fingerprint } = await loadOrCreateCertificate({
    dir: path.join(options.dataDir, "keys"),
    hosts: [...names, "localhost", "127.0.0.1"],
  });
  return { config: { host, port, tls: { key, cert }, allowedHosts: names }, fingerprint };
}

function isAny(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function localAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map((address) => address.address.split("%")[0] ?? address.address);
}
