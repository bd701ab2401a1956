import type { WebSocket } from "ws";
import type { Envelope } from "../../../contracts/agent-protocol.ts";
import { Frame, largestFrame } from "../../../contracts/gateway.ts";
import type { Verdict } from "../../../ports/bus.ts";
import type { Consumers } from "../consumers.ts";
import { createAnswering, type Library } from "./answering.ts";
import { createAsking, type Asking } from "./asking.ts";
import { bytesOf, parsePiece, parseText, type Send } from "./frames.ts";
import { keepAlive } from "./keep-alive.ts";

export interface PeerOptions {
  readonly consumers: Pick<Consumers, "hand">;
  /** Why the other side may not say this in this queue; what it may not is `dead`. */
  readonly findFault: (queue: string, envelope: unknown) => string | undefined;
  /** The other side did what no honest one does. */
  readonly onFault?: (why: string) => void;
  /** Absent: the other side may not ask for files. */
  readonly library?: Library;
  /** Any frame came: the other side lives. */
  readonly onAlive?: () => void;
  /** What went wrong on this side; the other side is told no more than that. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds between two looks: without a frame since the last one it pings, and after the fourth it ends the connection. */
  readonly pingEvery: number;
}

/** An open session with the other side of a WebSocket. */
export interface Peer extends Pick<Asking, "files" | "content"> {
  /** `retry` when the connection ends first, or when too much is on its way already. */
  deliver(queue: string, envelope: Envelope): Promise<Verdict>;
  /** Whether the other side answers within so many milliseconds. */
  answers(within: number): Promise<boolean>;
  close(code: number, reason: string): void;
  readonly closed: Promise<void>;
}

/** Envelopes of the other side that are in hand here at the same time; a side that sends more is broken or hostile. */
const mostInHand = 256;
/** Bytes that wait in the socket beyond which nothing more is sent. */
const mostWaiting = 2 * largestFrame;
/** Close code of RFC 6455: what came is against the rules. */
const policy = 1008;

/** Serves one socket after both sides have proved who they are. */
export function startPeer(socket: WebSocket, options: PeerOptions): Peer {
  const isOpen = (): boolean => socket.readyState === socket.OPEN;
  const send: Send = (frame) => {
    if (isOpen()) socket.send(JSON.stringify(frame));
  };
  let last = 0;
  const nextId = (): number => (last = (last % 0xffff_fffe) + 1);
  const asking = createAsking({ send, isOpen, nextId });
  const { library } = options;
  const sendBytes = (bytes: Buffer): void => socket.send(bytes);
  const answering = library && createAnswering({ library, send, sendBytes, onError: options.onError });
  const verdicts = new Map<number, (verdict: Verdict) => void>();
  const reject = (why: string): void => {
    options.onFault?.(why);
    socket.close(policy, why);
  };
  const take = receiver(options, { send, reject });
  const obey = (frame: Frame): void => {
    switch (frame.type) {
      case "deliver":
        return take(frame);
      case "verdict":
        return verdicts.get(frame.id)?.(frame.verdict);
      case "ask":
        return answering?.take(frame) ? undefined : reject("it asked for more than it may");
      case "more":
        return answering?.more(frame.id);
      case "stop":
        return answering?.stop(frame.id);
      case "files":
        return asking.takeFiles(frame);
      case "end":
        return asking.takeEnd(frame);
    }
  };
  const life = keepAlive(socket, options);
  socket.on("message", (data, isBinary) => {
    life.heard();
    const bytes = bytesOf(data);
    if (isBinary) {
      const piece = parsePiece(bytes);
      if (piece !== undefined) asking.takePiece(piece);
      return;
    }
    const frame = parseText(Frame, bytes);
    if (frame === undefined) reject("it sent what is no frame of this protocol");
    else obey(frame);
  });
  const closed = Promise.withResolvers<void>();
  socket.once("close", () => {
    for (const settle of verdicts.values()) settle("retry");
    asking.close();
    answering?.close();
    closed.resolve();
  });
  return {
    ...asking,
    closed: closed.promise,
    answers: life.answers,
    close: (code, reason) => socket.close(code, reason),
    async deliver(queue, envelope) {
      if (!isOpen() || socket.bufferedAmount > mostWaiting) return "retry";
      const id = nextId();
      const settled = Promise.withResolvers<Verdict>();
      verdicts.set(id, settled.resolve);
      send({ type: "deliver", id, queue, envelope });
      return await settled.promise.finally(() => verdicts.delete(id));
    },
  };
}

const neverTaken = "it sent what can never be taken: malformed, or about work that is not its own";

/** Takes envelopes of the other side, and answers each with the verdict. */
function receiver(
  { findFault, onFault, consumers }: PeerOptions,
  { send, reject }: { send: Send; reject: (why: string) => void },
): (frame: Extract<Frame, { type: "deliver" }>) => void {
  let inHand = 0;
  const verdictFor = async (queue: string, envelope: unknown): Promise<Verdict> => {
    const fault = findFault(queue, envelope);
    const verdict = fault === undefined ? await consumers.hand(queue, envelope) : "dead";
    if (verdict === "dead") onFault?.(fault ?? neverTaken);
    return verdict;
  };
  return ({ id, queue, envelope }) => {
    if (inHand >= mostInHand) return reject("it sent too many messages at once");
    inHand += 1;
    void verdictFor(queue, envelope)
      .then((verdict) => send({ type: "verdict", id, verdict }))
      .finally(() => (inHand -= 1));
  };
}
