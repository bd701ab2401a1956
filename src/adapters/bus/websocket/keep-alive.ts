import type { WebSocket } from "ws";

/** As much of a WebSocket as is needed here. */
interface Heard extends Pick<WebSocket, "ping" | "terminate" | "readyState" | "OPEN"> {
  on(event: "ping" | "pong" | "close", listener: () => void): unknown;
  once(event: "close", listener: () => void): unknown;
  off(event: "pong" | "close", listener: () => void): unknown;
}

interface Life {
  /** A frame came. */
  heard(): void;
  /** Whether the other side answers a ping within so many milliseconds. */
  answers(within: number): Promise<boolean>;
}

const mostUnheard = 3;

/**
 * Pings a side that has said nothing for a while, so that a connection whose other side is gone without a word (no power, no
 * network, asleep) ends here too.
 */
export function keepAlive(socket: Heard, options: { pingEvery: number; onAlive?: () => void }): Life {
  /** Ticks since the last frame. */
  let unheard = 0;
  const heard = (): void => {
    unheard = 0;
    options.onAlive?.();
  };
  const timer = setInterval(() => {
    unheard += 1;
    if (unheard > mostUnheard) socket.terminate();
    else if (unheard > 1) socket.ping();
  }, options.pingEvery);
  socket.on("pong", heard);
  socket.on("ping", heard);
  socket.once("close", () => clearInterval(timer));
  return {
    heard,
    answers: (within) =>
      new Promise((resolve) => {
        const done = (answer: boolean): void => {
          clearTimeout(limit);
          socket.off("pong", onPong);
          socket.off("close", onClose);
          resolve(answer);
        };
        const onPong = (): void => done(true);
        const onClose = (): void => done(false);
        const limit = setTimeout(() => done(false), within);
        socket.on("pong", onPong);
        socket.on("close", onClose);
        if (socket.readyState === socket.OPEN) socket.ping();
        else done(false);
      }),
  };
}
