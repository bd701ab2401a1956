import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { Unit } from "../../contracts/catalogue.ts";
import { HostFacts } from "../../contracts/fact.ts";
import { listOperations, operationsRoot } from "./operations.ts";

const run = promisify(execFile);
/* Not a package of ours: Debian's. */
const supervisor = "supervisord";
/** Against a hang only: each takes seconds on a machine that has nothing else to do. */
const limit = 480_000;
const names = ["restart", "stop", "start", "status", "reboot", "facts", "ping"];

function environment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: `${searchPath()}:/usr/bin:/bin:/usr/sbin:/sbin`,
    PYTHONPATH: pythonPath(),
    HOME: home,
    LANG: "C.UTF-8",
    ANSIBLE_CONFIG: join(home, "none.cfg"),
    ANSIBLE_NOCOLOR: "1",
    // As Chiffon runs them on its own machine.
    ANSIBLE_PIPELINING: "1",
    ANSIBLE_PYTHON_INTERPRETER: "/usr/bin/python3",
  };
}

/* Where the machine keeps supervisor is the machine's to say. */
const searchPath = () => process.env["PATH"] ?? "";
const pythonPath = () => process.env["PYTHONPATH"] ?? "";

function isInstalled(command: string): boolean {
  try {
    execFileSync("which", [command], { env: environment("/nonexistent") });
    return true;
  } catch {
    return false;
  }
}

interface Played {
  readonly code: number;
  readonly stdout: string;
  /** Output of each play in turn, without the recap. */
  readonly plays: readonly { readonly text: string; readonly changed: number }[];
}

