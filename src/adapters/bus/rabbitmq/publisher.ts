import type { ConfirmChannel, Options } from "amqplib";
import type { Verdict } from "../../../ports/bus.ts";
import type { Link, Session } from "./link.ts";
import type { Route } from "./topology.ts";

/** Bytes of a message's body, both ways. */
export const largestBody = 8_388_608;

/** Messages without an answer on one channel; more have to wait where they are durable. */
const mostWaiting = 500;

export interface Parcel {
  readonly route: Route;
  readonly body: Buffer;
  readonly properties: Options.Publish;
  /** Goes past what is large: orders and pieces of output do not hold up a cancellation. */
  readonly urgent: boolean;
}

export interface Publisher extends Disposable {
  /** `ack` when the broker has the message for good, in a queue; `retry` in every other case, and after `answerWithin`. */
  publish(parcel: Parcel): Promise<Extract<Verdict, "ack" | "retry">>;
  /** Whether the broker can be expected to take something now. */
  ready(): boolean;
}

type Settle = (verdict: "ack" | "retry") => void;

interface Lane {
  readonly channel: ConfirmChannel;
  readonly waiting: Map<string, Settle>;
  /** The broker had no queue for them. It says so before it confirms them. */
  readonly returned: Set<string>;
}

interface Lanes {
  readonly session: Session;
  readonly urgent: Lane;
  readonly bulk: Lane;
}

export function createPublisher(link: Link, { answerWithin }: { answerWithin: number }): Publisher {
  let lanes: Lanes | undefined;
  let last = 0;
  const attached = link.attach(async (session) => {
    const [urgent, bulk] = [await openLane(session), await openLane(session)];
    lanes = { session, urgent, bulk };
  });
  const usable = (): Lanes | undefined =>
    lanes === undefined || lanes.session.over.aborted || lanes.session.blocked ? undefined : lanes;
  return {
    ready: () => usable() !== undefined,
    async publish({ route, body, properties, urgent }) {
      const found = usable();
      const lane = urgent ? found?.urgent : found?.bulk;
      if (lane === undefined || lane.waiting.size >= mostWaiting) return "retry";
      const id = String((last += 1));
      return await new Promise((resolve) => {
        const timer = setTimeout(() => settle("retry"), answerWithin);
        const settle: Settle = (verdict) => {
          clearTimeout(timer);
          lane.waiting.delete(id);
          lane.returned.delete(id);
          resolve(verdict);
        };
        lane.waiting.set(id, settle);
        const options = { ...properties, correlationId: id, mandatory: true };
        try {
          lane.channel.publish(route.exchange, route.routingKey, body, options, (error) =>
            settle(error || lane.returned.has(id) ? "retry" : "ack"),
          );
        } catch {
          // The channel has just been closed.
          settle("retry");
        }
      });
    },
    [Symbol.dispose]: () => attached[Symbol.dispose](),
  };
}

async function openLane(session: Session): Promise<Lane> {
  const channel = await session.confirmChannel();
  const lane: Lane = { channel, waiting: new Map(), returned: new Set() };
  channel.on("return", ({ properties }) => {
    const id = String(properties.correlationId);
    if (lane.waiting.has(id)) lane.returned.add(id);
  });
  const giveUp = (): void => {
    for (const settle of lane.waiting.values()) settle("retry");
  };
  session.onBlocked(giveUp);
  session.over.addEventListener("abort", giveUp);
  return lane;
}
