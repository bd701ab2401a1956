import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli, type CliResult } from "../cli/testing/run-cli.ts";
import { startScriptedServer } from "../cli/testing/scripted-server.ts";
import { readConfig } from "../config.ts";
import { registerService } from "./service.ts";

let home: string;
let bin: string;
let dataDir: string;
let log: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "chiffon-service-"));
  bin = path.join(home, "bin");
  dataDir = path.join(home, "data");
  log = path.join(home, "systemctl.log");
  await mkdir(bin);
  await mkdir(dataDir);
});
afterEach(() => rm(home, { recursive: true }));

const chiffon = (...args: string[]): Promise<CliResult> =>
  runCli(["service", ...args], {
    register: (program, context) => {
      const config = { ...readConfig({}), home, searchPath: bin, dataDir };
      registerService(program, { ...context, config });
    },
  });
const unit = (): Promise<string> => readFile(path.join(home, ".config/systemd/user/chiffon.service"), "utf8");
const called = async (): Promise<string[]> =>
  (await readFile(log, "utf8").catch(() => "")).trimEnd().split("\n");

/** A systemd that notes what it is asked, and says that the unit is in that state. */
async function installSystemd(state: "active" | "failed"): Promise<void> {
  const file = path.join(bin, "systemctl");
  await writeFile(
    file,
    `#!/bin/sh
echo "$*" >> '${log}'
case "$2" in is-active|is-failed) echo ${state} ;; is-enabled) echo enabled ;; esac
`,
  );
  await chmod(file, 0o755);
}

async function withServer<T>(work: (url: string) => Promise<T>): Promise<T> {
  const readiness = { ready: true, database: true, checkpointSize: 1, runningTasks: 0, agentsOnline: 1 };
  await using server = await startScriptedServer({ script: () => ({ json: readiness }) });
  const found = { url: server.url, pid: process.pid, fingerprint: null };
  await writeFile(path.join(dataDir, "server.json"), JSON.stringify(found));
  return await work(server.url);
}

test("without systemd the unit is written, and how to start by hand is printed", async () => {
  const installed = await chiffon("install", "--port", "7799", "--repo", home);
  expect(installed.code).toBe(0);
  expect(await unit()).toContain(`up --data ${dataDir} --port 7799 --repo ${home}\n`);
  expect(installed.stderr).toContain(`main.ts up --data ${dataDir} --port 7799 --repo ${home}\n`);
  expect((await chiffon("status")).code).toBe(1);
  expect((await chiffon("uninstall")).stderr).toContain("removed");
  await expect(unit()).rejects.toMatchObject({ code: "ENOENT" });
  expect((await chiffon("uninstall")).stderr).toContain("there was no service");
});

test("with systemd the service is enabled and started, and its address printed once it is ready", async () => {
  await installSystemd("active");
  await withServer(async (url) => {
    const installed = await chiffon("install", "--demo");
    expect(installed).toMatchObject({
      code: 0,
      stdout: `${url}\n`,
      stderr: expect.stringContaining("loginctl enable-linger"),
    });
    expect((await called()).filter((call) => !call.includes("is-"))).toEqual([
      "--user daemon-reload",
      "--user enable chiffon.service",
      "--user restart chiffon.service",
    ]);
    expect(await chiffon("status")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`well: ${url}`),
    });
  });
  await chiffon("uninstall");
  expect(await called()).toContain("--user disable --now chiffon.service");
});

test("a server that is no service is not pushed aside", async () => {
  await installSystemd("failed");
  const installed = await withServer(() => chiffon("install"));
  expect(installed).toMatchObject({ code: 1, stderr: expect.stringContaining("Stop that server") });
  expect(await called()).not.toContain("--user restart chiffon.service");
});

test("a service that does not come up is said so, with where to look", async () => {
  await installSystemd("failed");
  expect(await chiffon("install")).toMatchObject({
    code: 7,
    stderr: expect.stringContaining("journalctl --user -u chiffon.service"),
  });
});

test("a folder that is not there is refused before anything is written", async () => {
  expect((await chiffon("install", "--repo", path.join(home, "nowhere"))).code).toBe(1);
  await expect(unit()).rejects.toMatchObject({ code: "ENOENT" });
});

test("units of the system are printed with what was asked for, and with what root has to do", async () => {
  const asked =
    "--host 0.0.0.0 --port 7708 --name box:443 --shared /srv/chiffon --repo /srv/homelab --rabbitmq --as-user deploy";
  const printed = await chiffon("unit", "server", ...asked.split(" "));
  expect(printed.code).toBe(0);
  expect(printed.stdout).toContain(
    "main.ts server --data /var/lib/chiffon-server --host 0.0.0.0 --port 7708 --name box:443 --shared /srv/chiffon --repo /srv/homelab\n",
  );
  expect(printed.stdout).toContain("User=deploy\n");
  expect(printed.stdout).toContain("LoadCredential=chiffon-rabbitmq-url:/etc/chiffon/rabbitmq-url\n");
  expect(printed.stderr).toContain("/etc/chiffon/database-url");
  const agent = await chiffon("unit", "agent", "--json");
  expect(JSON.parse(agent.stdout)).toMatchObject({ name: "chiffon-agent.service" });
  expect((await chiffon("unit", "agent", "--as-user", "-x")).code).toBe(2);
});
