import type { LiveEvent } from "../../../src/contracts/live.ts";
import { backOff } from "./back-off.ts";
import { decideAfter, deliver, isStrict, parseMessage, type Follower, type Following } from "./follower.ts";

/** `live`: pushed as it happens. `catching-up`: connecting, or what was missed is coming. `polling`: asked again and again, since the connection cannot be made. `offline`: the server does not answer at all. */
export type ConnectionState = "live" | "catching-up" | "polling" | "offline";

export interface LiveDeps {
  /** A ticket for one connection; its failure means that the server does not answer, or wants a sign-in. */
  getTicket(): Promise<string>;
  openSocket(ticket: string): WebSocket;
  /** Stored events of a run after a number. */
  fetchEvents(runId: string, after: number): Promise<LiveEvent[]>;
  /** 0 to 1. */
  random(): number;
  /** Milliseconds; shorter in tests. */
  readonly waits?: Partial<Waits>;
}

interface Waits {
  /** Quiet time after which what was missed counts as come. */
  readonly quiet: number;
  /** Between two questions of polling. */
  readonly poll: number;
  /** A connection that is not made by then, and a question without an answer, count as failed. */
  readonly connect: number;
  /** A connection without a word for so long is made anew: a page is not told when the way to the server is gone. */
  readonly silence: number;
  /** Factor of the back-off. */
  readonly scale: number;
}

export interface Live {
  follow(topic: string, follower: Follower): () => void;
  /** Number after which a follower of hints begins: what this page has seen of the topic. */
  seen(topic: string): number;
  state(): ConnectionState;
  onState(listener: () => void): () => void;
  /** Connects anew at once: the network is back, the person has signed in, the machine woke up. */
  renew(): void;
  close(): void;
}

/** What the work gives; rejects when it takes longer than so many milliseconds. */
function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer")), milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Failed tries to connect after which events are polled. */
const patience = 2;

/** The one connection of this page to the live stream. It is opened with the first follower. */
export function createLive(deps: LiveDeps): Live {
  const live = new Connection(deps);
  return {
    follow: (topic, follower) => live.follow(topic, follower),
    seen: (topic) => live.topics.get(topic)?.seen ?? 0,
    state: () => live.state,
    onState: (listener) => {
      live.listeners.add(listener);
      return () => live.listeners.delete(listener);
    },
    renew: () => live.renew(),
    close: () => live.close(),
  };
}

class Connection {
  readonly topics = new Map<string, Following>();
  readonly listeners = new Set<() => void>();
  state: ConnectionState = "catching-up";
  private readonly deps: LiveDeps;
  private readonly waits: Waits;
  private socket: WebSocket | undefined;
  private connecting = false;
  /** Ends what an older try still wants to do. */
  private era = 0;
  private tries = 0;
  private closed = false;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private quietTimer: ReturnType<typeof setTimeout> | undefined;
  private pollTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: LiveDeps) {
    this.deps = deps;
    this.waits = { quiet: 250, poll: 1_500, connect: 8_000, silence: 60_000, scale: 1, ...deps.waits };
  }

  follow(topic: string, follower: Follower): () => void {
    const following = this.topics.get(topic) ?? { topic, followers: new Set(), asked: undefined, seen: 0 };
    this.topics.set(topic, following);
    following.followers.add(follower);
    // The server sends a topic once per connection: from the place of whoever is behind most.
    if (following.asked === undefined || follower.last < following.seen) this.ask(following);
    this.connect();
    return () => {
      following.followers.delete(follower);
      if (following.followers.size > 0 || following.asked === undefined) return;
      following.asked = undefined;
      this.say({ unsubscribe: { topic } });
    };
  }

  renew(): void {
    if (this.closed) return;
    this.tries = 0;
    this.drop();
    this.connect();
  }

  close(): void {
    this.closed = true;
    this.drop();
    clearTimeout(this.pollTimer);
  }

  private connect(): void {
    if (this.closed || this.connecting || this.socket !== undefined) return;
    if (this.retryTimer !== undefined) return;
    this.connecting = true;
    const era = ++this.era;
    within(this.waits.connect, this.deps.getTicket()).then(
      (ticket) => {
        if (era === this.era) this.open(ticket, era);
      },
      () => {
        if (era === this.era) this.lost("offline");
      },
    );
  }

  private open(ticket: string, era: number): void {
    const socket = this.deps.openSocket(ticket);
    this.socket = socket;
    const slow = setTimeout(() => socket.close(), this.waits.connect);
    socket.addEventListener("open", () => {
      clearTimeout(slow);
      if (era !== this.era) return;
      this.connecting = false;
      this.tries = 0;
      if (this.state !== "live") this.change("catching-up");
      for (const following of this.topics.values()) if (following.followers.size > 0) this.ask(following);
      this.settle();
      this.hear();
    });
    socket.addEventListener("message", ({ data }) => {
      if (era !== this.era || typeof data !== "string") return;
      this.hear();
      this.take(data);
    });
    socket.addEventListener("close", () => {
      clearTimeout(slow);
      if (era === this.era) this.lost("catching-up");
    });
  }

  private take(text: string): void {
    const message = parseMessage(text);
    // After an error the server closes the connection where it has to; the next one asks from the last number.
    if (message === undefined || message === "error") return;
    const following = this.topics.get(message.topic);
    if (following === undefined) return;
    if (this.state !== "live") this.settle();
    const gap = deliver(following, message);
    // Events of an earlier question may still be on the way; only those of the newest one can show a true gap.
    if (gap && following.asked !== decideAfter(following)) this.ask(following);
  }

  private ask(following: Following): void {
    const after = decideAfter(following);
    if (this.say({ subscribe: { topic: following.topic, after } })) following.asked = after;
  }

  private say(command: object): boolean {
    if (this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }

  /** `live` once nothing has come for a moment: what was missed is there. */
  private settle(): void {
    clearTimeout(this.quietTimer);
    this.quietTimer = setTimeout(() => this.change("live"), this.waits.quiet);
  }

  private hear(): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => this.renew(), this.waits.silence);
  }

  private lost(state: "offline" | "catching-up"): void {
    this.drop();
    this.tries++;
    if (state === "offline") this.change("offline");
    else this.change(this.tries > patience ? "polling" : "catching-up");
    if (state !== "offline" && this.tries > patience) this.poll();
    this.retryTimer = setTimeout(
      () => {
        this.retryTimer = undefined;
        this.connect();
      },
      backOff(this.tries - 1, this.deps.random()) * this.waits.scale,
    );
  }

  private drop(): void {
    this.era++;
    this.connecting = false;
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    clearTimeout(this.quietTimer);
    clearTimeout(this.silenceTimer);
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
    for (const following of this.topics.values()) following.asked = undefined;
  }

  /** While the connection cannot be made, the runs that somebody looks at are asked for. */
  private poll(): void {
    if (this.pollTimer !== undefined) return;
    const again = (): void => {
      this.pollTimer = undefined;
      if (!this.closed && this.state === "polling") this.poll();
    };
    this.pollTimer = setTimeout(() => void this.pollOnce().finally(again), this.waits.poll);
  }

  private async pollOnce(): Promise<void> {
    for (const following of this.topics.values()) {
      if (following.followers.size === 0 || !isStrict(following.topic)) continue;
      const runId = following.topic.slice("run:".length);
      try {
        const asked = this.deps.fetchEvents(runId, decideAfter(following));
        const events = await within(this.waits.connect, asked);
        for (const event of events) deliver(following, event);
      } catch {
        // The next question, or the next try to connect, tells.
      }
    }
  }

  private change(state: ConnectionState): void {
    if (this.state === state) return;
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}
