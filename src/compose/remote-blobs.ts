import { setTimeout as delay } from "node:timers/promises";
import type { Blobs } from "../agent/executor-deps.ts";
import type { AgentTransport } from "../adapters/bus/websocket/agent-transport.ts";

const lookAgainAfter = 100;

/**
 * The server's frozen files over the agent's connection. A connection that ends in the middle costs nothing but time: the
 * file goes on where it stopped, on the next one.
 */
export function createRemoteBlobs(transport: Pick<AgentTransport, "files" | "content" | "reachable">): Blobs {
  let digest: string | undefined;
  const isConnected = (): boolean => transport.reachable().length > 0;
  const connected = async (signal: AbortSignal): Promise<void> => {
    while (!isConnected()) await delay(lookAgainAfter, undefined, { signal });
  };
  const list = async (wanted: string, signal: AbortSignal) => {
    for (;;) {
      await connected(signal);
      try {
        return await transport.files(wanted, signal);
      } catch (error) {
        if (signal.aborted || isConnected()) throw error;
      }
    }
  };
  return {
    list: async (wanted, signal) => {
      digest = wanted;
      return await list(wanted, signal);
    },
    async *read(sha256, signal) {
      let given = 0;
      for (;;) {
        try {
          for await (const piece of skipBytes(transport.content(sha256, signal), given)) {
            given += piece.length;
            yield piece;
          }
          return;
        } catch (error) {
          if (signal.aborted || isConnected()) throw error;
        }
        // Each connection gives what is in the lists that were asked for on it.
        if (digest !== undefined) await list(digest, signal);
      }
    },
  };
}

async function* skipBytes(pieces: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const piece of pieces) {
    const rest = piece.subarray(Math.min(left, piece.length));
    left -= piece.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}
