import type { WebSocket } from "ws";
import { describe, expect, test } from "vitest";
import type { LiveEvent } from "../contracts/live.ts";
import { createApi, type Api } from "./api.ts";
import { createClient } from "./client.ts";
import { followRun } from "./follow-run.ts";
import { at, ids, makeRun } from "./testing/examples.ts";
import { startScriptedServer, type Script, type ScriptedServer } from "./testing/scripted-server.ts";

const topic = `run:${ids.run}`;
const output = (seq: number): LiveEvent => ({
  topic,
  seq,
  at,
  type: "output",
  data: { taskId: ids.task, attempt: 1, offset: seq, length: 1, text: `${seq}` },
});
const ended = (seq: number): LiveEvent => ({
  topic,
  seq,
  at,
  type: "run.state",
  data: { state: "succeeded", reason: null },
});
const events = [...Array.from({ length: 9 }, (_, index) => output(index + 1)), ended(10)];

/** Answers of a server whose store holds these events. */
const script =
  (stored: readonly LiveEvent[], run = makeRun()): Script =>
  ({ path }) => {
    const url = new URL(path, "http://server");
    if (url.pathname.endsWith("/ticket")) return { json: { ticket: "t", expiresAt: at } };
    if (!url.pathname.endsWith("/events")) return { json: run };
    const after = Number(url.searchParams.get("after"));
    const limit = Number(url.searchParams.get("limit"));
    return { json: { items: stored.filter((event) => event.seq > after).slice(0, limit) } };
  };

const subscribed = (socket: WebSocket, send: (after: number) => void): void => {
  socket.on("message", (data: Buffer) => {
    const command = JSON.parse(data.toString("utf8")) as { subscribe: { topic: string; after: number } };
    expect(command.subscribe.topic).toBe(topic);
    send(command.subscribe.after);
  });
};

function apiOf(server: ScriptedServer): Api {
  const address = { url: new URL(server.url), token: "t", fingerprint: undefined };
  return createApi(
    createClient({ findServer: async () => address, signal: new AbortController().signal, pauses: [] }),
  );
}

async function follow(
  server: ScriptedServer,
  onEvent?: (seq: number) => void,
): Promise<{ seqs: number[]; troubles: string[] }> {
  const seqs: number[] = [];
  const troubles: string[] = [];
  const options = {
    api: apiOf(server),
    runId: ids.run,
    signal: AbortSignal.timeout(10_000),
    onTrouble: (trouble: string) => troubles.push(trouble),
    timing: { poll: 0.02, emptyPolls: 2, giveUp: 0.5 },
  };
  for await (const event of followRun(options)) {
    seqs.push(event.seq);
    onEvent?.(event.seq);
  }
  return { seqs, troubles };
}

const all = events.map((event) => event.seq);

describe("following a run", () => {
  test("gives every event of the live stream once, to the one that ends the run", async () => {
    await using server = await startScriptedServer({
      script: script([]),
      onSocket: (socket) =>
        subscribed(socket, () => {
          for (const event of [...events.slice(0, 5), ...events.slice(2)]) socket.send(JSON.stringify(event));
        }),
    });
    expect(await follow(server)).toEqual({ seqs: all, troubles: [] });
  });

  test("goes on from the last number after the stream was cut, without a gap", async () => {
    const from: number[] = [];
    await using server = await startScriptedServer({
      script: script(events.slice(0, 4)),
      onSocket: (socket, number) =>
        subscribed(socket, (after) => {
          from.push(after);
          if (number === 1) {
            for (const event of events.slice(0, 2)) socket.send(JSON.stringify(event));
            socket.close(1001);
          } else for (const event of events.slice(after)) socket.send(JSON.stringify(event));
        }),
    });
    const seen = await follow(server);
    expect(seen).toEqual({ seqs: all, troubles: ["polling"] });
    expect(from).toEqual([0, 4]);
  });

  test("fills a gap of the stream by polling", async () => {
    await using server = await startScriptedServer({
      script: script(events),
      onSocket: (socket) =>
        subscribed(socket, () => {
          for (const event of [events[0], events[5]]) socket.send(JSON.stringify(event));
        }),
    });
    expect((await follow(server)).seqs).toEqual(all);
  });

  test("polls alone where there are no WebSockets", async () => {
    await using server = await startScriptedServer({ script: script(events) });
    expect(await follow(server)).toEqual({ seqs: all, troubles: ["polling"] });
  });

  test("waits for a server that starts anew", async () => {
    const first = await startScriptedServer({ script: script(events.slice(0, 3)) });
    const { port } = new URL(first.url);
    let second: Promise<ScriptedServer> | undefined;
    const seen = await follow(first, (seq) => {
      if (seq === 3)
        second = first
          .close()
          .then(() => startScriptedServer({ script: script(events), port: Number(port) }));
    });
    await (await second)?.close();
    expect(seen.seqs).toEqual(all);
    expect(seen.troubles).toContain("polling");
  });

  test("gives up when the server stays away", async () => {
    const server = await startScriptedServer({ script: script(events.slice(0, 3)) });
    const followed = follow(server, (seq) => {
      if (seq === 3) void server.close();
    });
    await expect(followed).rejects.toMatchObject({ code: "server-unreachable" });
  });

  test("ends for a run whose last events are no longer kept", async () => {
    await using server = await startScriptedServer({
      script: script(events.slice(0, 2), makeRun({ state: "failed" })),
    });
    expect((await follow(server)).seqs).toEqual([1, 2]);
  });

  test("stops at what the server refuses", async () => {
    const problem = {
      type: "x",
      title: "x",
      status: 403,
      detail: "no",
      code: "not-allowed",
      retryable: false,
      hint: null,
    };
    await using server = await startScriptedServer({
      script: (request, number) => (number === 1 ? { json: makeRun() } : { status: 403, json: problem }),
    });
    await expect(follow(server)).rejects.toMatchObject({ code: "not-allowed" });
  });
});
