import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { runCli, type CliResult } from "../cli/testing/run-cli.ts";
import { startScriptedServer } from "../cli/testing/scripted-server.ts";
import { readConfig } from "../config.ts";
import { registerDoctor } from "./doctor.ts";

const Checks = z.array(
  z.object({
    name: z.string(),
    status: z.enum(["ok", "warn", "fail"]),
    message: z.string(),
    hint: z.string().nullable(),
  }),
);
type Checked = z.infer<typeof Checks>[number];

let home: string;
let bin: string;
let dataDir: string;
let freePort: number;
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "chiffon-doctor-test-"));
  bin = path.join(home, "bin");
  dataDir = path.join(home, "data");
  await mkdir(bin);
  freePort = await withListener(async (port) => port);
});
afterEach(() => rm(home, { recursive: true }));

async function withListener<T>(work: (port: number) => Promise<T>): Promise<T> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  try {
    return await work(address.port);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

const run = (args: string[], searchPath = bin): Promise<CliResult> =>
  runCli(["doctor", ...args], {
    register: (program, context) => {
      const config = { ...readConfig({}), home, searchPath, dataDir };
      registerDoctor(program, { ...context, config });
    },
  });

/** Exit code, and the checks by name. */
async function doctor(
  args: string[] = [],
  searchPath = bin,
): Promise<{ code: number; of: (name: string) => Checked | undefined }> {
  const { code, stdout } = await run(["--json", "--port", String(freePort), ...args], searchPath);
  const checks = Checks.parse(JSON.parse(stdout));
  return { code, of: (name) => checks.find((check) => check.name === name) };
}

async function installFake(name: string, script: string): Promise<void> {
  await writeFile(path.join(bin, name), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(bin, name), 0o755);
}

const ansible = `echo 'ansible-playbook [core VERSION]'; echo '  python version = 3 (x) [GCC] (${process.execPath})'`;

describe("a machine without Ansible", () => {
  test("fails, with the command that installs it here", async () => {
    await installFake("apt-get", "exit 1");
    const { code, of } = await doctor();
    expect(code).toBe(1);
    const sudo = process.getuid?.() === 0 ? "" : "sudo ";
    expect(of("ansible")).toMatchObject({
      status: "fail",
      hint: `Install it: ${sudo}apt-get install -y ansible-core`,
    });
    expect(of("git")).toMatchObject({ status: "fail" });
    expect(of("ssh")).toMatchObject({ status: "warn", hint: expect.stringContaining("openssh-client") });
  });

  test("gets the names of another system's packages there", async () => {
    await installFake("dnf", "exit 1");
    expect((await doctor()).of("ssh")?.hint).toContain("dnf install -y openssh-clients");
  });

  test("that is too old fails as well", async () => {
    await installFake("ansible-playbook", ansible.replace("VERSION", "2.13.4"));
    expect((await doctor()).of("ansible")).toMatchObject({
      status: "fail",
      message: expect.stringContaining("too old"),
    });
  });

  if (process.getuid?.() === 0)
    test("is mended by root with --fix, which installs all that is missing at once", async () => {
      const log = path.join(home, "apt.log");
      const installed = path.join(bin, "ansible-playbook");
      const lines = ansible.replace("VERSION", "2.16.1").replaceAll("'", '"');
      await installFake(
        "apt-get",
        `echo "$*" >> '${log}'
[ -e '${home}/updated' ] || { [ "$1" = update ] && : > '${home}/updated'; exit 100; }
printf '#!/bin/sh\\n%s\\n' '${lines}' > '${installed}'; /bin/chmod 755 '${installed}'`,
      );
      const { of } = await doctor(["--fix"]);
      expect(of("ansible")).toMatchObject({ status: "ok", message: expect.stringContaining("2.16.1") });
      expect((await readFile(log, "utf8")).trimEnd().split("\n")).toEqual([
        "install -y ansible-core git openssh-client python3 bubblewrap",
        "update",
        "install -y ansible-core git openssh-client python3 bubblewrap",
      ]);
    });
});

describe("the data directory", () => {
  test("will be made where it can be", async () => {
    expect((await doctor()).of("data")).toMatchObject({
      status: "ok",
      message: expect.stringContaining("will be made"),
    });
  });

  test("that others can read is a warning, which --fix takes away without locking out the database's user", async () => {
    await mkdir(dataDir);
    await chmod(dataDir, 0o755);
    expect((await doctor()).of("data")).toMatchObject({
      status: "warn",
      hint: expect.stringContaining("chmod"),
    });
    expect((await doctor(["--fix"])).of("data")).toMatchObject({ status: "ok" });
    expect((await stat(dataDir)).mode & 0o777).toBe(0o710);
  });

  test("that is a file fails", async () => {
    await writeFile(dataDir, "");
    expect((await doctor()).of("data")).toMatchObject({ status: "fail" });
  });
});

describe("the port", () => {
  test("fails when another program has it, with a free one to take", async () => {
    await withListener(async (port) => {
      const { code, of } = await doctor(["--port", String(port)]);
      expect(code).toBe(1);
      expect(of("port")).toMatchObject({
        status: "fail",
        hint: `Take another one: chiffon up --port ${port + 1}`,
      });
      expect(of("server")).toMatchObject({ status: "ok", message: expect.stringContaining("none runs") });
    });
  });

  test("is fine when our own server has it, which is asked how it is", async () => {
    const readiness = { ready: true, database: true, checkpointSize: 7, runningTasks: 0, agentsOnline: 2 };
    await using server = await startScriptedServer({
      script: ({ path: address }) =>
        address === "/readyz" ? { json: readiness } : { status: 404, json: {} },
    });
    await mkdir(dataDir, { mode: 0o700 });
    const { port } = new URL(server.url);
    const found = { url: server.url, pid: process.pid, fingerprint: null };
    await writeFile(path.join(dataDir, "server.json"), JSON.stringify(found));
    const { of } = await doctor(["--port", port]);
    expect(of("port")).toMatchObject({ status: "ok", message: `${port} is held by our own server` });
    expect(of("server")).toMatchObject({ status: "ok", message: expect.stringContaining("2 agents online") });
    Object.assign(readiness, { ready: false, database: false });
    expect((await doctor(["--port", port])).of("server")).toMatchObject({
      status: "warn",
      message: expect.stringContaining("database"),
    });
  });
});

test("a machine with everything is told so, line by line, and ends with 0", async () => {
  await installFake("ansible-playbook", ansible.replace("VERSION", "2.14.0"));
  for (const program of ["git", "ssh", "python3", "bwrap"]) await installFake(program, "exit 0");
  const { code, stdout } = await run(["--port", String(freePort)]);
  expect(stdout).toMatch(/^ok {4}ansible {5}ansible-core 2\.14\.0 /m);
  expect(stdout).toMatch(/^ok {4}postgresql {2}PostgreSQL \d+/m);
  expect(stdout).not.toMatch(/^fail/m);
  expect(code).toBe(0);
});
