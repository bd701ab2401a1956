import { afterEach, expect, test } from "vitest";
import { WebSocketServer, type WebSocket as Peer } from "ws";
import type { LiveEvent } from "../../../src/contracts/live.ts";
import { startFaultProxy } from "../../../test/support/fault-proxy.ts";
import { createLive, type ConnectionState, type Live } from "./create-live.ts";

const runId = "00000000-0000-4000-8000-000000000001";
const topic = `run:${runId}`;

function makeEvent(seq: number, of = topic): LiveEvent {
  const data = { state: "running", reason: null } as const;
  return { topic: of, seq, at: "2026-11-22T15:33:00.000Z", type: "run.state", data };
}

interface Server extends AsyncDisposable {
  readonly port: number;
  readonly peers: Set<Peer>;
  /** Commands in the order of their arrival. */
  readonly commands: unknown[];
  /** Stores an event and sends it to those who follow its topic. */
  append(of?: string): void;
  stored(after: number): LiveEvent[];
}

/** A stream as the server's own: a subscription sends what is stored after a number, then what is new. */
async function startServer(port = 0): Promise<Server> {
  const server = new WebSocketServer({ port, host: "127.0.0.1" });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const events: LiveEvent[] = [];
  const followed = new Map<Peer, Set<string>>();
  const commands: unknown[] = [];
  const peers = new Set<Peer>();
  server.on("connection", (peer) => {
    peers.add(peer);
    followed.set(peer, new Set());
    peer.on("close", () => {
      peers.delete(peer);
      followed.delete(peer);
    });
    peer.on("message", (data) => {
      const command = JSON.parse((data as Buffer).toString("utf8")) as {
        subscribe?: { topic: string; after: number };
        unsubscribe?: { topic: string };
      };
      commands.push(command);
      if (command.unsubscribe !== undefined) followed.get(peer)?.delete(command.unsubscribe.topic);
      const { subscribe } = command;
      if (subscribe === undefined) return;
      followed.get(peer)?.add(subscribe.topic);
      for (const event of events) {
        if (event.topic === subscribe.topic && event.seq > subscribe.after) peer.send(JSON.stringify(event));
      }
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    peers,
    commands,
    append: (of = topic) => {
      const event = makeEvent(events.filter((each) => each.topic === of).length + 1, of);
      events.push(event);
      for (const peer of peers) if (followed.get(peer)?.has(of) === true) peer.send(JSON.stringify(event));
    },
    stored: (after) => events.filter((event) => event.topic === topic && event.seq > after),
    [Symbol.asyncDispose]: async () => {
      for (const peer of peers) peer.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const open: Live[] = [];
afterEach(() => {
  for (const live of open.splice(0)) live.close();
});

function connect(server: Server, more: Partial<Parameters<typeof createLive>[0]> = {}): Live {
  const live = createLive({
    getTicket: () => Promise.resolve("one"),
    openSocket: (ticket) => new WebSocket(`ws://127.0.0.1:${server.port}/?ticket=${ticket}`),
    fetchEvents: (_id, after) => Promise.resolve(server.stored(after)),
    random: () => 1,
    waits: { quiet: 20, poll: 10, connect: 2_000, scale: 0.01 },
    ...more,
  });
  open.push(live);
  return live;
}

function follow(live: Live, { after = 0, of = topic } = {}): { seen: number[]; stop: () => void } {
  const seen: number[] = [];
  const stop = live.follow(of, { last: after, onEvent: ({ seq }) => seen.push(seq) });
  return { seen, stop };
}

test("A viewer whose connection is cut again and again sees every event once and in order", async () => {
  await using server = await startServer();
  const live = connect(server);
  const { seen } = follow(live);
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 20; i++) server.append();
    await expect.poll(() => seen.length).toBeGreaterThan(round * 20);
    for (const peer of server.peers) peer.terminate();
    for (let i = 0; i < 5; i++) server.append();
  }
  await expect.poll(() => seen.length).toBe(200);
  expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  await expect.poll(() => live.state()).toBe("live");
});

test("A connection that falls silent without an end is made anew, and what was missed comes", async () => {
  await using server = await startServer();
  await using proxy = await startFaultProxy({ target: { host: "127.0.0.1", port: server.port } });
  const live = connect(server, {
    openSocket: (ticket) => new WebSocket(`ws://127.0.0.1:${proxy.port}/?ticket=${ticket}`),
    waits: { quiet: 20, connect: 2_000, silence: 300, scale: 0.01 },
  });
  const { seen } = follow(live);
  server.append();
  await expect.poll(() => seen).toEqual([1]);
  proxy.freeze();
  server.append();
  await expect.poll(() => seen).toEqual([1, 2]);
});

test("A ticket that never comes is asked for again", async () => {
  await using server = await startServer();
  server.append();
  let asked = 0;
  const live = connect(server, {
    getTicket: () => (++asked === 1 ? new Promise(() => undefined) : Promise.resolve("one")),
    waits: { quiet: 20, connect: 100, scale: 0.01 },
  });
  const { seen } = follow(live);
  await expect.poll(() => seen).toEqual([1]);
  expect(asked).toBe(2);
});

test("It goes on from the number that is known already", async () => {
  await using server = await startServer();
  for (let i = 0; i < 5; i++) server.append();
  const { seen } = follow(connect(server), { after: 3 });
  await expect.poll(() => seen).toEqual([4, 5]);
  expect(server.commands).toEqual([{ subscribe: { topic, after: 3 } }]);
});

test("Two viewers of one run share one subscription, and the later one gets what it has not seen", async () => {
  await using server = await startServer();
  const live = connect(server);
  const first = follow(live);
  for (let i = 0; i < 3; i++) server.append();
  await expect.poll(() => first.seen).toEqual([1, 2, 3]);
  const second = follow(live, { after: 1 });
  await expect.poll(() => second.seen).toEqual([2, 3]);
  server.append();
  await expect.poll(() => second.seen).toEqual([2, 3, 4]);
  expect(first.seen).toEqual([1, 2, 3, 4]);
  expect(server.peers.size).toBe(1);
  first.stop();
  second.stop();
  await expect.poll(() => server.commands.at(-1)).toEqual({ unsubscribe: { topic } });
});

test("Hints are not told again to who comes back to a page", async () => {
  await using server = await startServer();
  const live = connect(server);
  const before = follow(live, { of: "inbox" });
  server.append("inbox");
  await expect.poll(() => before.seen).toEqual([1]);
  before.stop();
  server.append("inbox");
  const after = follow(live, { of: "inbox", after: live.seen("inbox") });
  await expect.poll(() => after.seen).toEqual([2]);
});

test("Without WebSocket a run is polled; when the connection can be made, it is live and nothing comes twice", async () => {
  await using server = await startServer();
  let blocked = true;
  const states: ConnectionState[] = [];
  const live = connect(server, {
    // Port 9 stands for a proxy that lets no WebSocket through.
    openSocket: (ticket) =>
      new WebSocket(blocked ? "ws://127.0.0.1:9/" : `ws://127.0.0.1:${server.port}/?ticket=${ticket}`),
  });
  live.onState(() => states.push(live.state()));
  const { seen } = follow(live);
  server.append();
  await expect.poll(() => seen).toEqual([1]);
  expect(live.state()).toBe("polling");
  server.append();
  await expect.poll(() => seen).toEqual([1, 2]);
  blocked = false;
  await expect.poll(() => live.state()).toBe("live");
  server.append();
  await expect.poll(() => seen).toEqual([1, 2, 3]);
  expect(states.at(-1)).toBe("live");
});

test("A server that does not answer is told as offline, and a sign-in tries again at once", async () => {
  await using server = await startServer();
  let refused = true;
  let tries = 0;
  const live = connect(server, {
    getTicket: () => {
      tries++;
      return refused ? Promise.reject(new Error("401")) : Promise.resolve("one");
    },
    waits: { quiet: 20, scale: 1_000 },
  });
  const { seen } = follow(live);
  server.append();
  await expect.poll(() => live.state()).toBe("offline");
  expect(tries).toBe(1);
  refused = false;
  live.renew();
  await expect.poll(() => seen).toEqual([1]);
  await expect.poll(() => live.state()).toBe("live");
  expect(tries).toBe(2);
});
