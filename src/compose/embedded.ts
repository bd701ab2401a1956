import { hash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { lockDataDirectory } from "../adapters/database/data-lock.ts";
import { startEmbeddedPostgres } from "../adapters/database/embedded/start.ts";
import { makeHotCopy } from "../adapters/database/hot-copy.ts";
import { migrate, watchMigrations } from "../adapters/database/migrate.ts";
import { openDatabase, type OpenDatabase } from "../adapters/database/open.ts";
import { joinTransports } from "../adapters/bus/joined.ts";
import { createLocalTransport } from "../adapters/bus/local.ts";
import { createMachineMetrics } from "../adapters/metrics/machine.ts";
import type { EmbedderConfig } from "../config.ts";
import { scaleWaits, type Waits } from "../domain/waits.ts";
import { createAccess } from "../engine/access/access.ts";
import type { OneTimeCode } from "../engine/access/codes.ts";
import type { Repository } from "../engine/catalogues.ts";
import { startLoop } from "../engine/loop.ts";
import { inTurn } from "../engine/replicas/locks.ts";
import { listOtherNames } from "../engine/replicas/sql.ts";
import type { Keep } from "../engine/retention/retention.ts";
import type { Tables } from "../engine/schema.ts";
import { createHttpServer } from "../http/server.ts";
import { startLocalAgents, type LocalAgentsDeps } from "./agents.ts";
import { startBackground } from "./background.ts";
import { buildEngine } from "./build-engine.ts";
import { openBroker } from "./broker.ts";
import { openGateway } from "./gateway.ts";
import { httpConfigFor } from "./listen.ts";
import { createErrorLog } from "./log-file.ts";
import { loadOrCreateCliToken, loadOrCreateReplicaId, writeServerFile } from "./server-file.ts";
import { version } from "./version.ts";

const migrations = path.join(import.meta.dirname, "../engine/migrations");

export interface EmbeddedOptions {
  /** What belongs to this process alone. */
  readonly dataDir: string;
  /** Keys, frozen files, the record in git and clones: the same for all servers of the database. */
  readonly sharedDir: string;
  /** PostgreSQL server to use instead of the embedded one. */
  readonly databaseUrl?: string;
  /** RabbitMQ, for agents that use it. */
  readonly rabbit?: { readonly url: string; readonly caFile: string | undefined };
  /** Whether this process executes too, and reports its machine. */
  readonly localAgents: boolean;
  /** Other addresses than loopback get TLS. */
  readonly host: string;
  /** Further names, `host` or `host:port`, by which it is reached. Default: none. */
  readonly names?: readonly string[];
  readonly port: number;
  readonly repositories: readonly Repository[];
  /** Folders of PATH, for Ansible, ssh and git. */
  readonly searchPath: string;
  readonly home: string;
  readonly sshAuthSock?: string;
  /** Orders questions by meaning; absent: by words alone. */
  readonly embedder?: EmbedderConfig;
  /** Multiplies every wait of the execution core; 1 outside tests. */
  readonly waitScale: number;
  /** Look at new plans in check mode without being asked, where that needs nobody's consent. */
  readonly autoPreview: boolean;
  /** Attempts that one agent may have at once. */
  readonly attemptsPerAgent: number;
  /** How long output and events stay. */
  readonly keep: Keep;
  readonly onProgress: (text: string) => void;
  /** Log lines as JSON. */
  readonly log: { write(line: string): void };
  /** Called once when something ended that the server cannot live without. */
  readonly onFatal: (reason: string) => void;
}

export interface Running extends AsyncDisposable {
  readonly address: string;
  /** SHA-256 of the certificate when TLS is on. */
  readonly fingerprint: string | null;
  /** For the first user; undefined when there is one. */
  readonly setupCode: OneTimeCode | undefined;
  /** How many repositories are served. */
  repositories(): number;
  /** Tasks whose playbooks go on when the server stops. */
  runningTasks(): string[];
}

/** Server, agents and database in one process. What it opens is closed in reverse order when the result is disposed. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Running> {
  await using stack = new AsyncDisposableStack();
  const clock = { now: () => new Date() };
  const { dataDir } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  stack.use(await lockDataDirectory(dataDir));
  const database = stack.use(await openStore(options, stack));
  const onError = createErrorLog(options.log);
  const built = stack.use(await buildEngine({ options, database, clock, onError }));
  stack.use(await watchSchema(options, { database, waits: built.core.waits, onError }));
  const access = createAccess({ db: database.db, clock });
  const token = await loadOrCreateCliToken(dataDir);
  access.allowCli({ tokenSha256: hash("sha256", token), uid: process.getuid?.() ?? 0 });
  const local = createLocalTransport();
  const { listen } = database;
  const onReachable: { nudge: () => void } = { nudge: () => {} };
  const gateway = stack.use(
    await openGateway({ ...built, listen, onChange: () => onReachable.nudge(), onError }),
  );
  const { rabbit } = options;
  const broker = rabbit && stack.use(await openBroker({ ...built, ...rabbit, listen, onError }));
  // Who has said that RabbitMQ is its way gets messages there, and by its connection while the broker is away.
  const transport = joinTransports(broker === undefined ? [local, gateway] : [local, broker, gateway]);
  const { autoPreview, keep } = options;
  const background = stack.use(
    await startBackground({ ...built, autoPreview, keep, transport, listen, onError }),
  );
  onReachable.nudge = background.nudgeRelay;
  const starting = { ...built.agentDeps, transport: local, clock, waits: built.core.waits, onError };
  const agents = options.localAgents ? stack.use(await startAgentsHere(options, starting)) : undefined;
  const { config, fingerprint } = await inTurn(database.db, { name: "sharedFolder" }, () =>
    httpConfigFor(options),
  );
  const http = stack.use(
    await createHttpServer({
      engine: built.engine,
      access,
      config,
      version,
      log: options.log,
      serveAgent: (socket, address) => gateway.serve(socket, { address, certificate: fingerprint }),
    }),
  );
  const server = { url: http.address, pid: process.pid, fingerprint };
  stack.use(await writeServerFile(dataDir, server));
  const setupCode = await access.startSetup();
  const kept = stack.move();
  return {
    address: http.address,
    fingerprint,
    setupCode,
    repositories: () => built.catalogues.repositories.length,
    runningTasks: () => agents?.runningTasks() ?? [],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The agents of this very process. */
async function startAgentsHere(
  { dataDir, waitScale, searchPath }: EmbeddedOptions,
  parts: Omit<LocalAgentsDeps, "dataDir" | "waitScale" | "metrics" | "version">,
): ReturnType<typeof startLocalAgents> {
  const metrics = createMachineMetrics({ diskPath: dataDir, searchPath });
  return await startLocalAgents({ ...parts, dataDir, waitScale, metrics, version });
}

async function openStore(
  options: EmbeddedOptions,
  stack: AsyncDisposableStack,
): Promise<OpenDatabase<Tables>> {
  const { dataDir, databaseUrl, onProgress } = options;
  const embedded =
    databaseUrl === undefined
      ? stack.use(await startEmbeddedPostgres({ dataDir, onProgress, onExit: options.onFatal }))
      : undefined;
  const connection = embedded?.connection ?? { url: databaseUrl ?? "" };
  const onIdleError = createErrorLog(options.log);
  const database = openDatabase<Tables>({ connection, poolSize: 10, onIdleError });
  try {
    // A change of the schema, and the copy before it, take as long as they take.
    await using patient = openDatabase<Tables>({ connection, poolSize: 2, answerWithin: Infinity });
    const own = { id: await loadOrCreateReplicaId(dataDir), within: scaleWaits(options.waitScale).silence };
    await migrate({
      db: patient.db,
      folder: migrations,
      listOthers: () => listOtherNames(patient.db, own),
      beforeChange: async (pending, current) => {
        // A copy of nothing helps nobody; a server of somebody else's has its own backups.
        if (current.length === 0 || !embedded) return;
        onProgress(`copying the database before ${pending.length} change(s) of its schema`);
        await makeHotCopy({ db: patient.db, dataDir, into: path.join(dataDir, "backups") });
      },
    });
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  return database;
}

/**
 * A newer version may bring the database further while this one works: it can go on, but not start again, and says so. What needs
 * the database to itself was refused as long as this server was known, which it is now.
 */
async function watchSchema(
  { onProgress }: EmbeddedOptions,
  deps: { database: OpenDatabase<Tables>; waits: Waits; onError: (error: unknown) => void },
): Promise<AsyncDisposable> {
  const { database, waits, onError } = deps;
  const watch = await watchMigrations({ db: database.db, folder: migrations });
  await watch.requireOurs();
  let told = 0;
  return startLoop(async () => {
    const newer = await watch.listNewer();
    if (newer.length > told)
      onProgress(
        `a newer version of Chiffon has changed the schema of the database (${newer.slice(told).join(", ")}): this server goes on, but cannot be started again; update it as soon as you can`,
      );
    told = newer.length;
    return waits.renewEvery;
  }, onError);
}
