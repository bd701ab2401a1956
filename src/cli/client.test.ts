import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { loadOrCreateCertificate, type Certificate } from "../adapters/tls/certificate.ts";
import { createClient, type Client } from "./client.ts";
import type { ServerAddress } from "./find-server.ts";
import { startScriptedServer, type ScriptedServer } from "./testing/scripted-server.ts";

const answer = z.object({ done: z.boolean() });
const signal = new AbortController().signal;

function clientOf(server: ScriptedServer, given: Partial<ServerAddress> = {}): Client {
  const address = { url: new URL(server.url), token: "secret-token", fingerprint: undefined, ...given };
  return createClient({ findServer: async () => address, signal, pauses: [1, 1] });
}

describe("a call", () => {
  test("is sent again with the same key when the connection breaks, so that it is done once", async () => {
    await using server = await startScriptedServer({
      script: (_request, number) => (number < 3 ? "cut" : { json: { done: true } }),
    });
    const done = await clientOf(server).call({ method: "POST", path: "/x", answer, body: { a: 1 } });
    expect(done).toEqual({ done: true });
    const keys = server.received.map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("that the server would do twice is sent once, and the person is told that the end is not known", async () => {
    await using server = await startScriptedServer({ script: () => "cut" });
    const call = clientOf(server).call({ method: "POST", path: "/setup", answer, body: {}, once: true });
    await expect(call).rejects.toMatchObject({
      code: "server-unreachable",
      message: expect.stringContaining("not known"),
    });
    expect(server.received).toHaveLength(1);
    expect(server.received[0]?.headers["idempotency-key"]).toBeUndefined();
  });

  test("to a port where nobody listens fails at once and says what to do", async () => {
    const server = await startScriptedServer({ script: () => "cut" });
    const client = clientOf(server);
    await server[Symbol.asyncDispose]();
    const call = client.call({ method: "POST", path: "/x", answer, body: {} });
    await expect(call).rejects.toMatchObject({
      code: "server-unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
      hint: expect.stringContaining("chiffon up"),
    });
  });

  test("becomes the error that the problem document says", async () => {
    const problem = {
      type: "urn:x",
      title: "t",
      status: 409,
      detail: "It is stale.",
      code: "plan-stale",
      retryable: false,
      hint: "Ask again.",
    };
    await using server = await startScriptedServer({ script: () => ({ status: 409, json: problem }) });
    const call = clientOf(server).call({ method: "GET", path: "/x", answer });
    await expect(call).rejects.toMatchObject({
      code: "plan-stale",
      message: "It is stale.",
      hint: "Ask again.",
    });
  });

  test("says so when what answers is not Chiffon", async () => {
    await using server = await startScriptedServer({
      script: (request) =>
        request.path === "/error" ? { status: 500, json: "oops" } : { json: { other: 1 } },
    });
    const client = clientOf(server);
    await expect(client.call({ method: "GET", path: "/error", answer })).rejects.toMatchObject({
      message: expect.stringContaining("answers 500"),
    });
    await expect(client.call({ method: "GET", path: "/x", answer })).rejects.toMatchObject({
      message: expect.stringContaining("not understood"),
    });
  });

  test("ends with its signal and its time limit", async () => {
    await using server = await startScriptedServer({ script: () => new Promise(() => undefined) });
    const client = clientOf(server);
    const stop = new AbortController();
    const stopped = client.call({ method: "GET", path: "/x", answer }, stop.signal);
    stop.abort(new Error("stop"));
    await expect(stopped).rejects.toThrow("stop");
    const late = client.call({ method: "POST", path: "/x", answer, timeoutMs: 50, once: true });
    await expect(late).rejects.toMatchObject({ message: expect.stringContaining("no answer within 0.05 s") });
  });
});

describe("TLS with the server's own certificate", () => {
  let dir: string;
  let own: Certificate;
  let other: Certificate;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), "chiffon-client-"));
    own = await loadOrCreateCertificate({ dir: path.join(dir, "own"), hosts: ["127.0.0.1"] });
    other = await loadOrCreateCertificate({ dir: path.join(dir, "other"), hosts: ["127.0.0.1"] });
  });
  afterAll(() => rm(dir, { recursive: true }));
  const digits = (certificate: Certificate): string =>
    certificate.fingerprint.replaceAll(":", "").toLowerCase();

  test("is trusted by its fingerprint", async () => {
    await using server = await startScriptedServer({ script: () => ({ json: { done: true } }), tls: own });
    const client = clientOf(server, { fingerprint: digits(own) });
    expect(await client.call({ method: "GET", path: "/x", answer })).toEqual({ done: true });
    expect(server.received[0]?.headers.authorization).toBe("Bearer secret-token");
  });

  test("is refused with another certificate before the token is sent, and not tried again", async () => {
    await using server = await startScriptedServer({ script: () => ({ json: { done: true } }), tls: other });
    const call = clientOf(server, { fingerprint: digits(own) }).call({ method: "GET", path: "/x", answer });
    await expect(call).rejects.toMatchObject({
      code: "server-unreachable",
      message: expect.stringContaining("another certificate"),
      hint: expect.stringContaining(other.fingerprint),
    });
    expect(server.received).toHaveLength(0);
    expect(server.connections()).toBe(1);
  });

  test("needs the fingerprint, because nobody else vouches for it", async () => {
    await using server = await startScriptedServer({ script: () => ({ json: { done: true } }), tls: own });
    const call = clientOf(server).call({ method: "GET", path: "/x", answer });
    await expect(call).rejects.toMatchObject({ hint: expect.stringContaining("CHIFFON_FINGERPRINT") });
    expect(server.received).toHaveLength(0);
  });
});
