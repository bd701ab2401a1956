import type { RawData } from "ws";
import type { z } from "zod";
import type { Frame } from "../../../contracts/gateway.ts";

export type Send = (frame: Frame) => void;

/** The JSON of a text frame; undefined when it is not of that shape. */
export function parseText<Schema extends z.ZodType>(
  schema: Schema,
  data: Buffer,
): z.infer<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(data.toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

export function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** A piece of a file: the number of the question that it answers, then its bytes. */
export function pieceFrame(id: number, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(id);
  return Buffer.concat([head, bytes]);
}

export function parsePiece(frame: Buffer): { id: number; bytes: Buffer } | undefined {
  return frame.length > 4 ? { id: frame.readUInt32BE(0), bytes: frame.subarray(4) } : undefined;
}
