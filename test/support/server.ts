import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

const root = path.join(import.meta.dirname, "../..");
const main = path.join(root, "src/main.ts");
export const password = "correct horse battery";

/** A private world for one test file: data directory, home, working files; removed when disposed. */
export interface World extends AsyncDisposable {
  readonly dir: string;
  readonly data: string;
  readonly home: string;
  readonly env: Record<string, string>;
}

/** @param prefix path with which its folder begins: a sandbox hides the usual place for temporary files */
export async function createWorld(prefix = path.join(tmpdir(), "chiffon-e2e-")): Promise<World> {
  const dir = await mkdtemp(prefix);
  const data = path.join(dir, "data");
  const home = path.join(dir, "home");
  await mkdir(home, { mode: 0o700 });
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    CHIFFON_DATA: data,
    // A preview of each plan would take the machine's time from what is tested.
    CHIFFON_AUTO_PREVIEW: "off",
    LANG: "C.UTF-8",
    // Reading some hundred source files takes a second of each start; what was compiled once is taken from here.
    NODE_COMPILE_CACHE: path.join(root, "node_modules/.cache/chiffon/compiled"),
  };
  return { dir, data, home, env, [Symbol.asyncDispose]: () => removeDirectory(dir) };
}

async function removeDirectory(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}

export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly setupCode: string | undefined;
  readonly child: ChildProcess;
  /** Everything it has said. */
  said(): string;
  /** SIGKILL, as a power cut would; resolves when the process is gone. */
  kill(): Promise<void>;
}

/**
 * Starts `chiffon up` as a user would, and waits until it says that it is ready.
 * @param options `through`: a command that ends by being the one that stands behind it
 */
export async function startServer(
  world: World,
  options: {
    command?: "up" | "server";
    args?: string[];
    env?: Record<string, string>;
    through?: readonly string[];
    port?: number;
  } = {},
): Promise<Server> {
  const port = options.port ?? (await findFreePort());
  const node = [
    process.execPath,
    main,
    options.command ?? "up",
    "--port",
    String(port),
    ...(options.args ?? []),
  ];
  const [command = "", ...args] = [...(options.through ?? []), ...node];
  const child = spawn(command, args, {
    cwd: world.dir,
    env: { ...world.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => (said += chunk));
  }
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await waitUntil(() => {
    if (child.exitCode !== null) throw new Error(`the server ended: ${said}`);
    // What it says last, without TLS and with it.
    return /Chiffon is ready[^\n]*\n[\s\S]*(or listen there|fingerprint[\s\S]*(no playbooks yet|ask for))/.test(
      said,
    );
  }, 120_000).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw new Error(`no ready server: ${said}`, { cause: error });
  });
  return {
    url: /ready after [\d.]+ s: (\S+)/.exec(said)?.[1] ?? "",
    setupCode: /set-up code: (\S+)/.exec(said)?.[1],
    child,
    said: () => said,
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await gone;
    },
  };
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of the command line to its end, without a terminal. */
export async function chiffon(
  world: World,
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: world.dir,
    env: { ...world.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const out = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out.stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (out.stderr += chunk));
  child.stdin.end(options.input ?? "");
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, ...out };
}

export interface Api {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  readonly token: string;
}

/** The first user, and a client with that user's session. */
export async function signUp(server: Server): Promise<Api> {
  const session = await send<{ token: string }>(server.url, "POST", {
    path: "/setup",
    body: { code: server.setupCode, username: "ada", password },
  });
  return clientFor(server.url, session.token);
}

export async function signIn(server: Server, user = { username: "ada", password }): Promise<Api> {
  const session = await send<{ token: string }>(server.url, "POST", { path: "/login", body: user });
  return clientFor(server.url, session.token);
}

function clientFor(url: string, token: string): Api {
  return {
    token,
    get: (at) => send(url, "GET", { path: at, token }),
    post: (at, body) => send(url, "POST", { path: at, token, body: body ?? {} }),
  };
}

async function send<T>(
  url: string,
  method: string,
  call: { path: string; token?: string; body?: unknown },
): Promise<T> {
  const answer = await fetch(`${url}/api/v1${call.path}`, {
    method,
    headers: {
      ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${call.path}: ${answer.status} ${text}`);
  return JSON.parse(text === "" ? "null" : text) as T;
}

export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Processes whose environment holds the marker of an attempt below this world, or whose command line names it. */
export async function listProcesses(world: World): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.includes(world.dir)) found.push(`${pid} ${command.replaceAll("\0", " ")}`);
  }
  return found;
}

/** Process number of a supervisor at work: one that waits for work has no identity yet. */
export async function findSupervisor(world: World): Promise<number | undefined> {
  const runs = path.join(world.data, "runs");
  for (const name of await readdir(runs).catch(() => [])) {
    const text = await readFile(path.join(runs, name, "run/supervisor.json"), "utf8").catch(() => "{}");
    const { pid } = JSON.parse(text) as { pid?: number };
    if (pid !== undefined) return pid;
  }
  return undefined;
}

/**
 * Asks again and again until the answer is neither false nor undefined; gives that answer. Errors are not waited for. The longer it
 * takes the rarer it asks: each question costs the server and its database the time that they need for what is waited for.
 */
export async function waitUntil<T>(
  ask: () => T | false | undefined | Promise<T | false | undefined>,
  timeout = 60_000,
): Promise<T> {
  const began = Date.now();
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    const waited = Date.now() - began;
    if (waited > timeout) throw new Error(`nothing within ${timeout / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, Math.min(250, 25 + waited / 10)));
  }
}
