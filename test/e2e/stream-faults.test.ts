import { createHash, hash } from "node:crypto";
import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket as Socket } from "ws";
import type { LiveEvent } from "../../src/contracts/live.ts";
import { canonicalJson } from "../../src/domain/canonical-json.ts";
import { createLive, type LiveDeps } from "../../web/src/live/create-live.ts";
import { createChance, startFaultProxy, type FaultProxy } from "../support/fault-proxy.ts";
import { approve, ended, plan, playbook, writeRepository } from "../support/jobs.ts";
import {
  chiffon,
  createWorld,
  signUp,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";

/** More of them: CHIFFON_TEST_CUTS=5000. */
const cutsWanted = Number(process.env["CHIFFON_TEST_CUTS"] ?? 500);
const viewers = 10;
const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some((at) => at.address === "::1"));

let world: World;
let server: Server;
let api: Api;
let proxy: FaultProxy;
/** What the server is called: it refuses other names and ports, which is what a proxy has. */
let host: string;

const talk = (word: string, count: number) =>
  `    - name: Say ${word}\n      ansible.builtin.debug:\n        msg: "${word} {{ item }} {{ '.' * (item % 97) }}"\n      loop: "{{ range(${count}) | list }}"\n`;

beforeAll(async () => {
  world = await createWorld();
  const repository = await writeRepository(world, {
    "talk.yml": playbook("talk", talk("one", 120) + talk("two", 120)),
    "chat.yml": playbook("chat", talk("three", 60)),
  });
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signUp(server);
  host = new URL(server.url).host;
  proxy = await startFaultProxy({ target: { host: "127.0.0.1", port: Number(new URL(server.url).port) } });
});

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** A request to the server, through the proxy or past it, from an address of this viewer: calls are counted by address. */
function ask<T>(way: { port: number; from: string }, method: string, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const headers = { host, authorization: `Bearer ${api.token}`, "content-length": 0 };
    const call = request(
      {
        port: way.port,
        host: "127.0.0.1",
        localAddress: way.from,
        method,
        path: `/api/v1${path}`,
        headers,
        agent: false,
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => (text += part));
        answer.on("error", reject);
        answer.on("end", () => {
          if (!answer.complete || answer.statusCode === undefined || answer.statusCode >= 300)
            reject(new Error(`${answer.statusCode} ${text}`));
          else resolve(JSON.parse(text) as T);
        });
      },
    );
    call.on("error", reject);
    call.end();
  });
}

const digestOf = (event: LiveEvent): string => hash("sha256", canonicalJson(event));

/** What a viewer had seen when it was cut off, or at the end of the run. */
interface Sight {
  readonly count: number;
  readonly digest: string;
}

interface Seen {
  readonly sights: Sight[];
  /** Disconnects. */
  cuts: number;
  polls: number;
  /** How many events each viewer had at the end of the run. */
  readonly whole: number[];
}

/** The dashboard's own way to follow a run, until its end. */
async function view(seen: Seen, runId: string, viewer: { from: string; seed: number }): Promise<void> {
  const { from, seed } = viewer;
  const running = createHash("sha256");
  let count = 0;
  let over = false;
  const look = () => seen.sights.push({ count, digest: running.copy().digest("hex") });
  const { port } = proxy;
  const deps: LiveDeps = {
    getTicket: async () => {
      const past = { port: Number(new URL(server.url).port), from };
      return (await ask<{ ticket: string }>(past, "POST", "/stream/ticket")).ticket;
    },
    openSocket: (ticket) => {
      const url = `ws://127.0.0.1:${port}/api/v1/stream?ticket=${ticket}`;
      const socket = new Socket(url, { headers: { host }, localAddress: from });
      socket.on("error", () => undefined);
      socket.on("close", () => {
        if (over) return;
        seen.cuts += 1;
        look();
      });
      return socket as unknown as WebSocket;
    },
    fetchEvents: async (id, after) => {
      seen.polls += 1;
      return (await ask<{ items: LiveEvent[] }>({ port, from }, "GET", `/runs/${id}/events?after=${after}`))
        .items;
    },
    random: createChance(seed),
    waits: { quiet: 1, poll: 20, connect: 3_000, silence: 3_000, scale: 0.01 },
  };
  const live = createLive(deps);
  try {
    await new Promise<void>((resolve) => {
      live.follow(`run:${runId}`, {
        last: 0,
        onEvent: (event) => {
          count += 1;
          running.update(digestOf(event));
          if (event.type === "run.state" && event.data.state === "succeeded") resolve();
        },
      });
    });
    over = true;
    look();
    seen.whole.push(count);
  } finally {
    live.close();
  }
}