/** Runs operations one after the other in one process of Ansible, which takes longer to start than most of them to run. */
async function play(
  home: string,
  operations: readonly string[],
  given: {
    vars?: Record<string, unknown>;
    more?: string[];
    inventory?: string;
    connection?: string;
    environment?: NodeJS.ProcessEnv;
  } = {},
): Promise<Played> {
  const vars = join(home, "vars.json");
  writeFileSync(vars, JSON.stringify(given.vars ?? {}));
  const files = operations.map((name) => join(operationsRoot, `${name}.yml`));
  const inventory = given.inventory ?? "localhost,";
  const argv = [
    "-i",
    inventory,
    "-c",
    given.connection ?? "local",
    "-e",
    `@${vars}`,
    ...(given.more ?? []),
    ...files,
  ];
  const { code, stdout } = await run("ansible-playbook", argv, {
    env: { ...environment(home), ...given.environment },
  }).then(
    (done) => ({ code: 0, stdout: done.stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
  );
  const [, ...texts] = stdout.split(/^PLAY \[/m).map((text) => text.split(/^PLAY RECAP/m)[0] ?? "");
  const plays = texts.map((text) => ({ text, changed: text.match(/^changed: \[/gm)?.length ?? 0 }));
  return { code, stdout, plays };
}

function homeFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "chiffon-operations-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

let real: Promise<Played> | undefined;
/** What only reads, for real: done once for all tests that look at what it says. */
async function readReal(): Promise<Played> {
  using home = homeFolder();
  return await (real ??= play(home.path, ["ping", "facts"]));
}

test("every operation is a unit with its verbs and the service that it needs", () => {
  const units = listOperations().map((unit) => Unit.parse(unit));
  expect(units.map((unit) => unit.id)).toEqual(names.map((name) => `operation:${name}`));
  expect(
    readdirSync(operationsRoot)
      .filter((name) => name.endsWith(".yml"))
      .toSorted(),
  ).toEqual(units.map((unit) => unit.playbook).toSorted());
  for (const unit of units) {
    expect(unit.description).not.toBe("");
    expect(unit.plays.map((each) => each.hosts)).toEqual(["all"]);
    expect(unit.plays[0]?.ansibleTasks.some((task) => task.dynamic)).toBe(false);
  }
  const needing = units.filter((unit) =>
    unit.vars.some((variable) => variable.name === "chiffon_service" && variable.required),
  );
  expect(needing.map((unit) => unit.name)).toEqual(["restart", "stop", "start", "status"]);
});

test("the operations that only look can be previewed as a whole and never become another user", () => {
  for (const unit of listOperations().filter((each) => ["status", "facts", "ping"].includes(each.name))) {
    for (const task of unit.plays[0]?.ansibleTasks ?? [])
      expect(task).toMatchObject({ previewable: true, become: false });
  }
});

test.skipIf(!isInstalled("ansible-lint"))(
  "ansible-lint finds nothing in its strictest profile",
  { timeout: limit },
  async () => {
    using home = homeFolder();
    const files = names.map((name) => `${name}.yml`);
    const { stdout } = await run(
      "ansible-lint",
      ["--offline", "-q", "--nocolor", "--profile", "production", "-f", "codeclimate", ...files],
      {
        cwd: operationsRoot,
        env: environment(home.path),
      },
    );
    expect(JSON.parse(stdout === "" ? "[]" : stdout)).toEqual([]);
  },
);

test("ping and facts run on this machine, for real and as a preview", { timeout: limit }, async () => {
  using home = homeFolder();
  for (const played of [readReal(), play(home.path, ["ping", "facts"], { more: ["--check", "--diff"] })]) {
    const { code, plays } = await played;
    expect({ code, changed: plays.map(({ changed }) => changed) }).toEqual({ code: 0, changed: [0, 0] });
    expect(plays[0]?.text).toContain("ok: [localhost]");
    expect(plays[1]?.text).toContain("processor_cores");
  }
});

test(
  "what the facts tell for conditions is what the contract of facts takes",
  { timeout: limit },
  async () => {
    const { plays } = await readReal();
    const told = /Show what conditions compare[^{]*(\{[^]*\})/.exec(plays[1]?.text ?? "")?.[1] ?? "";
    const facts = HostFacts.parse((JSON.parse(told) as { msg: unknown }).msg);
    expect(facts).toMatchObject({
      memory_mb: Math.floor(totalmem() / 1_048_576),
      architecture: expect.any(String),
    });
    expect(facts.disk_bytes).toBeGreaterThan(facts.disk_free_bytes ?? Infinity);
    expect(facts.memory_mb).toBeGreaterThan(facts.memory_free_mb ?? Infinity);
    expect(Object.values(facts).filter((value) => value === undefined)).toEqual([]);
    expect(Object.keys(facts)).toHaveLength(9);
  },
);

test(
  "a preview of a reboot of the machine that Ansible runs on ends by itself and restarts nothing",
  { timeout: limit },
  async () => {
    using home = homeFolder();
    const { code, plays, stdout } = await play(home.path, ["reboot"], {
      more: ["--check"],
      vars: { ansible_connection: "local" },
    });
    expect({ code, changed: plays[0]?.changed }, stdout).toEqual({ code: 0, changed: 0 });
    expect(stdout).toMatch(/TASK \[Restart the machine that Ansible runs on\] \*+\nskipping: \[localhost\]/);
  },
);

/* Only where no real command could come in the way of the stand-in: with sudo it would, and a system that systemd runs could go down. */
test.skipIf(process.getuid?.() !== 0 || existsSync("/run/systemd/system"))(
  "the machine that Ansible runs on is told to restart after all others, and a run that is not ended by that fails",
  { timeout: limit },
  async () => {
    using home = homeFolder();
    const tool = join(home.path, "shutdown");
    writeFileSync(tool, `#!/bin/sh\necho "$@" >> ${home.path}/told\n`, { mode: 0o755 });
    const path = { PATH: `${home.path}:${environment(home.path)["PATH"] ?? ""}` };
    const vars = { ansible_connection: "local", chiffon_reboot_timeout: 1 };
    const { code, stdout } = await play(home.path, ["reboot"], { vars, environment: path });
    expect(readFileSync(join(home.path, "told"), "utf8")).toBe("-r now\n");
    expect(code, stdout).toBe(2);
    expect(stdout).toContain("did not do so within 1 seconds");

    // Of a host that cannot be reached nobody knows how it is: this machine stays up.
    rmSync(join(home.path, "told"));
    const inventory = join(home.path, "hosts.ini");
    const gone = "gone ansible_host=127.0.0.1 ansible_port=1 ansible_connection=ssh ansible_timeout=1";
    writeFileSync(inventory, `here ansible_connection=local\n${gone}\n`);
    const both = await play(home.path, ["reboot"], { inventory, environment: path, connection: "ssh" });
    expect(both.code, both.stdout).not.toBe(0);
    expect(existsSync(join(home.path, "told"))).toBe(false);
  },
);

test(
  "a service that nobody knows or a name that is none ends before anything happens",
  { timeout: limit },
  async () => {
    using home = homeFolder();
    const vars = { chiffon_service: "no-such-service" };
    const unknown = await play(home.path, ["restart"], { vars });
    expect(unknown).toMatchObject({ code: 2, plays: [{ changed: 0 }] });
    expect(unknown.stdout).toContain("No service 'no-such-service'");

    const bad = ["x; touch /tmp/never", "--now", "", ["a"]];
    const inventory = join(home.path, "hosts.json");
    const hosts = bad.map((name, at) => [`bad${at}`, { chiffon_service: { __ansible_unsafe: name } }]);
    writeFileSync(inventory, JSON.stringify({ all: { hosts: Object.fromEntries(hosts) } }));
    const { code, stdout } = await play(home.path, ["stop"], { inventory });
    expect(code).toBe(2);
    expect(stdout).not.toContain("Ask supervisor");
    for (const at of bad.keys())
      expect(stdout).toMatch(new RegExp(`^bad${at} .* ok=0 +changed=0 .* failed=1 `, "m"));
    expect(stdout.match(/Say which service: its name may hold/g)).toHaveLength(bad.length);
  },
);

test.skipIf(!isInstalled(supervisor))(
  "a program under supervisor is shown, stopped, started and restarted",
  { timeout: limit },
  async () => {
    using home = homeFolder();
    const config = join(home.path, "supervisord.conf");
    const started = join(home.path, "started");
    writeFileSync(
      config,
      `[supervisord]\nlogfile=${home.path}/log\npidfile=${home.path}/pid\nnodaemon=true\n[unix_http_server]\nfile=${home.path}/s\n` +
        `[supervisorctl]\nserverurl=unix://${home.path}/s\n[rpcinterface:supervisor]\n` +
        `supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n` +
        `[program:probe]\ncommand=/bin/sh -c "echo up >> ${started}; exec sleep 1000"\n`,
    );
    const daemon = spawn(supervisor, ["-c", config], { env: environment(home.path), stdio: "ignore" });
    const ended = new Promise((resolve) => daemon.once("exit", resolve));
    const starts = () => readFileSync(started, "utf8").split("\n").length - 1;
    const vars = { chiffon_service: "probe", chiffon_supervisor_config: config };
    try {
      await vi.waitFor(
        () => expect(readFileSync(join(home.path, "log"), "utf8")).toContain("RUNNING state"),
        {
          timeout: 60_000,
        },
      );
      expect(starts()).toBe(1);
      const done = async (operations: string[], more: string[] = []) => {
        const { code, stdout, plays } = await play(home.path, operations, { vars, more });
        expect(code, stdout).toBe(0);
        return { changed: plays.map(({ changed }) => changed), plays, starts: starts() };
      };
      expect(await done(["restart"], ["--check"])).toMatchObject({ changed: [0], starts: 1 });
      const all = await done(["restart", "status", "stop", "stop", "status", "start", "start"]);
      expect(all).toMatchObject({ changed: [1, 0, 1, 0, 0, 1, 0], starts: 3 });
      expect(all.plays[1]?.text).toContain("RUNNING");
      expect(all.plays[4]?.text).toContain("STOPPED");
    } finally {
      daemon.kill("SIGTERM");
      await ended;
    }
  },
);
