import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import pg from "pg";
import { ChiffonError } from "../../domain/errors.ts";
import { mapDatabaseError } from "./connection-errors.ts";
import type { ConnectionOptions } from "./connection.ts";
import { Listener } from "./listener.ts";
import { createStatementNames } from "./statement-names.ts";

const statementTimeoutMs = 30_000;
const connectTimeoutMs = 10_000;
/** The server ends a statement before; what takes longer than this has lost its connection without a word. */
const answerWithinMs = 40_000;

export interface OpenOptions {
  readonly connection: ConnectionOptions | { readonly url: string };
  /** Most connections at a time, without the one that listens. Default 10. */
  readonly poolSize?: number;
  /** Milliseconds after which a query without an answer gives its connection up. Infinity where statements have no limit of their own. */
  readonly answerWithin?: number;
  /** Told when a connection ends that nobody uses, or the listening one; the next use connects again. */
  readonly onIdleError?: (error: Error) => void;
}

export interface OpenDatabase<T> extends AsyncDisposable {
  /** Queries are cut off after 30 s. bigint arrives as number, date as text, numeric (also a sum of bigint) as text. */
  readonly db: Kysely<T>;
  /**
   * Calls the handler for every NOTIFY on the channel, and with "" after each reconnect: something may have been missed,
   * look again. Disposing the result ends it.
   */
  listen(channel: string, handler: (payload: string) => void): Promise<AsyncDisposable>;
}

/** Opens a pool; it connects at the first query. A database that does not answer throws "database-unavailable". */
export function openDatabase<T>(options: OpenOptions): OpenDatabase<T> {
  const client = clientConfig(options.connection);
  const onIdleError = options.onIdleError ?? (() => undefined);
  const pool = new pg.Pool({
    ...client,
    max: options.poolSize ?? 10,
    statement_timeout: statementTimeoutMs,
    connectionTimeoutMillis: connectTimeoutMs,
  });
  pool.on("error", onIdleError); // without a listener a server that goes away would end this process
  const answerWithin = options.answerWithin ?? answerWithinMs;
  const db = new Kysely<T>({ dialect: new PostgresDialect({ pool: wrapPool(pool, answerWithin) }) });
  const listener = new Listener({
    config: client,
    answerWithin: Math.min(answerWithin, connectTimeoutMs),
    onError: onIdleError,
  });
  return {
    db,
    listen: (channel, handler) => listener.listen(channel, handler),
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await db.destroy();
      if (!pool.ending) await pool.end(); // kysely ends only a pool that it has used
    },
  };
}

function clientConfig(connection: OpenOptions["connection"]): pg.ClientConfig {
  const where = "url" in connection ? { connectionString: connection.url } : connection;
  return { ...where, types: { getTypeParser }, application_name: "chiffon", keepAlive: true };
}

function getTypeParser(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  if (format !== "binary" && oid === pg.types.builtins.INT8) return parseInt8;
  // The driver would make a date the midnight of this machine's time zone.
  if (format !== "binary" && oid === pg.types.builtins.DATE) return (text) => text;
  return format === "binary" ? pg.types.getTypeParser(oid, "binary") : pg.types.getTypeParser(oid, "text");
}

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} does not fit a JavaScript number`);
  return value;
}

function wrapPool(pool: pg.Pool, answerWithin: number): PostgresPool {
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>(); // kysely knows a connection by its object
  const nameOf = createStatementNames();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await mapped(() => pool.connect());
      const known = wrapped.get(client) ?? wrapClient(client, { answerWithin, nameOf });
      wrapped.set(client, known);
      return known;
    },
  };
}

/**
 * The same client with mapped errors. A session that the server ends tells its query so before the connection closes;
 * put back in the pool in this moment it would fail the next query too. (Kysely's cursors are not supported.)
 */
function wrapClient(
  client: pg.PoolClient,
  { answerWithin, nameOf }: { answerWithin: number; nameOf: ReturnType<typeof createStatementNames> },
): PostgresPoolClient {
  let broken = false;
  const breaks = (): void => {
    broken = true;
  };
  client.on("error", breaks);
  // Ended in the middle of a query it closes its connection, and the query fails.
  const giveUp = (): void => {
    if (client instanceof pg.Client) client.end().catch(() => undefined);
  };
  const inner: PostgresPoolClient = client;
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    const limit = Number.isFinite(answerWithin) ? setTimeout(giveUp, answerWithin) : undefined;
    try {
      const name = nameOf(text, parameters);
      const config = { text, values: [...parameters], ...(name === undefined ? {} : { name }) };
      return await mapped(() => client.query(config), breaks);
    } finally {
      clearTimeout(limit);
    }
  };
  const release = (destroy?: boolean): void => inner.release(destroy === true || broken);
  return new Proxy(inner, {
    get(target, key) {
      if (key === "query") return query;
      if (key === "release") return release;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function mapped<R>(work: () => Promise<R>, onLost: () => void = () => undefined): Promise<R> {
  try {
    return await work();
  } catch (error) {
    const seen = mapDatabaseError(error);
    if (ChiffonError.is(seen) && seen.code === "database-unavailable") onLost();
    throw seen;
  }
}
