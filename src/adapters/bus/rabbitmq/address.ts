import { readFileSync } from "node:fs";
import type { Options, SocketOptions } from "amqplib";
import { ChiffonError } from "../../../domain/errors.ts";

/** Where the broker is, and who one is there. */
export interface BrokerAddress {
  /** `amqp://` or `amqps://user:password@host:port/vhost`; holds a password. */
  readonly url: string;
  /** PEM file with the certificates that the broker's own is signed by; default: those of the system. */
  readonly caFile?: string | undefined;
  /** Seconds without a sign of life after which a connection is given up; twice that at most. Default 10. */
  readonly heartbeat?: number | undefined;
}

export interface ConnectArguments {
  readonly user: string;
  readonly target: Options.Connect;
  readonly socket: SocketOptions;
}

const connectWithin = 10_000;

/** Throws `bad-input` for what is no address; the message names no password. */
export function parseAddress(address: BrokerAddress): ConnectArguments {
  const url = URL.parse(address.url);
  if (url === null || (url.protocol !== "amqp:" && url.protocol !== "amqps:") || url.hostname === "")
    throw badAddress("it is not of the form amqps://user:password@host/vhost");
  if (url.username === "" || url.password === "") throw badAddress("it names no user or no password");
  const user = decode(url.username);
  const secure = url.protocol === "amqps:";
  return {
    user,
    target: {
      protocol: secure ? "amqps" : "amqp",
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? (secure ? 5671 : 5672) : Number(url.port),
      username: user,
      password: decode(url.password),
      vhost: url.pathname === "" ? "/" : url.pathname.slice(1) || "/",
      heartbeat: address.heartbeat ?? 10,
    },
    socket: {
      // Without it an answer waits 40 ms for the next one to send.
      noDelay: true,
      timeout: connectWithin,
      ...(address.caFile === undefined ? {} : { ca: readCertificates(address.caFile) }),
    },
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badAddress("user or password hold a % that does not begin an escape");
  }
}

function readCertificates(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ChiffonError("bad-input", `The certificates for RabbitMQ cannot be read from ${file}.`, {
      hint: "Name a PEM file that this user may read.",
      cause: error,
    });
  }
}

function badAddress(why: string): ChiffonError {
  return new ChiffonError("bad-input", `The address of RabbitMQ cannot be used: ${why}.`, {
    hint: "Give it in CHIFFON_RABBITMQ_URL_FILE: the name of a file with amqps://user:password@host/vhost",
  });
}
