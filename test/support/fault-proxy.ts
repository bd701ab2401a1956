import net from "node:net";

/** Which way bytes go: `up` from the client to the target, `down` back. */
export type Direction = "up" | "down";

/**
 * How a proxy treats bytes. `stall`: connections are taken and bytes held, in one direction or both, until another behaviour
 * lets them go on. `refuse`: nobody listens, and what was connected is reset. `slow`: so many bytes a second each way.
 */
export type Behaviour =
  | { readonly kind: "pass" }
  | { readonly kind: "stall"; readonly direction?: Direction }
  | { readonly kind: "refuse" }
  | { readonly kind: "slow"; readonly bytesPerSecond: number };

/** A TCP proxy on loopback with faults that are chosen while it runs. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  behave(behaviour: Behaviour): Promise<void>;
  /** Resets all connections; gives their number. */
  cut(): number;
  /** Holds the bytes of the connections of this moment for ever; new ones behave as told. Gives their number. */
  freeze(): number;
  /** Each connection from now on ends after so many bytes down: `bytes` is asked when it begins; undefined: it lives on. */
  limit(bytes: () => number | undefined): void;
  /** Connections that were ended here so far. */
  readonly cuts: number;
  /** Bytes that were passed on so far. */
  readonly carried: Readonly<Record<Direction, number>>;
}

export interface ProxyOptions {
  readonly target: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly host?: string;
  /** 0: a free one. */
  readonly port?: number;
}

interface Pair {
  readonly client: net.Socket;
  readonly target: net.Socket;
  /** Bytes down until it is cut. */
  left: number;
  frozen: boolean;
  readonly pipes: readonly Pipe[];
}

interface Pipe {
  /** Looks again whether bytes may go on. */
  nudge(): void;
}

export async function startFaultProxy(options: ProxyOptions): Promise<FaultProxy> {
  const pairs = new Set<Pair>();
  const carried = { up: 0, down: 0 };
  let behaviour: Behaviour = { kind: "pass" };
  let limit: () => number | undefined = () => undefined;
  let cuts = 0;
  const cut = (pair: Pair): void => {
    if (!pairs.delete(pair)) return;
    cuts += 1;
    pair.client.resetAndDestroy();
    // A unix socket knows no reset.
    if ("path" in options.target) pair.target.destroy();
    else pair.target.resetAndDestroy();
  };
  const take = (client: net.Socket): void => {
    const target = net.connect({ ...options.target, allowHalfOpen: true });
    const rules: Rules = {
      holds: (direction) =>
        pair.frozen || (behaviour.kind === "stall" && (behaviour.direction ?? direction) === direction),
      pace: () => (behaviour.kind === "slow" ? behaviour.bytesPerSecond : Infinity),
      allow: (direction, wanted) => {
        const allowed = direction === "down" ? Math.min(wanted, pair.left) : wanted;
        carried[direction] += allowed;
        if (direction === "down") pair.left -= allowed;
        return allowed;
      },
      used: () => cut(pair),
    };
    const pipes = [connect({ from: client, to: target, direction: "up", rules })];
    pipes.push(connect({ from: target, to: client, direction: "down", rules }));
    const pair: Pair = { client, target, left: limit() ?? Infinity, frozen: false, pipes };
    pairs.add(pair);
    for (const socket of [client, target]) {
      socket.on("error", () => cut(pair));
      socket.on("close", () => {
        if (client.destroyed && target.destroyed) pairs.delete(pair);
      });
    }
  };
  const server = net.createServer({ allowHalfOpen: true }, take);
  const host = options.host ?? "127.0.0.1";
  await listen(server, host, options.port ?? 0);
  const { port } = server.address() as net.AddressInfo;
  const cutAll = (): number => {
    const found = [...pairs];
    for (const pair of found) cut(pair);
    return found.length;
  };
  return {
    port,
    carried,
    get cuts() {
      return cuts;
    },
    async behave(next) {
      behaviour = next;
      if (next.kind === "refuse") {
        const closed = new Promise((resolve) => server.close(resolve));
        cutAll();
        await closed;
      } else if (!server.listening) await listen(server, host, port);
      for (const pair of pairs) for (const pipe of pair.pipes) pipe.nudge();
    },
    cut: cutAll,
    freeze() {
      for (const pair of pairs) pair.frozen = true;
      return pairs.size;
    },
    limit: (bytes) => void (limit = bytes),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cutAll();
      await closed;
    },
  };
}

interface Rules {
  holds(direction: Direction): boolean;
  /** Bytes a second. */
  pace(): number;
  /** How many of so many bytes may pass. */
  allow(direction: Direction, wanted: number): number;
  /** Less passed than was wanted: that was the last of it. */
  used(): void;
}

/** Passes bytes on one after the other, as the rules of the moment say. */
function connect(way: { from: net.Socket; to: net.Socket; direction: Direction; rules: Rules }): Pipe {
  const { from, to, direction, rules } = way;
  const waiting: Buffer[] = [];
  let ended = false;
  let busy = false;
  const goOn = (): void => {
    busy = false;
    step();
  };
  const step = (): void => {
    if (busy || rules.holds(direction)) return;
    const next = waiting.shift();
    if (next === undefined) {
      if (ended) to.end();
      else from.resume();
      return;
    }
    busy = true;
    const pace = rules.pace();
    const piece = pace === Infinity ? next : next.subarray(0, Math.max(1, Math.ceil(pace / 20)));
    if (piece.length < next.length) waiting.unshift(next.subarray(piece.length));
    const allowed = rules.allow(direction, piece.length);
    to.write(piece.subarray(0, allowed), () => {
      if (allowed < piece.length) rules.used();
      else if (pace === Infinity) goOn();
      else setTimeout(goOn, (piece.length * 1_000) / pace);
    });
  };
  from.on("data", (bytes) => {
    waiting.push(bytes);
    from.pause();
    step();
  });
  from.on("end", () => {
    ended = true;
    step();
  });
  return { nudge: step };
}

function listen(server: net.Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export function createChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export type FaultKind = "cut" | "stall" | "stall up" | "stall down" | "refuse" | "slow" | "freeze";

/**
 * Chooses one fault after the other, for as long as it is not disposed; then everything passes again.
 * @param options `longest`: milliseconds that a fault, and the time up to the next one, takes at most
 */
export function misbehave(
  proxy: FaultProxy,
  options: { kinds: readonly FaultKind[]; seed: number; longest: number },
): AsyncDisposable & { count(): number } {
  const { kinds, longest } = options;
  const chance = createChance(options.seed);
  let faults = 0;
  const over = new AbortController();
  const pick = async (): Promise<void> => {
    const kind = kinds[Math.floor(chance() * kinds.length)] ?? "cut";
    faults += 1;
    if (kind === "cut") proxy.cut();
    else if (kind === "freeze") proxy.freeze();
    else if (kind === "slow") await proxy.behave({ kind, bytesPerSecond: 20_000 });
    else if (kind === "refuse" || kind === "stall") await proxy.behave({ kind });
    else await proxy.behave({ kind: "stall", direction: kind === "stall up" ? "up" : "down" });
  };
  const rest = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, chance() * longest);
      over.signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
  const running = (async () => {
    while (!over.signal.aborted) {
      await pick();
      await rest();
      await proxy.behave({ kind: "pass" });
      await rest();
    }
  })();
  return {
    count: () => faults,
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await running;
    },
  };
}