/** All that is stored of a run, and the digest of each beginning of it. */
async function readStored(runId: string): Promise<{ events: LiveEvent[]; digests: string[] }> {
  const events: LiveEvent[] = [];
  for (;;) {
    const path = `/runs/${runId}/events?after=${events.length}&limit=500`;
    const { items } = await api.get<{ items: LiveEvent[] }>(path);
    if (items.length === 0) break;
    events.push(...items);
  }
  const running = createHash("sha256");
  const digests = [running.copy().digest("hex")];
  for (const event of events) digests.push(running.update(digestOf(event)).copy().digest("hex"));
  return { events, digests };
}

test(
  "[P11] at every one of 500 disconnects at a random byte a viewer has seen exactly what is stored, and at the end all of it",
  async () => {
    const seen: Seen = { sights: [], cuts: 0, polls: 0, whole: [] };
    const chance = createChance(11);
    // Some connections end while they begin, so that it has to poll too.
    const bytes = () => Math.floor(chance() * (chance() < 0.4 ? 500 : 8_000));
    proxy.limit(() => (chance() < 0.1 || seen.cuts >= cutsWanted ? undefined : bytes()));
    const runId = await approve(api, await plan(api, "Deploy talk"));
    await Promise.all(
      Array.from({ length: viewers }, async (_, index) => {
        for (let round = 0; round === 0 || seen.cuts < cutsWanted; round += 1)
          await view(seen, runId, { from: `127.0.0.${index + 2}`, seed: 100 * index + round });
      }),
    );
    await ended(api, runId);

    const { events, digests } = await readStored(runId);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    const equal = seen.sights.filter(({ count, digest }) => digests[count] === digest).length;
    process.stdout.write(`[P11] ${seen.cuts} disconnects: ${equal} of ${seen.sights.length} equal hashes\n`);
    expect(equal).toBe(seen.sights.length);
    expect(seen.cuts).toBeGreaterThanOrEqual(cutsWanted);
    expect(seen.polls).toBeGreaterThan(0);
    const end = events.findIndex((event) => event.type === "run.state" && event.data.state === "succeeded");
    expect(new Set(seen.whole)).toEqual(new Set([end + 1]));
  },
  cutsWanted * 200 + 240_000,
);

test.runIf(hasIpv6)(
  "[P11] a command that watches a run over a way that is cut, slow and silent prints exactly the stored events",
  async () => {
    const { port } = new URL(server.url);
    // The same port at another address of this machine: a name that the server answers to, with a proxy behind it.
    await using way = await startFaultProxy({
      target: { host: "127.0.0.1", port: Number(port) },
      host: "::1",
      port: Number(port),
    });
    const chance = createChance(12);
    let connections = 0;
    way.limit(() => (++connections > 12 ? undefined : Math.floor(chance() * 4_000)));
    const runId = await approve(api, await plan(api, "Deploy chat"));
    const watching = chiffon(world, ["run", "watch", runId, "--json"], {
      env: { CHIFFON_URL: `http://[::1]:${port}`, CHIFFON_TOKEN: api.token },
    });
    await waitUntil(() => connections > 4);
    await way.behave({ kind: "stall" });
    await waitUntil(async () => (await ended(api, runId)).state === "succeeded");
    await way.behave({ kind: "slow", bytesPerSecond: 60_000 });
    const { code, stdout, stderr } = await watching;

    expect(stderr).toMatch(/the live stream was cut|the server does not answer/);
    expect(code).toBe(0);
    const { events } = await readStored(runId);
    const printed = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as LiveEvent);
    expect(printed).toEqual(events.slice(0, printed.length));
    expect(printed.at(-1)).toMatchObject({ type: "run.state", data: { state: "succeeded" } });
    expect(way.cuts).toBeGreaterThan(4);
  },
);
