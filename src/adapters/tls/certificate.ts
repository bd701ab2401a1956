import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import path from "node:path";

const day = 86_400_000;
const lifetime = 730 * day;
/** A certificate that ends sooner than this is replaced. */
const renewBefore = 30 * day;
/** Before now, for machines whose clock is a little behind. */
const backdated = day;

export interface CertificateOptions {
  /** Folder of `tls.key` (0600) and `tls.crt`; made when missing. */
  readonly dir: string;
  /** Names and addresses that the server is called by. */
  readonly hosts: readonly string[];
  readonly now?: Date;
}

export interface Certificate {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  /** SHA-256 of the certificate, `AA:BB:…`, to compare with what the browser shows. */
  readonly fingerprint: string;
}

/**
 * The server's own certificate: the one from `dir` while it is valid for at least 30 more days and names all hosts, else a
 * new one (ECDSA P-256, two years, signed by itself). No authority vouches for it; people compare the fingerprint once.
 */
export async function loadOrCreateCertificate(options: CertificateOptions): Promise<Certificate> {
  const now = options.now ?? new Date();
  const hosts = [...new Set(options.hosts.map(plainHost))];
  const stored = await loadStored(options.dir, { hosts, now });
  if (stored !== undefined) return stored;
  // Loaded here: it brings much code, and most starts find a certificate or need none.
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: "Chiffon" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(now.getTime() - backdated),
    notAfterDate: new Date(now.getTime() + lifetime),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: hosts.map((host) => (isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host })),
      },
    ],
  });
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  // The key first: a certificate without its key is replaced at the next start, a key without certificate too.
  await replaceFile(path.join(options.dir, "tls.key"), made.private, 0o600);
  await replaceFile(path.join(options.dir, "tls.crt"), made.cert, 0o644);
  return describe(made.private, made.cert);
}

function plainHost(host: string): string {
  return host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
}

function describe(key: string, cert: string): Certificate {
  return { key, cert, fingerprint: new X509Certificate(cert).fingerprint256 };
}

async function loadStored(
  dir: string,
  wanted: { hosts: readonly string[]; now: Date },
): Promise<Certificate | undefined> {
  const keyFile = path.join(dir, "tls.key");
  try {
    const key = await readFile(keyFile, "utf8");
    const cert = await readFile(path.join(dir, "tls.crt"), "utf8");
    const parsed = new X509Certificate(cert);
    const usable =
      parsed.checkPrivateKey(createPrivateKey(key)) &&
      new Date(parsed.validTo).getTime() - wanted.now.getTime() > renewBefore &&
      new Date(parsed.validFrom) <= wanted.now &&
      wanted.hosts.every((host) => names(parsed, host));
    if (!usable) return undefined;
    await chmod(keyFile, 0o600);
    return describe(key, cert);
  } catch {
    // Missing, unreadable or damaged: all of them are mended by a new one.
    return undefined;
  }
}

function names(certificate: X509Certificate, host: string): boolean {
  return isIP(host) === 0
    ? certificate.checkHost(host, { wildcards: false }) !== undefined
    : certificate.checkIP(host) !== undefined;
}

/** Whole or not at all; never readable by others, not even for a moment. */
async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  await rm(part, { force: true });
  await writeFile(part, text, { mode, flag: "wx" });
  await rename(part, file);
}
