import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer, type RawData } from "ws";
import { Envelope } from "../../src/contracts/agent-protocol.ts";
import { Frame } from "../../src/contracts/gateway.ts";

export type Side = "agent" | "server";

/** An envelope as it went over the connection of an agent. */
export interface Seen {
  readonly from: Side;
  readonly agentId: string;
  readonly queue: string;
  readonly envelope: Envelope;
}

/** Stands between agents and their server, hears every envelope, and can say each of them again. */
export interface Tap extends AsyncDisposable {
  readonly port: number;
  readonly seen: Seen[];
  /** Whether every envelope is delivered twice. */
  isDoubling: boolean;
  /** Says this over the connection of that agent to the other side; gives the verdict. */
  say(from: Side, agentId: string, given: { queue: string; envelope: unknown }): Promise<string>;
}

interface Line {
  agentId: string | undefined;
  readonly ends: Readonly<Record<Side, WebSocket>>;
}

/** Neither side counts so far. */
const firstOwnId = 0xf000_0000;

export async function startTap(target: number): Promise<Tap> {
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => sockets.once("listening", resolve));
  const lines = new Set<Line>();
  const verdicts = new Map<number, (verdict: string) => void>();
  let last = firstOwnId;
  const deliver = (to: WebSocket, given: { queue: string; envelope: unknown }): Promise<string> => {
    const id = (last += 1);
    const verdict = new Promise<string>((resolve) => verdicts.set(id, resolve));
    to.send(JSON.stringify({ type: "deliver", id, ...given }));
    return verdict;
  };
  /** False: it is about what was said here, and of no interest to the other side. */
  const hear = (line: Line, from: Side, data: RawData): boolean => {
    const said: unknown = JSON.parse((data as Buffer).toString());
    if (typeof said === "object" && said !== null && "agent_id" in said && from === "server")
      line.agentId = String(said.agent_id);
    const frame = Frame.safeParse(said);
    if (!frame.success) return true;
    if (frame.data.type === "verdict" && frame.data.id >= firstOwnId) {
      verdicts.get(frame.data.id)?.(frame.data.verdict);
      verdicts.delete(frame.data.id);
      return false;
    }
    if (frame.data.type !== "deliver" || line.agentId === undefined) return true;
    const { queue } = frame.data;
    const envelope = Envelope.parse(frame.data.envelope);
    tap.seen.push({ from, agentId: line.agentId, queue, envelope });
    if (tap.isDoubling) void deliver(line.ends[other(from)], { queue, envelope: frame.data.envelope });
    return true;
  };
  sockets.on("connection", (agent, request) => {
    const server = new WebSocket(`ws://127.0.0.1:${target}${request.url ?? ""}`, {
      perMessageDeflate: false,
    });
    const line: Line = { agentId: undefined, ends: { agent, server } };
    lines.add(line);
    const early: (() => void)[] = [];
    server.once("open", () => early.splice(0).forEach((send) => send()));
    for (const from of ["agent", "server"] as const) {
      const to = line.ends[other(from)];
      line.ends[from].on("message", (data, isBinary) => {
        const pass = (): void => to.send(data, { binary: isBinary });
        // Said again before it is passed on: then the copy is the first.
        if (!isBinary && !hear(line, from, data)) return;
        if (to.readyState === WebSocket.CONNECTING) early.push(pass);
        else if (to.readyState === WebSocket.OPEN) pass();
      });
      line.ends[from].on("error", () => to.terminate());
      line.ends[from].on("close", () => {
        lines.delete(line);
        to.terminate();
      });
    }
  });
  const tap: Tap = {
    port: (sockets.address() as AddressInfo).port,
    seen: [],
    isDoubling: false,
    async say(from, agentId, given) {
      const line = [...lines].find((each) => each.agentId === agentId);
      if (line === undefined) throw new Error(`agent ${agentId} is not connected`);
      return await deliver(line.ends[other(from)], given);
    },
    async [Symbol.asyncDispose]() {
      for (const { ends } of lines) ends.server.terminate();
      for (const client of sockets.clients) client.terminate();
      await new Promise((resolve) => sockets.close(resolve));
    },
  };
  return tap;
}

const other = (side: Side): Side => (side === "agent" ? "server" : "agent");
