import { timingSafeEqual, X509Certificate } from "node:crypto";
import net from "node:net";
import tls from "node:tls";
import { ChiffonError } from "../domain/errors.ts";
import type { ServerAddress } from "./find-server.ts";

const handshakeLimit = 10_000;

/** The certificate is not the one that the fingerprint names, or nobody vouches for it. Never tried again. */
export class CertificateError extends ChiffonError {}

/**
 * Opens the connection of a request. With a fingerprint, the certificate is compared before one byte (and so the token)
 * is sent; the server signed it itself, so no authority could vouch for it.
 */
export function connectTo(server: ServerAddress, done: (error: Error | null, socket?: net.Socket) => void): void {
  const host = server.url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(server.url.port || (server.url.protocol === "https:" ? 443 : 80));
  const socket = server.url.protocol === "https:" ? openTls(server, { host, port }) : net.connect({ host, port });
  const settled = (error: Error | null): void => {
    clearTimeout(timer);
    socket.off("error", settled);
    if (error === null) done(null, socket);
    else {
      socket.destroy();
      done(describe(error, server));
    }
  };
  const timer = setTimeout(
    () => settled(new Error(`no answer within ${handshakeLimit / 1_000} s`)),
    handshakeLimit,
  );
  socket.on("error", settled);
  if (!(socket instanceof tls.TLSSocket)) {
    socket.once("connect", () => settled(null));
    return;
  }
  socket.once("secureConnect", () => settled(checkPin(socket, server.fingerprint)));
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

function checkPin(socket: tls.TLSSocket, fingerprint: string | undefined): Error | null {
  if (fingerprint === undefined) return null;
  const shown = socket.getPeerX509Certificate();
  if (shown !== undefined && sameFingerprint(shown, fingerprint)) return null;
  return new CertificateError("server-unreachable", "The server shows another certificate than the known one.", {
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

function describe(error: Error, server: ServerAddress): Error {
  if (ChiffonError.is(error)) return error;
  const code = "code" in error ? String(error.code) : "";
  if (!untrusted.test(code)) return error;
  return new CertificateError("server-unreachable", `The certificate of ${server.url.origin} is not trusted: ${error.message}.`, {
    hint: "If it is the server's own, give the fingerprint that it printed at its start: CHIFFON_FINGERPRINT=AA:BB:…",
    cause: error,
  });
}
