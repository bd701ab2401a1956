import { statfs } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { setFlagsFromString } from "node:v8";
import { InvalidArgumentError, type Command } from "commander";
import type { Config } from "../config.ts";
import { ChiffonError } from "../domain/errors.ts";
import type { EmbeddedOptions, Running } from "./embedded.ts";
import { armFailpoint } from "./failpoints.ts";
import { openLogFile } from "./log-file.ts";
import { chooseRepositories } from "./repositories.ts";

export interface UpContext {
  readonly config: Config;
  /** For what the server says to the person who started it. */
  readonly say: (text: string) => void;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
  readonly setExitCode: (code: number) => void;
}

interface UpFlags {
  /** Whether this machine executes too. */
  agents: boolean;
  data?: string;
  shared?: string;
  name?: string[];
  port: number;
  host: string;
  repo: string[];
  inventory?: string;
  demo?: boolean;
}

const defaultPort = 7707;
/** How often a server comes back by itself within ten minutes after its database ended. */
const maxRestarts = 3;
const restartWindow = 600_000;
/** Bytes that a start needs at the very least, for its own small files. */
const leastRoom = 1_000_000;

export function registerUp(program: Command, context: UpContext): void {
  program
    .command("up")
    .description("start Chiffon on this machine: server, agents and database in one")
    .option("--data <dir>", "data directory (default: CHIFFON_DATA or ~/.local/share/chiffon)")
    .option("--port <number>", "port to listen on", parsePort, defaultPort)
    .option("--host <address>", "address to listen on; other than loopback with TLS", "127.0.0.1")
    .option("--repo <dir>", "folder with your playbooks; may be given several times", collect, [])
    .option("--inventory <file>", "inventory inside the repository (default: the first that is found)")
    .option("--demo", "use the example homelab when there is no --repo")
    .addHelpText(
      "after",
      "\nExamples:\n  chiffon up --demo\n  chiffon up --repo ~/homelab --inventory ~/homelab/hosts.yml",
    )
    .action(async (flags: Omit<UpFlags, "agents">) => await serve({ ...flags, agents: true }, context));
}

/** `server`: the server alone, as one of any number on one database. */
export function registerServer(program: Command, context: UpContext): void {
  program
    .command("server")
    .description(
      "start a server without agents of its own, on a PostgreSQL server: agents join from other machines",
    )
    .option("--data <dir>", "data directory (default: CHIFFON_DATA or ~/.local/share/chiffon)")
    .option(
      "--shared <dir>",
      "folder that all servers of the database see (default: CHIFFON_SHARED or the data directory)",
    )
    .option(
      "--name <host[:port]>",
      "by which it is reached through a load balancer; may be given several times",
      collect,
      [],
    )
    .option("--port <number>", "port to listen on", parsePort, defaultPort)
    .option("--host <address>", "address to listen on; other than loopback with TLS", "127.0.0.1")
    .option("--repo <dir>", "folder with your playbooks; may be given several times", collect, [])
    .option("--inventory <file>", "inventory inside the repository (default: the first that is found)")
    .addHelpText(
      "after",
      "\nExample:\n  CHIFFON_DATABASE_URL_FILE=/etc/chiffon/database chiffon server --host 0.0.0.0 --repo ~/homelab",
    )
    .action(async (flags: Omit<UpFlags, "agents">) => {
      if (context.config.databaseUrl === undefined)
        throw new ChiffonError("setup-needed", "A server of this kind needs a PostgreSQL server.", {
          hint: "Set CHIFFON_DATABASE_URL_FILE to a file with postgresql://USER:PASSWORD@HOST/DATABASE. With everything in one process: chiffon up",
        });
      await serve({ ...flags, agents: false }, context);
    });
}

async function serve(flags: UpFlags, context: UpContext): Promise<void> {
  const dataDir = flags.data ?? context.config.dataDir;
  try {
    await up({ ...flags, dataDir }, context);
  } catch (error) {
    throw isFullDisk(error) ? diskFull(dataDir, error) : error;
  }
}

/**
 * A server lives for weeks with little to do: by default V8 lets the space for young objects grow to a size that keeps a
 * hundred megabytes for a single reading of a large repository, and the old ones to four times of what is alive, which is
 * two hundred more under a flood of output. Costs no time that we could measure.
 */
function keepHeapSmall(): void {
  setFlagsFromString("--max-semi-space-size=4");
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=100");
}

