import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { ChiffonError } from "../domain/errors.ts";
import type { CliConfig } from "./context.ts";

/** Where the server answers, and what proves who calls. */
export interface ServerAddress {
  readonly url: URL;
  readonly token: string | undefined;
  /** SHA-256 of the certificate, 64 hexadecimal digits; undefined when the usual authorities vouch for it. */
  readonly fingerprint: string | undefined;
}

const ServerFile = z.object({
  url: z.url({ protocol: /^https?$/ }),
  pid: z.int().positive(),
  fingerprint: z.string().nullable(),
});
type ServerFile = z.infer<typeof ServerFile>;

/**
 * The server that `CHIFFON_URL` names, else the one that runs on this machine on the data directory. Throws
 * `server-unreachable` when none runs.
 */
export async function findServer(config: CliConfig): Promise<ServerAddress> {
  const local = await findLocalServer(config.dataDir);
  if (config.url !== undefined) {
    const url = parseUrl(config.url);
    const isLocal = local !== undefined && new URL(local.url).origin === url.origin;
    const fingerprint = config.fingerprint ?? (isLocal ? local.fingerprint : null);
    return {
      url,
      token: config.token ?? (isLocal ? await readToken(config.dataDir) : undefined),
      fingerprint: fingerprint === null ? undefined : parseFingerprint(fingerprint),
    };
  }
  if (local === undefined) throw notRunning(config.dataDir, `${config.dataDir}/server.json tells of none`);
  if (!isAlive(local.pid)) {
    throw notRunning(
      config.dataDir,
      `the one of ${config.dataDir}/server.json (process ${local.pid}) has ended`,
    );
  }
  const fingerprint = config.fingerprint ?? local.fingerprint;
  return {
    url: parseUrl(local.url),
    token: config.token ?? (await readToken(config.dataDir)),
    fingerprint: fingerprint === null ? undefined : parseFingerprint(fingerprint),
  };
}

async function findLocalServer(dataDir: string): Promise<ServerFile | undefined> {
  const text = await readFile(path.join(dataDir, "server.json"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return ServerFile.parse(JSON.parse(text));
  } catch {
    return undefined; // not written by a server; as good as none
  }
}

async function readToken(dataDir: string): Promise<string | undefined> {
  const file = path.join(dataDir, "cli-token");
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new ChiffonError("not-signed-in", `The token file ${file} cannot be read by this user.`, {
      hint: "Run the command as the user that runs the server, or give an API token: CHIFFON_TOKEN_FILE",
      cause,
    });
  }
}

/** A process of another user answers EPERM: it is alive. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "")
    return url;
  throw new ChiffonError("bad-input", `"${text}" is not the address of a server.`, {
    hint: "For example: CHIFFON_URL=https://box:7707",
  });
}

/** `AA:BB:…` or plain hexadecimal digits. */
function parseFingerprint(text: string): string {
  const digits = text
    .replace(/^sha-?256[=:]/i, "")
    .replaceAll(/[:\s]/g, "")
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  throw new ChiffonError("bad-input", "The fingerprint of the server's certificate is not a SHA-256 one.", {
    hint: "It has 64 hexadecimal digits, with or without colons; the server prints it at its start.",
  });
}

function notRunning(dataDir: string, why: string): ChiffonError {
  return new ChiffonError("server-unreachable", `No Chiffon server runs on this machine: ${why}.`, {
    hint: `Is it running? Start it: chiffon up. Does it use another data directory than ${dataDir}? Name it: CHIFFON_DATA=DIR. Elsewhere: CHIFFON_URL and CHIFFON_TOKEN_FILE`,
  });
}
