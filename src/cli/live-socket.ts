import { WebSocket } from "ws";
import { LiveEvent, type StreamCommand } from "../contracts/live.ts";
import type { Api } from "./api.ts";
import { connectTo } from "./connect.ts";
import { urlOf } from "./http-call.ts";

/** Events that may wait unread before the socket is paused. */
const mostWaiting = 1_000;
const largestMessage = 16 * 1_048_576;
const handshakeLimit = 10_000;
/** The server pings every 30 s; a socket that is silent for longer is dead. */
const silenceLimit = 75_000;

/**
 * The events of a topic after a number, as they come over one WebSocket. Ends by throwing: when the connection ends, or a
 * message is not understood.
 */
export async function* readSocket(
  api: Api,
  from: { topic: string; after: number; signal: AbortSignal },
): AsyncGenerator<LiveEvent, never> {
  const socket = await openSocket(api, from.signal);
  const queue: LiveEvent[] = [];
  let wake = Promise.withResolvers<void>();
  let failure: Error | undefined;
  const end = (error: Error): void => {
    failure ??= error;
    wake.resolve();
  };
  const onAbort = (): void => end(new Error("stopped"));
  let silence = setTimeout(() => end(new Error("the connection is silent")), silenceLimit);
  const heard = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => end(new Error("the connection is silent")), silenceLimit);
  };
  socket.on("ping", heard);
  socket.on("message", (data) => {
    heard();
    const event = parseEvent(Buffer.isBuffer(data) ? data.toString("utf8") : "");
    if (event === undefined) end(new Error("the live stream said something that is no event"));
    else if (queue.push(event) >= mostWaiting) socket.pause();
    wake.resolve();
  });
  socket.on("error", end);
  socket.on("close", (code) => end(new Error(`the live stream was closed (${code})`)));
  from.signal.addEventListener("abort", onAbort, { once: true });
  const command: StreamCommand = { subscribe: { topic: from.topic, after: from.after } };
  try {
    socket.send(JSON.stringify(command));
    for (;;) {
      yield* queue.splice(0);
      if (socket.isPaused) socket.resume();
      if (queue.length > 0) continue;
      if (failure !== undefined) throw failure;
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
  } finally {
    clearTimeout(silence);
    from.signal.removeEventListener("abort", onAbort);
    socket.terminate();
  }
}

function parseEvent(text: string): LiveEvent | undefined {
  try {
    return LiveEvent.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function openSocket(api: Api, signal: AbortSignal): Promise<WebSocket> {
  const server = await api.findServer();
  const { ticket } = await api.streamTicket(signal);
  const connection = await connectTo(server, signal);
  const url = urlOf(server, `/api/v1/stream?ticket=${encodeURIComponent(ticket)}`);
  url.protocol = server.url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, {
    handshakeTimeout: handshakeLimit,
    maxPayload: largestMessage,
    perMessageDeflate: false,
    createConnection: () => connection,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
    signal.addEventListener("abort", () => socket.terminate(), { once: true });
  });
  return socket;
}
