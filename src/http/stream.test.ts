import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { LiveEvent } from "../contracts/live.ts";
import {
  bearer,
  makeUsers,
  send,
  startTestServer,
  type TestServer,
  type TestServerOptions,
  openTestStore,
  type TestStore,
} from "./testing/server.ts";

let store: TestStore;
let session = "";

beforeAll(async () => {
  store = await openTestStore();
  await using server = await start();
  session = (await makeUsers(server.access)).admin;
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

function start(options: Omit<TestServerOptions, "db"> = {}): Promise<TestServer> {
  return startTestServer({ db: store.db, ...options });
}

async function makeTicket(server: TestServer, token = session): Promise<string> {
  const answer = await send(server, "/api/v1/stream/ticket", { method: "POST", headers: bearer(token) });
  return (answer.json as { ticket: string }).ticket;
}

interface Client extends AsyncDisposable {
  readonly socket: WebSocket;
  readonly messages: (LiveEvent | { type: "error"; data: { detail: string } })[];
  readonly closed: Promise<number>;
  subscribe(topic: string, after: number): void;
}

async function connect(
  server: TestServer,
  options: { ticket?: string; autoPong?: boolean } = {},
): Promise<Client> {
  const ticket = options.ticket ?? (await makeTicket(server));
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/stream?ticket=${ticket}`, {
    autoPong: options.autoPong ?? true,
  });
  const messages: Client["messages"] = [];
  socket.on("message", (data) => messages.push(JSON.parse((data as Buffer).toString("utf8"))));
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  await new Promise<void>((resolve, reject) => {
    socket.on("open", () => resolve());
    socket.on("error", reject);
  });
  return {
    socket,
    messages,
    closed,
    subscribe: (topic, after) => socket.send(JSON.stringify({ subscribe: { topic, after } })),
    [Symbol.asyncDispose]: async () => {
      socket.terminate();
      await closed;
    },
  };
}

function runTopic(server: TestServer): string {
  return `run:${server.engine.ids.run}`;
}

describe("the live stream", () => {
  test("[UI-04] sends what is stored after a number, then what is new, the same as polling", async () => {
    await using server = await start();
    const stored = ["one", "two", "three"].map((text) => server.engine.append(text));
    await using client = await connect(server);
    client.subscribe(runTopic(server), 1);
    await expect.poll(() => client.messages).toEqual(stored.slice(1));
    stored.push(server.engine.append("four"));
    await expect.poll(() => client.messages).toEqual(stored.slice(1));
    const polled = await send(server, `/api/v1/runs/${server.engine.ids.run}/events?after=1`, {
      headers: bearer(session),
    });
    expect(polled.json).toEqual({ items: client.messages });
  });

  test("[UI-04] shows every event once and in order to a viewer whose connection is cut again and again", async () => {
    await using server = await start();
    const stored: LiveEvent[] = [];
    const seen: LiveEvent[] = [];
    let random = 42;
    const pick = (most: number): number =>
      (random = (random * 1_103_515_245 + 12_345) % 2_147_483_648) % most;
    for (let round = 0; round < 25; round++) {
      const client = await connect(server);
      client.subscribe(runTopic(server), seen.at(-1)?.seq ?? 0);
      const count = pick(300);
      for (let i = 0; i < count; i++) stored.push(server.engine.append(`line ${stored.length}`));
      const wanted = Math.min(stored.length - seen.length, pick(200));
      await expect.poll(() => client.messages.length).toBeGreaterThanOrEqual(wanted);
      client.socket.terminate();
      await client.closed;
      seen.push(...(client.messages as LiveEvent[]));
    }
    await using last = await connect(server);
    last.subscribe(runTopic(server), seen.at(-1)?.seq ?? 0);
    await expect.poll(() => seen.length + last.messages.length).toBe(stored.length);
    expect([...seen, ...last.messages]).toEqual(stored);
  });

  test("stops reading for a viewer that does not take what it gets, and goes on where it stopped", async () => {
    await using server = await start();
    let reads = 0;
    const { events } = server.engine;
    const read = events.read.bind(events);
    Object.assign(events, { read: (...args: Parameters<typeof read>) => (reads++, read(...args)) });
    const text = "x".repeat(20_000);
    for (let i = 0; i < 2_000; i++) server.engine.append(text);
    await using client = await connect(server);
    client.socket.pause();
    client.subscribe(runTopic(server), 0);
    await expect.poll(() => reads).toBeGreaterThan(0);
    let before = -1;
    await expect
      .poll(
        () => {
          const still = reads === before;
          before = reads;
          return still;
        },
        { interval: 200 },
      )
      .toBe(true);
    // 40 MB are stored; what is read ahead is the buffers of socket and system.
    expect(reads).toBeLessThan(20);
    client.socket.resume();
    await expect.poll(() => client.messages.length, { timeout: 15_000 }).toBe(2_000);
    expect((client.messages as LiveEvent[]).every(({ seq }, index) => seq === index + 1)).toBe(true);
  });

  test("follows a topic once, from the number asked last, until it is unsubscribed", async () => {
    await using server = await start();
    server.engine.append("one");
    await using client = await connect(server);
    client.subscribe(runTopic(server), 0);
    await expect.poll(() => client.messages.length).toBe(1);
    client.subscribe(runTopic(server), 0);
    await expect.poll(() => client.messages.length).toBe(2);
    expect(server.engine.watchers()).toBe(1);
    client.socket.send(JSON.stringify({ unsubscribe: { topic: runTopic(server) } }));
    await expect.poll(() => server.engine.watchers()).toBe(0);
    server.engine.append("two");
    client.subscribe("inbox", 0);
    await expect.poll(() => server.engine.watchers()).toBe(1);
    expect(client.messages).toHaveLength(2);
    client.socket.terminate();
    await expect.poll(() => server.engine.watchers()).toBe(0);
  });

  test("ends with an error to come back for when the events cannot be read", async () => {
    await using server = await start();
    Object.assign(server.engine.events, { read: () => Promise.reject(new Error("xyzzy")) });
    await using client = await connect(server);
    client.subscribe(runTopic(server), 0);
    expect(await client.closed).toBe(1011);
    expect(client.messages).toMatchObject([{ type: "error", data: { code: "internal" } }]);
    expect(JSON.stringify(client.messages)).not.toContain("xyzzy");
  });
});

describe("a connection", () => {
  test("takes commands only, at most 50 topics, and not many mistakes", async () => {
    await using server = await start();
    await using client = await connect(server);
    const topic = (number: number): string =>
      `run:00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
    for (let i = 0; i < 51; i++) client.subscribe(topic(i), 0);
    await expect.poll(() => client.messages).toMatchObject([{ type: "error", data: { code: "bad-input" } }]);
    expect(JSON.stringify(client.messages)).toContain("at most 50 topics");
    expect(server.engine.watchers()).toBe(50);
    for (const wrong of [
      "{",
      "[]",
      '{"subscribe":{"topic":"../../etc"}}',
      '{"subscribe":{"topic":"inbox","after":-1}}',
    ]) {
      client.socket.send(wrong);
    }
    await expect.poll(() => client.messages.length).toBe(5);
    for (let i = 0; i < 6; i++) client.socket.send("again");
    expect(await client.closed).toBe(1008);
  });

  test("that sends binary, too much at once or too often is closed", async () => {
    await using server = await start();
    await using binary = await connect(server);
    binary.socket.send(Buffer.from('{"subscribe":{"topic":"inbox"}}'));
    expect(await binary.closed).toBe(1003);
    await using large = await connect(server);
    large.socket.send(JSON.stringify({ subscribe: { topic: "inbox", more: "x".repeat(65_536) } }));
    expect(await large.closed).toBe(1009);
    await using often = await connect(server);
    for (let i = 0; i < 501; i++) often.socket.send('{"unsubscribe":{"topic":"inbox"}}');
    expect(await often.closed).toBe(1008);
  });

  test("needs a ticket that was not used and is not older than 30 seconds", async () => {
    let time = Date.now();
    await using server = await start({ now: () => new Date(time) });
    const ticket = await makeTicket(server);
    await using _first = await connect(server, { ticket });
    await expect(connect(server, { ticket })).rejects.toThrow("401");
    const old = await makeTicket(server);
    time += 30_000;
    await expect(connect(server, { ticket: old })).rejects.toThrow("401");
    await expect(connect(server, { ticket: "" })).rejects.toThrow("401");
    expect((await send(server, "/api/v1/stream?ticket=x")).status).toBe(400);
    expect((await send(server, "/api/v1/stream")).status).toBe(400);
  });

  test("is not made by a ticket whose session has ended since, and ends with its session", async () => {
    await using server = await start({ pingEvery: 30 });
    const admin = await server.access.identifySession(session);
    if (admin === undefined) throw new Error("no session");
    const make = (): Promise<{ id: string; token: string }> =>
      server.access.tokens.create(admin, { name: "short", permissions: ["read"], days: 1 });
    const unused = await make();
    const ticket = await makeTicket(server, unused.token);
    await server.access.tokens.revoke(admin, unused.id);
    await expect(connect(server, { ticket })).rejects.toThrow("401");
    const used = await make();
    await using client = await connect(server, { ticket: await makeTicket(server, used.token) });
    await server.access.tokens.revoke(admin, used.id);
    expect(await client.closed).toBe(4401);
  });

  test("that no longer answers is dropped, and one that does is kept", async () => {
    await using server = await start({ pingEvery: 50 });
    await using silent = await connect(server, { autoPong: false });
    await using alive = await connect(server);
    expect(await silent.closed).toBe(1006);
    server.engine.append("still here");
    alive.subscribe(runTopic(server), 0);
    await expect.poll(() => alive.messages.length).toBe(1);
  });

  test("is closed politely when the server stops, even if the client does not answer", async () => {
    const server = await start();
    await using polite = await connect(server);
    await using rude = await connect(server);
    rude.socket.pause();
    await server.close();
    expect(await polite.closed).toBe(1001);
  });

  test("to any other address stays plain HTTP", async () => {
    await using server = await start();
    const headers = {
      connection: "upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "eA==",
    };
    expect((await send(server, "/healthz", { headers })).status).toBe(200);
    expect((await send(server, "/api/v1/plans", { headers })).status).toBe(401);
    expect((await send(server, "/", { headers: { connection: "upgrade", upgrade: "h2c" } })).status).toBe(
      200,
    );
  });
});
