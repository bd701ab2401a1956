import { spawn } from "node:child_process";
import { createHash } from "node:crypto";

/** A key that a host offers, unverified: a person has to compare the fingerprint. */
export interface ScannedKey {
  readonly address: string;
  readonly port: number;
  /** One line for known_hosts. */
  readonly line: string;
  /** `ED25519 SHA256:…`, as ssh shows it. */
  readonly fingerprint: string;
}

const plainAddress = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,252}$/;
const names: Record<string, string> = {
  "ssh-ed25519": "ED25519",
  "ecdsa-sha2-nistp256": "ECDSA",
  "ssh-rsa": "RSA",
};

/**
 * Asks a host for its keys with ssh-keyscan. Empty when it does not answer within the time.
 * Throws when the address is not a plain host name or IP address, or ssh-keyscan is missing.
 */
export async function scanHostKeys(
  host: { address: string; port: number },
  options: { path: string; signal: AbortSignal },
): Promise<ScannedKey[]> {
  if (!plainAddress.test(host.address))
    throw new Error(`"${host.address}" is not a plain host name or address`);
  const child = spawn(
    "ssh-keyscan",
    ["-T", "5", "-p", String(host.port), "-t", "ed25519,ecdsa,rsa", "--", host.address],
    {
      stdio: ["ignore", "pipe", "ignore"],
      env: { PATH: options.path, LANG: "C.UTF-8" },
      signal: options.signal,
    },
  );
  let text = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (chunk: string) => {
    if (text.length < 65_536) text += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });
  return text.split("\n").flatMap((line) => parseLine(host, line) ?? []);
}

function parseLine(host: { address: string; port: number }, line: string): ScannedKey | undefined {
  const [name, type, key] = line.trim().split(/\s+/);
  if (!name || name.startsWith("#") || !type || !key || !names[type] || !/^[A-Za-z0-9+/]+=*$/.test(key))
    return undefined;
  const digest = createHash("sha256").update(Buffer.from(key, "base64")).digest("base64").replace(/=+$/, "");
  const shown = host.port === 22 ? host.address : `[${host.address}]:${host.port}`;
  return { ...host, line: `${shown} ${type} ${key}`, fingerprint: `${names[type]} SHA256:${digest}` };
}
