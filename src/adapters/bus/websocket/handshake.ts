import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import type { z } from "zod";
import { bytesOf, parseText } from "./frames.ts";

/** Milliseconds for one answer of the other side. */
const answerWithin = 10_000;
const mostQueued = 16;

/** Reads the frames of a handshake one by one. What comes after its last one is kept for the session. */
export interface FrameReader {
  /** Rejects when no such frame comes in time, or the connection ends. */
  next<Schema extends z.ZodType>(schema: Schema): Promise<z.infer<Schema>>;
  /** Ends the reading; frames that were not read are heard by the listeners of the socket then. */
  release(): void;
}

export function readFrames(socket: WebSocket): FrameReader {
  const queued: { data: Buffer; isBinary: boolean }[] = [];
  let ended: Error | undefined;
  let wake = Promise.withResolvers<void>();
  const onMessage = (data: Parameters<typeof bytesOf>[0], isBinary: boolean): void => {
    // Nobody has a reason to say so much before the other side has answered.
    if (queued.length >= mostQueued) return socket.terminate();
    queued.push({ data: bytesOf(data), isBinary });
    wake.resolve();
  };
  const onEnd = (): void => {
    ended ??= new Error("the connection ended before both sides had said who they are");
    wake.resolve();
  };
  socket.on("message", onMessage);
  socket.on("close", onEnd);
  return {
    async next(schema) {
      const limit = setTimeout(() => {
        ended ??= new Error("no answer in time");
        wake.resolve();
      }, answerWithin);
      try {
        for (;;) {
          const frame = queued.shift();
          if (frame !== undefined) {
            const parsed = frame.isBinary ? undefined : parseText(schema, frame.data);
            if (parsed === undefined) throw new Error("what came is no part of the handshake");
            return parsed;
          }
          if (ended !== undefined) throw ended;
          wake = Promise.withResolvers();
          await wake.promise;
        }
      } finally {
        clearTimeout(limit);
      }
    },
    release() {
      socket.off("message", onMessage);
      socket.off("close", onEnd);
      for (const { data, isBinary } of queued.splice(0)) socket.emit("message", data, isBinary);
    },
  };
}

export function newNonce(): string {
  return randomBytes(32).toString("base64");
}