async function up(flags: UpFlags & { dataDir: string }, context: UpContext): Promise<void> {
  keepHeapSmall();
  const { config, say, signal } = context;
  const began = Date.now();
  const { dataDir } = flags;
  // Only here: the other commands start in a fraction of the time without the server's libraries.
  const { startEmbedded } = await import("./embedded.ts");
  await using log = await openLogFile(dataDir);
  await requireRoom(dataDir);
  const { folders, inventory, demo } = {
    folders: flags.repo,
    inventory: flags.inventory,
    demo: flags.demo === true,
  };
  const repositories = await chooseRepositories({ dataDir, folders, inventory, demo });
  const restarts: number[] = [];
  for (;;) {
    const fatal = Promise.withResolvers<string>();
    const options: EmbeddedOptions = {
      dataDir,
      sharedDir: flags.agents ? dataDir : path.resolve(flags.shared ?? config.sharedDir ?? dataDir),
      ...(config.databaseUrl === undefined ? {} : { databaseUrl: config.databaseUrl }),
      ...(config.rabbit === undefined ? {} : { rabbit: config.rabbit }),
      localAgents: flags.agents,
      host: flags.host,
      names: flags.name ?? [],
      port: flags.port,
      repositories,
      searchPath: config.searchPath,
      home: config.home,
      ...(config.sshAuthSock === undefined ? {} : { sshAuthSock: config.sshAuthSock }),
      waitScale: config.waitScale,
      ...(config.embedder === undefined ? {} : { embedder: config.embedder }),
      autoPreview: config.autoPreview,
      attemptsPerAgent: config.attemptsPerAgent,
      keep: config.keep,
      onProgress: (text) => say(text),
      log,
      onFatal: fatal.resolve,
    };
    const running = await startEmbedded(options);
    greet(running, {
      flags,
      seconds: (Date.now() - began) / 1_000,
      repositories: running.repositories(),
      say,
    });
    // A start has tests of its own; a fault is for what runs.
    if (config.failpoint !== undefined && restarts.length === 0) armFailpoint(config.failpoint, dataDir);
    const reason = await Promise.race([fatal.promise, stopped(signal)]);
    await stop(running, { reason, say });
    if (reason === undefined) return;
    const now = Date.now();
    restarts.push(now);
    if (restarts.filter((at) => now - at < restartWindow).length > maxRestarts)
      throw keepsEnding(dataDir, reason);
    say("starting again");
  }
}

/** Before anything is written: on a full disk, files are made that then cannot be filled. */
async function requireRoom(dataDir: string): Promise<void> {
  const { bavail, bsize, blocks } = await statfs(dataDir);
  if (blocks > 0 && bavail * bsize < leastRoom) throw diskFull(dataDir);
}

function isFullDisk(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

function diskFull(dataDir: string, cause?: unknown): ChiffonError {
  return new ChiffonError("disk-full", `The disk that holds ${dataDir} is full.`, {
    hint: "Free some space (at least 1 GB is sensible) and start again; nothing that was stored is lost.",
    cause,
  });
}

function keepsEnding(dataDir: string, reason: string): ChiffonError {
  if (/No space left on device|Disk quota exceeded/i.test(reason)) return diskFull(dataDir);
  return new ChiffonError("database-unavailable", `the database keeps ending: ${reason}`, {
    hint: `look at ${dataDir}/chiffon.log; nothing that was stored is lost`,
  });
}

function stopped(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}

async function stop(
  running: Running,
  why: { reason: string | undefined; say: (text: string) => void },
): Promise<void> {
  if (why.reason !== undefined) why.say(`the database has ended: ${why.reason}`);
  const tasks = running.runningTasks().length;
  if (tasks > 0)
    why.say(
      `${tasks} playbook${tasks === 1 ? " goes" : "s go"} on without the server; the next start picks ${tasks === 1 ? "it" : "them"} up`,
    );
  await running[Symbol.asyncDispose]();
  if (why.reason === undefined) why.say("stopped");
}

function greet(
  running: Running,
  about: { flags: UpFlags; seconds: number; repositories: number; say: (text: string) => void },
): void {
  const { say, flags } = about;
  const port = new URL(running.address).port;
  say(`Chiffon is ready after ${about.seconds.toFixed(1)} s: ${running.address}`);
  if (running.fingerprint !== null) say(`  certificate fingerprint (SHA-256): ${running.fingerprint}`);
  if (running.setupCode) {
    say(`  set-up code: ${running.setupCode.code}   (for the first user, valid for 30 minutes)`);
    say("  first user:  open that address, or ./chiffon user add NAME");
  }
  if (about.repositories === 0)
    say("  no playbooks yet: ./chiffon repo add DIR, or start it with --repo DIR or --demo");
  else say('  ask for something:  ./chiffon ask "Deploy the status page"');
  if (running.fingerprint !== null) return;
  say(`  from another machine:  ssh -L ${port}:127.0.0.1:${port} ${hostname()}   then ${running.address}`);
  say(
    `  or listen there, with TLS:  ./chiffon up --host ADDRESS${flags.port === defaultPort ? "" : ` --port ${flags.port}`}${flags.demo ? " --demo" : ""}`,
  );
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError("a port is a number from 0 to 65535; 0 takes a free one");
  return port;
}

function collect(value: string, list: string[]): string[] {
  return [...list, value];
}
