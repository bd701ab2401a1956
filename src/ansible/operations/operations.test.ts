import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { Unit } from "../../contracts/catalogue.ts";
import { listOperations, operationsRoot } from "./operations.ts";

const run = promisify(execFile);
/* Not a package of ours: Debian's. */
const supervisor = "supervisord";
const names = ["restart", "stop", "start", "status", "reboot", "facts", "ping"];

function environment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: `${searchPath()}:/usr/bin:/bin:/usr/sbin:/sbin`,
    PYTHONPATH: pythonPath(),
    HOME: home,
    LANG: "C.UTF-8",
    ANSIBLE_CONFIG: join(home, "none.cfg"),
    ANSIBLE_NOCOLOR: "1",
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

async function play(
  home: string,
  name: string,
  given: { vars?: Record<string, unknown>; more?: string[] } = {},
) {
  const vars = join(home, "vars.json");
  writeFileSync(vars, JSON.stringify(given.vars ?? {}));
  const argv = [
    "-i",
    "localhost,",
    "-c",
    "local",
    "-e",
    `@${vars}`,
    ...(given.more ?? []),
    join(operationsRoot, `${name}.yml`),
  ];
  return await run("ansible-playbook", argv, { env: environment(home) }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
  );
}

function homeFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "chiffon-operations-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
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
  { timeout: 120_000 },
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

test("ping and facts run on this machine, for real and as a preview", { timeout: 120_000 }, async () => {
  using home = homeFolder();
  for (const more of [[], ["--check", "--diff"]]) {
    const ping = await play(home.path, "ping", { more });
    expect(ping).toMatchObject({ code: 0, stdout: expect.stringMatching(/ok=1 +changed=0/) });
    const facts = await play(home.path, "facts", { more });
    expect(facts).toMatchObject({ code: 0, stdout: expect.stringContaining("processor_cores") });
  }
});

test("rebooting the machine that Ansible runs on is refused", { timeout: 60_000 }, async () => {
  using home = homeFolder();
  const { code, stdout } = await play(home.path, "reboot", {
    more: ["--check"],
    vars: { ansible_connection: "local" },
  });
  expect(code).toBe(2);
  expect(stdout).toContain("Reboot it by hand");
});

test(
  "a service that nobody knows or a name that is none ends before anything happens",
  { timeout: 120_000 },
  async () => {
    using home = homeFolder();
    const unknown = await play(home.path, "restart", { vars: { chiffon_service: "no-such-service" } });
    expect(unknown).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("No service 'no-such-service'"),
    });
    for (const name of ["x; touch /tmp/never", "--now", "", ["a"]]) {
      const bad = await play(home.path, "stop", { vars: { chiffon_service: { __ansible_unsafe: name } } });
      expect(bad).toMatchObject({
        code: 2,
        stdout: expect.stringContaining("The service has a usable name"),
      });
      expect(bad.stdout).not.toContain("Ask supervisor");
    }
  },
);

test.skipIf(!isInstalled(supervisor))(
  "a program under supervisor is shown, stopped, started and restarted",
  { timeout: 300_000 },
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
      await vi.waitFor(() => expect(starts()).toBe(1), { timeout: 20_000 });
      await vi.waitFor(
        async () => expect((await play(home.path, "status", { vars })).stdout).toContain("RUNNING"),
        { timeout: 60_000 },
      );
      expect(await play(home.path, "restart", { vars, more: ["--check"] })).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/changed=0/),
      });
      expect(starts()).toBe(1);
      expect(await play(home.path, "restart", { vars })).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/changed=1/),
      });
      expect(starts()).toBe(2);
      expect(await play(home.path, "stop", { vars })).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/changed=1/),
      });
      expect(await play(home.path, "stop", { vars })).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/changed=0/),
      });
      expect((await play(home.path, "status", { vars })).stdout).toContain("STOPPED");
      expect(await play(home.path, "start", { vars })).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/changed=1/),
      });
      expect(await play(home.path, "start", { vars })).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/changed=0/),
      });
      expect(starts()).toBe(3);
    } finally {
      daemon.kill("SIGTERM");
      await ended;
    }
  },
);
