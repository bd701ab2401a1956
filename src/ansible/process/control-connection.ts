import { open } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { ChiffonError } from "../../domain/errors.ts";
import { runFiles } from "./run-files.ts";

/** What a running attempt uses at the moment. */
export const AttemptStatus = z.object({
  reply: z.literal("status"),
  state: z.enum(["running", "stopping"]),
  /** Process number of ansible-playbook. */
  pid: z.int().nullable(),
  elapsedMs: z.number(),
  outputBytes: z.number(),
  eventBytes: z.number(),
  /** CPU and resident memory of the process tree; at most two seconds old. */
  cpuMs: z.number(),
  memoryKb: z.number(),
});
export type AttemptStatus = z.infer<typeof AttemptStatus>;

const Reply = z.discriminatedUnion("reply", [
  z.object({ reply: z.literal("renew") }),
  z.object({ reply: z.literal("cancel") }),
  z.object({ reply: z.literal("error"), message: z.string() }),
  AttemptStatus,
]);
type Reply = z.infer<typeof Reply>;

const Message = z.union([Reply, z.object({ push: z.literal("exited") })]);

type Request = { cmd: "renew" } | { cmd: "cancel"; reason: string } | { cmd: "status" };

/** A connection to the supervisor of one attempt. Answers come in the order of the requests. */
export type ControlConnection = {
  /** Throws ChiffonError `server-unreachable` when the connection ends before the answer, or after 10 s. */
  request(message: Request): Promise<Reply>;
  /** True once a request was not answered in its time, while the other side kept the connection open. */
  unanswered(): boolean;
  /** Resolves when the connection is over, whoever ended it. Never rejects. */
  closed: Promise<void>;
  close(): void;
};

const longestPath = 100;
/** A supervisor that needs longer than this for an answer is stopped, or hangs. */
const usualAnswerLimitMs = 10_000;
const maxBuffered = 65_536;

/** Connects to the supervisor of a run directory; undefined when nobody listens there. */
export async function openControl(
  runDir: string,
  answerLimitMs = usualAnswerLimitMs,
): Promise<ControlConnection | undefined> {
  const path = join(runDir, runFiles.control);
  if (Buffer.byteLength(path) <= longestPath) return converse(await tryConnect(path), answerLimitMs);
  // The path of a socket ends at about 100 bytes; through an open folder it is short.
  let folder;
  try {
    folder = await open(runDir, "r");
  } catch {
    return undefined;
  }
  try {
    return converse(await tryConnect(`/proc/self/fd/${folder.fd}/${runFiles.control}`), answerLimitMs);
  } finally {
    await folder.close();
  }
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
  });
}

type Waiting = { resolve(reply: Reply): void; reject(error: Error): void; timer: NodeJS.Timeout };

function converse(socket: Socket | undefined, answerLimitMs: number): ControlConnection | undefined {
  if (socket === undefined) return undefined;
  const waiting: Waiting[] = [];
  const { promise: closed, resolve: setClosed } = Promise.withResolvers<void>();
  let buffered = "";
  let late = false;
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    const lines = (buffered + text).split("\n");
    buffered = lines.pop() ?? "";
    for (const line of lines) if (!take(line, waiting)) socket.destroy();
    if (buffered.length > maxBuffered) socket.destroy();
  });
  // Without a listener an error would end the process; "close" follows it in any case.
  socket.on("error", () => {});
  socket.on("close", () => {
    for (const one of waiting.splice(0)) settle(one).reject(unreachable());
    setClosed();
  });
  return {
    request(message) {
      return new Promise((resolve, reject) => {
        if (socket.destroyed || !socket.writable) {
          reject(unreachable());
          return;
        }
        // A stopped supervisor accepts and never answers.
        const timer = setTimeout(() => {
          late = true;
          socket.destroy();
        }, answerLimitMs);
        waiting.push({ resolve, reject, timer });
        socket.write(`${JSON.stringify(message)}\n`);
      });
    },
    unanswered: () => late,
    closed,
    close: () => socket.destroy(),
  };
}

/** False when the line is nothing that a supervisor says. */
function take(line: string, waiting: Waiting[]): boolean {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return false;
  }
  const message = Message.safeParse(json);
  if (!message.success) return false;
  // The supervisor closes the connection right after "exited", which is what we wait for.
  if ("push" in message.data) return true;
  const first = waiting.shift();
  if (first !== undefined) settle(first).resolve(message.data);
  return first !== undefined;
}

function settle(one: Waiting): Waiting {
  clearTimeout(one.timer);
  return one;
}

function unreachable(): ChiffonError {
  return new ChiffonError("server-unreachable", "The supervisor of the attempt does not answer.", {
    hint: "Wait for the attempt to end; its state is then read from its folder.",
  });
}
