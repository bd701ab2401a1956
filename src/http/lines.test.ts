import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuditExportLine } from "../contracts/audit.ts";
import { ChiffonError } from "../domain/errors.ts";
import {
  bearer,
  makeUsers,
  openTestStore,
  send,
  startTestServer,
  type TestServer,
  type TestStore,
} from "./testing/server.ts";

/* Answers that are made while they are sent. */

let store: TestStore;
let server: TestServer;
let viewer: string;

beforeAll(async () => {
  store = await openTestStore();
  server = await startTestServer({ db: store.db });
  ({ viewer } = await makeUsers(server.access));
});
afterAll(async () => {
  await server.close();
  await store[Symbol.asyncDispose]();
});

const line: AuditExportLine = { type: "record", index: 0, body: "x".repeat(10_000) };

/** A log without an end; counts what was made of it. */
function endless(): { made: () => number; ended: () => boolean } {
  let made = 0;
  let ended = false;
  Object.assign(server.engine.audit, {
    export: async function* () {
      try {
        for (;;) {
          made += 1;
          yield line;
        }
      } finally {
        ended = true;
      }
    },
  });
  return { made: () => made, ended: () => ended };
}

/** Resolves when a number has stopped to grow. */
async function settled(count: () => number): Promise<number> {
  let last = -1;
  await expect
    .poll(
      () => {
        const same = count() > 0 && count() === last;
        last = count();
        return same;
      },
      { interval: 250, timeout: 20_000 },
    )
    .toBe(true);
  return last;
}

function ask(): Socket {
  const socket = connect(server.port, "127.0.0.1");
  const authorization = bearer(viewer)["authorization"] ?? "";
  socket.write(
    `GET /api/v1/audit/export HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nAuthorization: ${authorization}\r\n\r\n`,
  );
  return socket;
}

test("an answer without an end is made only as fast as it is read, and no further when its reader is gone", async () => {
  const { made, ended } = endless();
  const socket = ask();
  const first = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
  expect(first.toString("utf8")).toMatch(
    /^HTTP\/1\.1 200 OK[^]*content-type: application\/x-ndjson; charset=utf-8/i,
  );
  socket.pause();
  const before = await settled(made);
  // What lies in the buffers of both sides; a server that does not wait would go on to the end of its memory.
  expect(before * 10_000).toBeLessThan(100_000_000);

  socket.resume();
  await expect.poll(made).toBeGreaterThan(before);
  expect(ended()).toBe(false);
  socket.destroy();
  await expect.poll(ended, { timeout: 10_000 }).toBe(true);
});

test("what goes wrong before the first line is a problem with its status; after it the connection breaks", async () => {
  const broken = new ChiffonError("database-unavailable", "the database does not answer");
  const fail = (lines: readonly AuditExportLine[]) =>
    Object.assign(server.engine.audit, {
      export: async function* () {
        yield* lines;
        throw broken;
      },
    });
  fail([]);
  const told = await send(server, "/api/v1/audit/export", { headers: bearer(viewer) });
  expect(told).toMatchObject({ status: 503, json: { code: "database-unavailable" } });

  fail([line]);
  const socket = ask();
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  expect(text).toContain('"type":"record"');
  // The last chunk of a whole answer has the length 0.
  expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
});
