import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { connect } from "amqplib";
import { waitUntil } from "./server.ts";

/** A RabbitMQ of its own: everything it is lies in a temporary directory, and it listens on loopback only. */
export interface Broker extends AsyncDisposable {
  readonly port: number;
  /** Its address for a user; without one for the administrator. */
  url(user?: { readonly name: string; readonly password: string }): string;
  /** Runs Erlang in the broker: several changes cost one call then. */
  evaluate(expression: string): Promise<string>;
  /** Runs a command line as a person would, in a shell. */
  command(line: string, input: string): Promise<void>;
  /** SIGKILL, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it on what it had; resolves when it takes connections. */
  start(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

const admin = { name: "chiffon", password: randomBytes(12).toString("hex") };

/** Debian's own commands change to another user first, which may not read a private directory: these do not. */
async function findPrograms(): Promise<string> {
  const folders = ["/usr/lib/rabbitmq/bin", "/usr/lib/rabbitmq/lib"];
  for (const folder of folders) {
    const below = await readdir(folder).catch(() => []);
    for (const found of [folder, ...below.map((name) => path.join(folder, name, "sbin"))])
      if (existsSync(path.join(found, "rabbitmq-server"))) return found;
  }
  throw new Error("no rabbitmq-server: install the package rabbitmq-server");
}

export async function startBroker(): Promise<Broker> {
  const programs = await findPrograms();
  const dir = await mkdtemp(path.join(tmpdir(), "chiffon-rabbitmq-"));
  const [port, dist, mapper] = await findFreePorts(3);
  const env = await prepare(dir, { port, dist, mapper });
  // The broker would start one that outlives it.
  const names = spawn("epmd", ["-port", String(mapper), "-address", "127.0.0.1"], { env, stdio: "ignore" });
  names.on("error", () => {});
  let running: Running | undefined;
  const url = (user = admin) => `amqp://${user.name}:${encodeURIComponent(user.password)}@127.0.0.1:${port}`;
  const start = async () => void (running = await startNode({ programs, dir, env, url: url() }));
  const end = async (signal: NodeJS.Signals) => {
    await running?.end(signal);
    running = undefined;
  };
  const dispose = async () => {
    await end("SIGKILL");
    await endProcess(names, "SIGKILL");
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    port,
    url,
    start,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    evaluate: (expression) => evaluate(env, expression),
    async command(line, input) {
      const PATH = `${programs}${path.delimiter}${env["PATH"] ?? ""}`;
      const child = spawn("/bin/sh", ["-c", line], {
        env: { ...env, PATH },
        stdio: ["pipe", "ignore", "pipe"],
      });
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
      child.stdin.end(input);
      const [code] = await once(child, "close");
      if (code !== 0) throw new Error(`${line}: ${said}`);
    },
    [Symbol.asyncDispose]: dispose,
  };
}

async function prepare(
  dir: string,
  ports: { port: number; dist: number; mapper: number },
): Promise<Record<string, string>> {
  const home = path.join(dir, "home");
  await mkdir(home);
  await writeFile(path.join(home, ".erlang.cookie"), randomBytes(20).toString("hex"), { mode: 0o400 });
  await writeFile(path.join(dir, "plugins"), "[].\n");
  await writeFile(
    path.join(dir, "rabbitmq.conf"),
    [
      `listeners.tcp.1 = 127.0.0.1:${ports.port}`,
      `default_user = ${admin.name}`,
      `default_pass = ${admin.password}`,
      "log.console = true",
      "log.console.level = warning",
      "log.file = false",
      // The usual limits would stop publishers on a machine that is full or small.
      "disk_free_limit.absolute = 50MB",
      "vm_memory_high_watermark.absolute = 2GB",
    ].join("\n"),
    { mode: 0o600 },
  );
  return {
    PATH: process.env["PATH"] ?? "",
    LANG: "C.UTF-8",
    HOME: home,
    RABBITMQ_NODENAME: `chiffon${ports.port}@localhost`,
    RABBITMQ_MNESIA_BASE: path.join(dir, "data"),
    RABBITMQ_LOG_BASE: path.join(dir, "log"),
    RABBITMQ_CONFIG_FILE: path.join(dir, "rabbitmq.conf"),
    RABBITMQ_ENABLED_PLUGINS_FILE: path.join(dir, "plugins"),
    RABBITMQ_PID_FILE: path.join(dir, "pid"),
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_DIST_PORT: String(ports.dist),
    ERL_EPMD_PORT: String(ports.mapper),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
  };
}

interface Running {
  end(signal: NodeJS.Signals): Promise<void>;
}

async function startNode(options: {
  programs: string;
  dir: string;
  env: Record<string, string>;
  url: string;
}): Promise<Running> {
  const { programs, dir, env, url } = options;
  await rm(path.join(dir, "pid"), { force: true });
  const child = spawn(path.join(programs, "rabbitmq-server"), [], {
    cwd: dir,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (said = (said + chunk).slice(-20_000)));
  const end = (signal: NodeJS.Signals) => endNode(child, { dir, signal });
  try {
    await waitUntil(async () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error("it ended");
      const model = await connect(url, { timeout: 5_000 }).catch(() => undefined);
      await model?.close();
      return model !== undefined;
    }, 120_000);
  } catch (error) {
    await end("SIGKILL");
    throw new Error(`no RabbitMQ: ${said}`, { cause: error });
  }
  return { end };
}

/** By a node of its own: the broker's command takes seconds to start. */
async function evaluate(env: Record<string, string>, expression: string): Promise<string> {
  const code = `[E] = init:get_plain_arguments(), {ok, T, _} = erl_scan:string(E), {ok, X} = erl_parse:parse_exprs(T),
    {value, V, _} = rpc:call('${env["RABBITMQ_NODENAME"]}', erl_eval, exprs, [X, []]), io:format("~p", [V]), halt().`;
  const name = `ask${randomBytes(4).toString("hex")}@localhost`;
  const { stdout } = await promisify(execFile)(
    "erl",
    [
      "-noinput",
      "-hidden",
      "-sname",
      name,
      ...(env["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] ?? "").split(" "),
      "-eval",
      code,
      "-extra",
      expression,
    ],
    { env, timeout: 60_000 },
  );
  return stdout.trim();
}

async function endNode(child: ChildProcess, how: { dir: string; signal: NodeJS.Signals }): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "close");
  const pid = await readPid(how.dir).catch(() => undefined);
  // The script waits for the broker, and reaps it. Before the broker has said who it is, all that was started ends.
  if (pid !== undefined) process.kill(pid, how.signal);
  else if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  await gone;
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

async function readPid(dir: string): Promise<number> {
  return Number((await readFile(path.join(dir, "pid"), "utf8")).trim());
}

async function findFreePorts(count: 3): Promise<[number, number, number]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  const [first = 0, second = 0, third = 0] = ports;
  return [first, second, third];
}
