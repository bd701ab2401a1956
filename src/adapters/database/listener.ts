import pg from "pg";
import { mapDatabaseError } from "./connection-errors.ts";

type Handler = (payload: string) => void;

export interface ListenerOptions {
  readonly config: pg.ClientConfig;
  /** Milliseconds; a server that vanished without a word (a cut cable) is noticed by asking three times as rarely. */
  readonly answerWithin: number;
  readonly onError: (error: Error) => void;
}

const retryMs = { first: 50, longest: 2000 };

/** One connection for all channels, made at the first `listen` and made again whenever it breaks. */
export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #handlers = new Map<string, Set<Handler>>();
  #client: Promise<pg.Client> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #delay = retryMs.first;
  /** A connection broke, so notifications may have been missed until the next one stands. */
  #missed = false;
  #closed = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  async listen(channel: string, handler: Handler): Promise<AsyncDisposable> {
    if (!/^[a-z_][a-z0-9_]{0,62}$/.test(channel)) throw new TypeError(`not a channel name: ${channel}`);
    const own: Handler = (payload) => handler(payload); // the same function may be given twice
    const set = this.#handlers.get(channel) ?? new Set<Handler>();
    this.#handlers.set(channel, set.add(own));
    try {
      const client = await this.#getClient();
      await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      this.#forget(channel, own);
      if (!this.#client) this.#reconnectLater(); // for the other channels
      throw mapDatabaseError(error);
    }
    return {
      [Symbol.asyncDispose]: async () => {
        this.#forget(channel, own);
        const client = await this.#client?.catch(() => undefined);
        if (this.#handlers.has(channel)) return;
        await client?.query(`UNLISTEN ${pg.escapeIdentifier(channel)}`).catch(() => undefined);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    const client = await this.#client?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  #getClient(): Promise<pg.Client> {
    if (this.#client) return this.#client;
    clearTimeout(this.#retry);
    const made = this.#connect();
    this.#client = made;
    made.catch(() => {
      if (this.#client === made) this.#client = undefined;
    });
    return made;
  }

  async #connect(): Promise<pg.Client> {
    const { config, answerWithin } = this.#options;
    const client = new pg.Client({
      ...config,
      connectionTimeoutMillis: answerWithin,
      query_timeout: answerWithin,
    });
    client.on("notification", ({ channel, payload }) => this.#tell(channel, payload ?? ""));
    client.on("error", () => undefined); // "end" follows
    try {
      await client.connect();
      for (const channel of this.#handlers.keys())
        await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      client.end().catch(() => undefined);
      throw mapDatabaseError(error);
    }
    this.#guard(client);
    this.#delay = retryMs.first;
    const missed = this.#missed;
    this.#missed = false;
    if (missed) for (const channel of this.#handlers.keys()) this.#tell(channel, "");
    return client;
  }

  #guard(client: pg.Client): void {
    let lost = false;
    const lose = (error: Error): void => {
      if (lost) return;
      lost = true;
      clearInterval(ping);
      this.#client = undefined;
      this.#missed = true;
      client.end().catch(() => undefined);
      if (this.#closed) return;
      this.#options.onError(error);
      this.#reconnectLater();
    };
    const pingEvery = 3 * this.#options.answerWithin;
    const ping = setInterval(() => void client.query("SELECT 1").catch(lose), pingEvery);
    ping.unref();
    client.on("error", lose);
    client.on("end", () => lose(new Error("the listening connection ended")));
  }

  #reconnectLater(): void {
    clearTimeout(this.#retry);
    if (this.#closed || this.#handlers.size === 0) return;
    this.#retry = setTimeout(() => {
      this.#getClient().catch((error: unknown) => {
        if (error instanceof Error) this.#options.onError(error);
        this.#reconnectLater();
      });
    }, this.#delay);
    this.#delay = Math.min(this.#delay * 2, retryMs.longest);
  }

  #tell(channel: string, payload: string): void {
    for (const handler of this.#handlers.get(channel) ?? []) {
      try {
        handler(payload);
      } catch (error) {
        this.#options.onError(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  #forget(channel: string, handler: Handler): void {
    const set = this.#handlers.get(channel);
    set?.delete(handler);
    if (set?.size === 0) this.#handlers.delete(channel);
  }
}
