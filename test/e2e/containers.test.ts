import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { expect, test } from "vitest";
import type { Agent, Invited } from "../../src/contracts/agent.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Run } from "../../src/contracts/run.ts";
import { readCompose, readImage, type Service } from "../support/containers.ts";
import { playbook, writeRepository } from "../support/jobs.ts";
import { startPostgres } from "../support/postgres.ts";
import { startBroker, type Broker } from "../support/rabbitmq.ts";
import { createWorld, password, waitUntil, type Ended, type World } from "../support/server.ts";

/*
 * compose.yaml without a Docker engine: each service that we own is started as a plain process by the command of the file,
 * with its environment and no other, and its health command decides whether it is well. What only a container has is put in
 * its place here: paths of volumes and secrets, and the addresses that names of services stand for.
 */

const root = path.join(import.meta.dirname, "../..");
const main = path.join(root, "src/main.ts");
const compose = readCompose();

interface Place {
  readonly world: World;
  /** What `name:port` of a service, and 0.0.0.0 inside one, stand for here. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly repository: string;
}

const folderOf = ({ world }: Place, name: string): string => path.join(world.dir, "volumes", name);
const secretOf = ({ world }: Place, name: string): string => path.join(world.dir, "run-secrets", name);

function serviceOf(name: string): Service {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`compose.yaml has no service ${name}`);
  return service;
}

/** A text of a service as it is to be here. */
function translate(place: Place, name: string, text: string): string {
  const { secrets, volumes } = serviceOf(name);
  for (const { source, target } of volumes)
    if (text === target || text.startsWith(`${target}/`))
      return (/^[./]/.test(source) ? place.repository : folderOf(place, source)) + text.slice(target.length);
  for (const { source, target } of secrets) if (text === target) return secretOf(place, source);
  return withAddresses(place, text, name);
}

function withAddresses({ addresses }: Place, text: string, name = ""): string {
  return text
    .replaceAll(/\b([a-z][a-z0-9-]*):(\d+)\b/g, (all) => addresses.get(all) ?? all)
    .replaceAll("0.0.0.0", addresses.get(name) ?? "0.0.0.0");
}

/** Arguments of `chiffon` and environment of a service, from image and compose file. */
function processOf(
  place: Place,
  name: string,
): { args: string[]; health: string[]; env: Record<string, string> } {
  const service = serviceOf(name);
  const image = readImage(service.build?.target ?? "");
  const argumentsOf = (argv: readonly string[]): string[] => {
    const at = argv.indexOf("chiffon");
    expect(at).toBeGreaterThanOrEqual(0);
    return argv.slice(at + 1).map((each) => translate(place, name, each));
  };
  const environment = Object.entries({ ...image.environment, ...service.environment });
  return {
    args: argumentsOf([...image.entrypoint, ...(service.command ?? image.command)]),
    health: argumentsOf(image.health),
    env: {
      // Not the image's: where the programs are, a home, and what was compiled once.
      PATH: place.world.env["PATH"] ?? "",
      HOME: place.world.home,
      NODE_COMPILE_CACHE: place.world.env["NODE_COMPILE_CACHE"] ?? "",
      ...Object.fromEntries(environment.map(([key, value]) => [key, translate(place, name, value)])),
    },
  };
}

interface Started extends AsyncDisposable {
  readonly child: ChildProcess;
  said(): string;
  /** What its health command says. */
  health(): Promise<Ended>;
  /** A command in its place, as `docker compose exec` would run it. */
  exec(args: readonly string[], env?: Record<string, string>): Promise<Ended>;
}

function start(place: Place, name: string): Started {
  const { args, health, env } = processOf(place, name);
  const child = spawn(process.execPath, [main, ...args], {
    cwd: "/",
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  const gone = once(child, "close");
  const exec = async (argv: readonly string[], more: Record<string, string> = {}): Promise<Ended> =>
    await promisify(execFile)(process.execPath, [main, ...argv], {
      cwd: "/",
      env: { ...env, ...more },
      timeout: 90_000,
    }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  return {
    child,
    said: () => said,
    health: () => exec(health),
    exec,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      await gone;
    },
  };
}

async function startWell(place: Place, name: string): Promise<Started> {
  const started = start(place, name);
  try {
    await waitUntil(async () => {
      if (started.child.exitCode !== null) throw new Error("it has ended");
      // Each question is a process of its own: none before it says itself that it has begun.
      if (!/is ready after|connected to/.test(started.said())) return false;
      return (await started.health()).code === 0;
    }, 120_000);
    return started;
  } catch (error) {
    const { stdout, stderr } = await started.health();
    await started[Symbol.asyncDispose]();
    throw new Error(`${name} is not well: ${stdout}${stderr}\n${started.said()}`, { cause: error });
  }
}

/** The database and its user as the image of PostgreSQL would make them from its environment. */
async function prepareDatabase(place: Place, url: string): Promise<void> {
  const { environment } = serviceOf("postgres");
  const secret = await readFile(
    translate(place, "postgres", environment["POSTGRES_PASSWORD_FILE"] ?? ""),
    "utf8",
  );
  const [user = "", database = ""] = [environment["POSTGRES_USER"], environment["POSTGRES_DB"]];
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // The test's own superuser may have that name already; with the image it is the superuser, too.
    const { rowCount } = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [user]);
    await client.query(
      `${rowCount === 0 ? "CREATE" : "ALTER"} ROLE ${client.escapeIdentifier(user)} LOGIN PASSWORD ${client.escapeLiteral(secret)}`,
    );
    await client.query(
      `CREATE DATABASE ${client.escapeIdentifier(database)} OWNER ${client.escapeIdentifier(user)}`,
    );
  } finally {
    await client.end();
  }
}

/** The broker's user as RabbitMQ would make it from its configuration. */
async function prepareBroker(place: Place, broker: Broker): Promise<void> {
  const [secret] = serviceOf("rabbitmq").secrets;
  const text = await readFile(secretOf(place, secret?.source ?? ""), "utf8");
  const value = (key: string): string => new RegExp(`^${key} = (\\S+)$`, "m").exec(text)?.[1] ?? "";
  const [user, pass] = [value("default_user"), value("default_pass")];
  // The test's broker has an administrator of this name already.
  await broker.evaluate(
    `rabbit_auth_backend_internal:change_password(<<"${user}">>, <<"${pass}">>, <<"test">>).`,
  );
}

/** Runs the health commands of what we do not own, where they are on this machine, against what the test has started. */
async function checkOthers(broker: Broker, database: URL): Promise<void> {
  await broker.command((serviceOf("rabbitmq").healthcheck?.test ?? []).slice(1).join(" "), "");
  const [, program = "", ...args] = serviceOf("postgres").healthcheck?.test ?? [];
  const env = { PATH: process.env["PATH"] ?? "", PGPORT: database.port };
  const done = spawnSync(program, args, { env, encoding: "utf8" });
  if (done.error === undefined) expect([done.status, done.stderr]).toEqual([0, ""]);
  else {
    // It asks for a connection as this user to this database; the servers have made one.
    tell(`not run: ${program} is not on this machine`);
    const { POSTGRES_USER, POSTGRES_DB } = serviceOf("postgres").environment;
    expect(args).toEqual(["-h", "127.0.0.1", "-U", POSTGRES_USER, "-d", POSTGRES_DB]);
  }
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function openPlace(): Promise<{ place: Place; broker: Broker; database: URL } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await createWorld());
  const [postgres, broker] = await Promise.all([startPostgres(), startBroker()]);
  stack.use(postgres);
  stack.use(broker);
  const database = new URL(postgres.url);
  // Addresses of loopback that nothing else has; as in containers, the servers listen at the same port and speak TLS.
  const net = `127.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  const place: Place = {
    world,
    addresses: new Map([
      ["postgres:5432", database.host],
      ["rabbitmq:5672", `127.0.0.1:${broker.port}`],
      ["server:7707", `${net}.2:7707`],
      ["server", `${net}.2`],
      ["server-2", `${net}.3`],
    ]),
    repository: await writeRepository(world, {
      "mark.yml": playbook(
        "mark",
        `    - name: Note that it ran\n      ansible.builtin.copy:\n        content: ran\n        dest: ${world.dir}/ran\n`,
      ),
    }),
  };
  const made = path.join(world.dir, "secrets");
  const { status, stderr } = spawnSync("/bin/sh", [path.join(root, "docker/secrets.sh"), made], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  await mkdir(path.join(world.dir, "run-secrets"));
  for (const [name, { file }] of Object.entries(compose.secrets))
    await writeFile(
      secretOf(place, name),
      withAddresses(place, await readFile(path.join(made, path.basename(file)), "utf8")),
    );
  for (const name of Object.keys(compose.volumes)) await mkdir(folderOf(place, name), { recursive: true });
  await Promise.all([prepareDatabase(place, postgres.url), prepareBroker(place, broker)]);
  const kept = stack.move();
  return { place, broker, database, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** As docs/docker.md says: the first user, and the agent's invitation. */
async function prepareUsers(place: Place, server: Started): Promise<Record<string, string>> {
  const login = path.join(place.world.dir, "password");
  await writeFile(login, password);
  const env = { CHIFFON_PASSWORD_FILE: login };
  expect(await server.exec(["user", "add", "ada"], env)).toMatchObject({ code: 0 });
  const invite = ["agents", "invite", "--label", "server-machine", "--user", "ada", "--json"];
  const invited = await server.exec(invite, env);
  expect([invited.code, invited.stderr]).toEqual([0, ""]);
  expect((JSON.parse(invited.stdout) as Invited).type).toBe("infra");
  await writeFile(secretOf(place, "agent_invitation"), invited.stdout);
  return env;
}

async function runOnce(place: Place, server: Started, env: Record<string, string>): Promise<void> {
  const json = async <T>(...args: string[]): Promise<T> =>
    JSON.parse((await server.exec([...args, "--json"])).stdout) as T;
  const made = await json<{ plan: Plan }>("plan", "make", "mark");
  const { id, hash } = made.plan;
  const approve = ["plan", "approve", id, "--hash", hash.slice(-64), "--user", "ada", "--wait"];
  const approved = await server.exec(approve, env);
  expect(`${approved.code} ${approved.code === 0 ? "" : approved.stderr}`).toBe("0 ");
  const [run] = await json<Run[]>("run", "list");
  expect(run?.state).toBe("succeeded");
  expect(await readFile(path.join(place.world.dir, "ran"), "utf8")).toBe("ran");
}

test("every service of compose.yaml starts by its command, is well by its health command, and an approved run goes through them", async () => {
  await using opened = await openPlace();
  const { place, broker, database } = opened;
  const [server] = await Promise.all([startWell(place, "server"), checkOthers(broker, database)]);
  await using _server = server;
  const [env, second] = await Promise.all([prepareUsers(place, server), startWell(place, "server-2")]);
  await using _second = second;
  const first = await startWell(place, "agent");
  // Again, as after an update of the image: it has joined, and needs no invitation.
  await writeFile(secretOf(place, "agent_invitation"), "");
  await first[Symbol.asyncDispose]();
  expect((await first.health()).code).toBe(1);
  await using agent = await startWell(place, "agent");
  const agents = JSON.parse((await server.exec(["agents", "--json"])).stdout) as Agent[];
  expect(agents).toMatchObject([{ status: "online", type: "infra", labels: ["server-machine"] }]);

  await runOnce(place, server, env);

  // Who stands still is not well, and is again when it goes on.
  second.child.kill("SIGSTOP");
  expect((await second.health()).stdout).toMatch(/not well: .*(no answer|does not answer)/);
  second.child.kill("SIGCONT");
  await waitUntil(async () => (await second.health()).code === 0);
  await server[Symbol.asyncDispose]();
  expect(await server.health()).toMatchObject({ code: 1 });
  await waitUntil(async () => (await agent.health()).stdout.includes("not well: the agent is not connected"));

  for (const [name, { build, profiles }] of Object.entries(compose.services))
    if (build === undefined && profiles.length > 0) tell(whyNotStarted(name));
});

/** Optional services are programs of others; that their definitions hold is looked at in test/house/containers.test.ts. */
function whyNotStarted(name: string): string {
  const isThere = spawnSync(name, ["--version"], { stdio: "ignore" }).error === undefined;
  return `${name}: not started: ${isThere ? "nothing of Chiffon asks it by default" : `${name} is not on this machine`}`;
}
