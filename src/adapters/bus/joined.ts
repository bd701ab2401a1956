import type { Transport } from "../../ports/bus.ts";

/** Several transports as one: a message goes the way on which its receiver can be reached, and handlers hear all of them. */
export function joinTransports(transports: readonly Transport[]): Transport {
  return {
    reaches: (queue) => transports.some((each) => each.reaches(queue)),
    reachable: () => transports.flatMap((each) => each.reachable()),
    async deliver(queue, envelope) {
      const way = transports.find((each) => each.reaches(queue));
      return way === undefined ? "retry" : await way.deliver(queue, envelope);
    },
    consume(queue, options, handler) {
      const consumers = transports.map((each) => each.consume(queue, options, handler));
      return {
        [Symbol.asyncDispose]: async () => {
          await Promise.all(consumers.map((each) => each[Symbol.asyncDispose]()));
        },
      };
    },
  };
}
