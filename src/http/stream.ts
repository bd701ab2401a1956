import type { WebSocket } from "ws";
import { StreamCommand } from "../contracts/live.ts";
import type { Problem } from "../contracts/problem.ts";
import type { Access } from "../engine/access/access.ts";
import { decideAccess, type Identity } from "../engine/access/roles.ts";
import type { Engine } from "../engine/engine.ts";
import { describeError, makeProblem } from "./problems.ts";
import { startPump } from "./stream-pump.ts";

const maxTopics = 50;
/** Bytes waiting in one socket beyond which no more events are read for it. */
const maxBuffered = 1_048_576;
/** Bytes of one command. */
const largestCommand = 65_536;
const maxBadCommands = 10;
/** Commands that one socket may send per ping interval. */
const maxCommands = 500;

export interface StreamDeps {
  readonly engine: Engine;
  readonly access: Access;
  readonly log: { warn(fields: object, message: string): void };
  /** Milliseconds between pings; a socket that has not answered the one before is closed. Default 30 s. */
  readonly pingEvery?: number;
}

/** Close codes: 1000 to 1015 are RFC 6455's, 4xxx ours. */
const closing = {
  goingAway: 1001,
  unsupported: 1003,
  policy: 1008,
  tooLarge: 1009,
  failed: 1011,
  signedOut: 4401,
} as const;

/** One connection to the live stream. */
export function serveStream(deps: StreamDeps, socket: WebSocket, identity: Identity): void {
  const topics = new Map<string, () => void>();
  let badCommands = 0;
  let commands = 0;
  const state = { alive: true };

  const say = (problem: Problem): void => socket.send(JSON.stringify({ type: "error", data: problem }));
  const refuse = (detail: string, hint: string): void => {
    badCommands++;
    if (badCommands > maxBadCommands) socket.close(closing.policy, "too many wrong commands");
    else say(makeProblem({ code: "bad-input", detail, hint }));
  };
  const fail = (error: unknown): void => {
    const { problem } = describeError(error, "of the live stream");
    deps.log.warn({ err: error }, "live stream failed");
    say(problem);
    socket.close(closing.failed, "the events could not be read");
  };
  const send = (text: string): Promise<void> | undefined => {
    if (socket.bufferedAmount <= maxBuffered) {
      socket.send(text);
      return undefined;
    }
    // The callback comes when this text has left, and so all before it; or when the socket has ended.
    return new Promise((resolve) => socket.send(text, () => resolve()));
  };
  const subscribe = (topic: string, after: number): void => {
    topics.get(topic)?.();
    topics.delete(topic);
    if (topics.size >= maxTopics) {
      refuse(
        `One connection follows at most ${maxTopics} topics.`,
        "Unsubscribe from one, or open another connection.",
      );
      return;
    }
    topics.set(topic, startPump({ events: deps.engine.events, topic, after, send, onError: fail }));
  };
  const obey = (text: string): void => {
    const command = parseCommand(text);
    if (command === undefined) {
      refuse(
        "This is no command of the live stream.",
        'For example: {"subscribe":{"topic":"inbox","after":0}}',
      );
    } else if ("subscribe" in command) subscribe(command.subscribe.topic, command.subscribe.after);
    else {
      topics.get(command.unsubscribe.topic)?.();
      topics.delete(command.unsubscribe.topic);
    }
  };
  const end = watchLife({ deps, socket, identity, state, onBeat: () => (commands = 0) });

  socket.on("pong", () => (state.alive = true));
  socket.on("message", (data, isBinary) => {
    commands++;
    if (isBinary) socket.close(closing.unsupported, "only text is understood");
    else if (commands > maxCommands) socket.close(closing.policy, "too many commands");
    else if (Buffer.isBuffer(data) && data.length > largestCommand) socket.close(closing.tooLarge);
    else obey(Buffer.isBuffer(data) ? data.toString("utf8") : "");
  });
  socket.on("error", () => socket.terminate());
  socket.on("close", () => {
    end();
    for (const stop of topics.values()) stop();
    topics.clear();
  });
}

function parseCommand(text: string): StreamCommand | undefined {
  try {
    return StreamCommand.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

interface Life {
  readonly deps: StreamDeps;
  readonly socket: WebSocket;
  readonly identity: Identity;
  readonly state: { alive: boolean };
  readonly onBeat: () => void;
}

/** Pings, ends a socket that no longer answers, and one whose session or token has ended. */
function watchLife({ deps, socket, identity, state, onBeat }: Life): () => void {
  const timer = setInterval(() => {
    onBeat();
    if (!state.alive) {
      socket.terminate();
      return;
    }
    state.alive = false;
    socket.ping();
    deps.access.refresh(identity).then(
      (now) => {
        if (decideAccess(now, "read") !== "allowed") socket.close(closing.signedOut, "signed out");
      },
      // Without the database nobody can tell; the next beat asks again.
      () => undefined,
    );
  }, deps.pingEvery ?? 30_000);
  timer.unref();
  return () => clearInterval(timer);
}

/** Ends all sockets of a server that stops: politely, and after a second by force. */
export async function closeSockets(sockets: ReadonlySet<WebSocket>): Promise<void> {
  if (sockets.size === 0) return;
  const closed = [...sockets].map(
    (socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
  );
  for (const socket of sockets) socket.close(closing.goingAway, "the server stops");
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.terminate();
  }, 1_000);
  await Promise.all(closed);
  clearTimeout(timer);
}
