import { type AnsibleEvent, maxEventLine, parseEvent } from "./events.ts";

const newline = 10;

/** Turns the bytes of events.jsonl, in pieces of any size, into events. */
export type EventDecoder = {
  /** The events whose last byte is in this piece. */
  push(bytes: Buffer): AnsibleEvent[];
  /** Bytes of the lines that were decoded (or skipped) so far: where to go on reading after a restart. */
  consumed(): number;
};

/** A decoder for bytes that begin at the start of a line; `from` is the offset of that line. */
export function createEventDecoder(from: number): EventDecoder {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let consumed = from;

  function endLine(last: Buffer): AnsibleEvent | undefined {
    const bytes = pendingBytes + last.length;
    consumed += bytes + 1;
    const line = bytes > maxEventLine ? undefined : Buffer.concat([...pending, last]).toString("utf8");
    pending = [];
    pendingBytes = 0;
    return line === undefined ? undefined : parseEvent(line);
  }

  return {
    push(bytes) {
      const events: AnsibleEvent[] = [];
      let start = 0;
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
        const event = endLine(bytes.subarray(start, end));
        if (event !== undefined) events.push(event);
        start = end + 1;
      }
      if (start < bytes.length) {
        // A line without end is counted, not kept: it is too long to be ours.
        if (pendingBytes <= maxEventLine) pending.push(bytes.subarray(start));
        pendingBytes += bytes.length - start;
      }
      return events;
    },
    consumed: () => consumed,
  };
}
