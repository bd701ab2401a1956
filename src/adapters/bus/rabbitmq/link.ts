import { setTimeout as delay } from "node:timers/promises";
import { connect, type Channel, type ChannelModel, type ConfirmChannel } from "amqplib";
import type { ConnectArguments } from "./address.ts";

/** One connection, from its opening to its end. */
export interface Session {
  /** Aborted when the connection is over. */
  readonly over: AbortSignal;
  channel(): Promise<Channel>;
  confirmChannel(): Promise<ConfirmChannel>;
  /** Gives the connection up; the link makes another one. */
  fail(error: unknown): void;
  /** True while the broker takes nothing: it has too little memory or disk. */
  readonly blocked: boolean;
  onBlocked(listener: () => void): void;
}

/** A connection that is made again whenever it ends. */
export interface Link extends AsyncDisposable {
  /** The connection that stands and is set up, if there is one. */
  session(): Session | undefined;
  /** Runs for the connection that stands, if there is one, and for each new one. When it fails, the connection is made anew. */
  attach(setUp: SetUp): Disposable;
}

type SetUp = (session: Session) => Promise<void>;

export interface LinkOptions {
  readonly connection: ConnectArguments;
  /** Called for each connection that ends or cannot be made; it is tried again. */
  readonly onError: (error: unknown) => void;
  readonly random?: (() => number) | undefined;
}

const firstWait = 100;
const longestWait = 5_000;
/** A connection that ends sooner counts as a failed one: a broker that refuses what is set up must not be asked in a loop. */
const steadyAfter = 10_000;
const closeWithin = 2_000;

export function createLink(options: LinkOptions): Link {
  const { onError, random = Math.random } = options;
  const setUps = new Set<SetUp>();
  const ended = new AbortController();
  let current: Session | undefined;
  const once = async (): Promise<void> => {
    const opening = openSession(options.connection, onError);
    const opened = await orAborted(ended.signal, opening);
    if (opened === undefined) return abandon(opening);
    await using session = opened;
    const over = AbortSignal.any([session.over, ended.signal]);
    // What waits for an answer on a connection that is over would wait for ever.
    for (const setUp of setUps) await orAborted(over, setUp(session));
    if (over.aborted) return;
    current = session;
    await orAborted(over, new Promise(() => {}));
    current = undefined;
  };
  const running = (async () => {
    for (let failures = 0; !ended.signal.aborted;) {
      const began = performance.now();
      await once().catch((error: unknown) => onError(error));
      failures = performance.now() - began > steadyAfter ? 0 : failures + 1;
      const wait = Math.min(longestWait, firstWait * 2 ** Math.min(failures, 10)) * (0.5 + random() / 2);
      await delay(wait, undefined, { signal: ended.signal }).catch(() => {});
    }
  })();
  return {
    session: () => current,
    attach(setUp) {
      setUps.add(setUp);
      const now = current;
      if (now !== undefined) setUp(now).catch((error: unknown) => now.fail(error));
      return { [Symbol.dispose]: () => void setUps.delete(setUp) };
    },
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await running;
    },
  };
}

/** Undefined when the signal comes first. */
async function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  return await Promise.race([
    work,
    new Promise<undefined>((resolve) => {
      signal.addEventListener("abort", () => resolve(undefined), { once: true });
      if (signal.aborted) resolve(undefined);
    }),
  ]);
}

/** Whoever closes does not wait for a broker that does not answer. */
function abandon(opening: Promise<AsyncDisposable>): void {
  void opening.then((session) => session[Symbol.asyncDispose]()).catch(() => {});
}

async function openSession(
  { target, socket }: ConnectArguments,
  onError: (error: unknown) => void,
): Promise<Session & AsyncDisposable> {
  const model = await connect(target, { ...socket });
  const over = new AbortController();
  let blocked = false;
  const fail = (error: unknown): void => {
    if (over.signal.aborted) return;
    onError(error);
    over.abort();
  };
  model.on("error", fail);
  model.on("close", () => over.abort());
  model.on("blocked", () => (blocked = true));
  model.on("unblocked", () => (blocked = false));
  // A channel that the broker closes takes its consumer along: begin anew, with all of them.
  const watch = <C extends Channel>(channel: C): C => channel.on("error", fail);
  return {
    over: over.signal,
    fail,
    get blocked() {
      return blocked;
    },
    onBlocked: (listener) => void model.on("blocked", listener),
    channel: async () => watch(await model.createChannel()),
    confirmChannel: async () => watch(await model.createConfirmChannel()),
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await closeModel(model);
    },
  };
}

/** In order where the broker still answers; a connection into nowhere is torn down. */
async function closeModel(model: ChannelModel): Promise<void> {
  const enough = new AbortController();
  const closed = model.close().catch(() => {});
  await Promise.race([closed, delay(closeWithin, undefined, { signal: enough.signal }).catch(() => {})]);
  enough.abort();
  // The library has no word for it.
  const { stream } = model.connection as { stream?: { destroy?: () => void } };
  stream?.destroy?.();
}
