import { X509Certificate } from "node:crypto";
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { connect } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadOrCreateCertificate } from "./certificate.ts";

const hosts = ["localhost", "127.0.0.1", "::1", "Garden.local"];
const day = 86_400_000;
let dir = "";

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), "chiffon-tls-"));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

describe("the server's own certificate", () => {
  test("is made for the hosts with ECDSA P-256 and two years, its key readable by its owner only", async () => {
    const made = await loadOrCreateCertificate({ dir, hosts });
    const parsed = new X509Certificate(made.cert);
    expect(parsed.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    expect(new Date(parsed.validTo).getTime() - Date.now()).toBeGreaterThan(729 * day);
    expect(new Date(parsed.validTo).getTime() - Date.now()).toBeLessThan(731 * day);
    expect(parsed.checkHost("garden.local")).toBeDefined();
    expect(parsed.checkHost("other.local")).toBeUndefined();
    expect(parsed.checkIP("::1")).toBeDefined();
    expect(parsed.ca).toBe(false);
    expect(made.fingerprint).toMatch(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
    expect((await stat(path.join(dir, "tls.key"))).mode & 0o777).toBe(0o600);
    expect((await readdir(dir)).toSorted()).toEqual(["tls.crt", "tls.key"]);
  });

  test("stays the same at the next start, and a key that others could read is closed again", async () => {
    const first = await loadOrCreateCertificate({ dir, hosts });
    await chmod(path.join(dir, "tls.key"), 0o644);
    expect(await loadOrCreateCertificate({ dir, hosts: ["127.0.0.1", "[::1]"] })).toEqual(first);
    expect((await stat(path.join(dir, "tls.key"))).mode & 0o777).toBe(0o600);
  });

  test("is renewed from 30 days before its end on, and not before", async () => {
    const first = await loadOrCreateCertificate({ dir, hosts });
    const later = (days: number): Date => new Date(Date.now() + days * day);
    expect((await loadOrCreateCertificate({ dir, hosts, now: later(699) })).cert).toBe(first.cert);
    expect((await loadOrCreateCertificate({ dir, hosts, now: later(701) })).cert).not.toBe(first.cert);
  });

  test("is replaced when a host is missing in it, and when a file is damaged", async () => {
    const first = await loadOrCreateCertificate({ dir, hosts: ["localhost"] });
    const second = await loadOrCreateCertificate({ dir, hosts });
    expect(second.cert).not.toBe(first.cert);
    await writeFile(path.join(dir, "tls.crt"), first.cert);
    expect((await loadOrCreateCertificate({ dir, hosts: ["localhost"] })).cert).not.toBe(first.cert);
    await writeFile(path.join(dir, "tls.key"), "not a key");
    const third = await loadOrCreateCertificate({ dir, hosts });
    expect(new X509Certificate(third.cert).checkHost("garden.local")).toBeDefined();
  });

  test("lets a TLS server answer to a client that trusts it, under its names only", async () => {
    const { key, cert } = await loadOrCreateCertificate({ dir, hosts });
    const server = createServer({ key, cert }, (_request, response) => response.end("hello"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const handshake = (servername: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port, ca: cert, servername }, () => {
          resolve(socket.getProtocol() ?? "none");
          socket.destroy();
        });
        socket.on("error", reject);
      });
    try {
      expect(await handshake("garden.local")).toBe("TLSv1.3");
      await expect(handshake("other.local")).rejects.toThrow(/altnames|does not match/i);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
