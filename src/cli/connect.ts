import { timingSafeEqual, type X509Certificate } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { ChiffonError } from "../domain/errors.ts";
import type { ServerAddress } from "./find-server.ts";

const handshakeLimit = 10_000;

/**
 * Opens the connection of a request. With a fingerprint, the certificate is compared before one byte (and so the token)
 * is sent; the server signed it itself, so no authority could vouch for it.
 */
export async function connectTo(server: ServerAddress, signal: AbortSignal): Promise<net.Socket> {
  signal.throwIfAborted();
  const host = server.url.hostname.replace(/^\[(.*)\]$/, "$1");
  const isTls = server.url.protocol === "https:";
  const port = Number(server.url.port || (isTls ? 443 : 80));
  const timeout = AbortSignal.timeout(handshakeLimit);
  const socket = isTls ? openTls(server, { host, port }) : net.connect({ host, port });
  try {
    await once(socket, isTls ? "secureConnect" : "connect", { signal: AbortSignal.any([signal, timeout]) });
    if (socket instanceof tls.TLSSocket) checkPin(socket, server.fingerprint);
    return socket;
  } catch (error) {
    socket.on("error", () => undefined);
    socket.destroy();
    signal.throwIfAborted();
    throw timeout.aborted
      ? new Error(`no answer within ${handshakeLimit / 1_000} s`)
      : describe(error, server);
  }
}

function openTls(server: ServerAddress, to: { host: string; port: number }): tls.TLSSocket {
  return tls.connect({
    ...to,
    ALPNProtocols: ["http/1.1"],
    minVersion: "TLSv1.2",
    // The fingerprint takes the authority's place: checkPin looks at the certificate before anything is sent.
    rejectUnauthorized: server.fingerprint === undefined,
    ...(net.isIP(to.host) === 0 ? { servername: to.host } : {}),
  });
}

function checkPin(socket: tls.TLSSocket, fingerprint: string | undefined): void {
  if (fingerprint === undefined) return;
  const shown = socket.getPeerX509Certificate();
  if (shown !== undefined && sameFingerprint(shown, fingerprint)) return;
  throw new ChiffonError("server-unreachable", "The server shows another certificate than the known one.", {
    hint: `Somebody may stand between. Compare the fingerprint with what the server printed at its start; it showed ${shown?.fingerprint256 ?? "none"}`,
  });
}

function sameFingerprint(certificate: X509Certificate, fingerprint: string): boolean {
  const shown = Buffer.from(certificate.fingerprint256.replaceAll(":", ""), "hex");
  const wanted = Buffer.from(fingerprint, "hex");
  return shown.length === wanted.length && timingSafeEqual(shown, wanted);
}

/** Codes by which TLS says that it does not trust a certificate. */
const untrusted = /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT_)/;

function describe(error: unknown, server: ServerAddress): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const code = "code" in error ? String(error.code) : "";
  if (ChiffonError.is(error) || !untrusted.test(code)) return error;
  return new ChiffonError(
    "server-unreachable",
    `Nobody that this machine trusts vouches for the certificate of ${server.url.origin} (${code}).`,
    {
      hint: "If it is the server's own, give the fingerprint that it printed at its start: CHIFFON_FINGERPRINT=AA:BB:…",
      cause: error,
    },
  );
}
