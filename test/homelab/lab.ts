import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const example = path.resolve(import.meta.dirname, "../../examples/homelab");
/** Uptime Kuma is compiled once and used by every test that deploys it: give its playbook this as `kuma_cache`. */
export const kumaCache = path.resolve(import.meta.dirname, "../../node_modules/.cache/chiffon/uptime-kuma");

/**
 * Runs what may be the first deployment of this checkout. Test files run side by side, and compiling twice at once takes
 * minutes and memory: the second one waits for the first, and then finds the cache filled.
 */
export async function buildOnce<T>(deploy: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(kumaCache), { recursive: true });
  const lock = `${kumaCache}.lock`;
  while (!(await isBuilt()) && !(await takeLock(lock))) await new Promise((go) => setTimeout(go, 200));
  try {
    return await deploy();
  } finally {
    if ((await readFile(lock, "utf8").catch(() => "")) === String(process.pid)) await rm(lock);
  }
}

async function isBuilt(): Promise<boolean> {
  return (await findBuild()) !== undefined;
}

/** The folder of an Uptime Kuma that was compiled earlier. */
async function findBuild(): Promise<string | undefined> {
  const builds = await readdir(kumaCache).catch(() => []);
  const name = builds.find((each) => existsSync(path.join(kumaCache, each, ".complete")));
  return name === undefined ? undefined : path.join(kumaCache, name);
}

/** The same; where there is none yet, a deployment of its own makes it. */
export async function getBuild(): Promise<string> {
  if (!(await isBuilt())) {
    await using lab = await createLab();
    const { code, output } = await buildOnce(() => lab.run("uptime-kuma"));
    if (code !== 0) throw new Error(`Uptime Kuma could not be compiled: ${output}`);
  }
  const build = await findBuild();
  if (build === undefined) throw new Error(`no Uptime Kuma in ${kumaCache}`);
  return build;
}

/** True when it is ours now. One of a process that is gone counts for nothing. */
async function takeLock(lock: string): Promise<boolean> {
  const owner = await readFile(lock, "utf8").catch(() => undefined);
  if (owner !== undefined && owner !== "" && !existsSync(`/proc/${owner}`)) await rm(lock, { force: true });
  return await writeFile(lock, String(process.pid), { flag: "wx" }).then(
    () => true,
    () => false,
  );
}

/** The example homelab with a home directory and ports of its own. */
export interface Lab extends AsyncDisposable {
  readonly home: string;
  readonly port: number;
  readonly url: string;
  readonly kumaPort: number;
  /** Runs a playbook of the example the way its README says. */
  run(playbook: string, options?: RunOptions): Promise<RunResult>;
  /** Unpacks an archive, as a person would. */
  unpack(archive: string, folder: string): Promise<void>;
  /** Runs ansible-lint over the whole example; rejects when it finds something. */
  lint(): Promise<void>;
}

export interface RunOptions {
  readonly vars?: Record<string, unknown>;
  readonly check?: boolean;
  /** More environment, as an agent would set it. */
  readonly env?: Record<string, string>;
}

export interface RunResult {
  readonly code: number;
  readonly output: string;
  /** Figures of the recap: ok, changed, failed, … */
  readonly recap: Record<string, number>;
}

const execute = promisify(execFile);

// The machine's own Node and npm first; where they lie elsewhere, those that run the tests.
const npm = process.env["npm_execpath"];
export const searchPath = [
  "/usr/local/bin:/usr/bin:/bin",
  path.dirname(process.execPath),
  ...(npm === undefined ? [] : [path.dirname(npm)]),
].join(":");

export async function createLab(): Promise<Lab> {
  const home = await mkdtemp(path.join(os.tmpdir(), "chiffon-homelab-"));
  const port = await findFreePort();
  const kumaPort = await findFreePort();
  const env = { PATH: searchPath, HOME: home, LANG: "C.UTF-8", ANSIBLE_NOCOLOR: "1" };
  // Never the systemd of the machine that the tests run on, nor its Docker.
  const settings = {
    status_page_port: port,
    status_page_supervision: "process",
    kuma_port: kumaPort,
    kuma_method: "npm",
    kuma_supervision: "supervisor",
    kuma_cache: kumaCache,
  };
  return {
    home,
    port,
    kumaPort,
    url: `http://127.0.0.1:${port}`,
    async run(playbook, options = {}) {
      const vars = { ...settings, ...options.vars };
      const flags = options.check === true ? ["--check", "--diff"] : [];
      const args = [`playbooks/${playbook}.yml`, "-e", JSON.stringify(vars), ...flags];
      const done = await execute("ansible-playbook", args, {
        cwd: example,
        env: { ...env, ...options.env },
      }).then(
        ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
        (error: { code: number; stdout: string; stderr: string }) => ({
          code: error.code,
          output: error.stdout + error.stderr,
        }),
      );
      return { ...done, recap: readRecap(done.output) };
    },
    async unpack(archive, folder) {
      await execute("tar", ["-xzf", archive, "-C", folder], { env });
    },
    async lint() {
      await execute("ansible-lint", ["--offline", "-p", "--nocolor", "--profile", "production"], {
        cwd: example,
        env,
      });
    },
    async [Symbol.asyncDispose]() {
      for (const pid of await listServers(home)) process.kill(pid, "SIGKILL");
      await rm(home, { recursive: true });
    },
  };
}

/** Processes of the page that run from below `home`. */
export async function listServers(home: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return pids.filter((_, index) => commands[index]?.includes(`${home}/`) === true).map(Number);
}

function readRecap(output: string): Record<string, number> {
  const line = /^this-machine\s+:\s(.*)$/m.exec(output)?.[1] ?? "";
  return Object.fromEntries(
    [...line.matchAll(/(\w+)=(\d+)/g)].map(([, name, count]) => [name, Number(count)]),
  );
}

/** A copy of the example whose Uptime Kuma has a port of its own and takes the shared cache. */
export interface ExampleCopy {
  readonly folder: string;
  writePortals(portals: readonly Portal[]): Promise<void>;
}

export interface Portal {
  readonly name: string;
  readonly url: string;
}

/** Portals that answer: addresses on a web server that lives as long as this. */
export interface Portals extends AsyncDisposable {
  readonly portals: Portal[];
}

export async function startPortals(names: readonly string[]): Promise<Portals> {
  const web = createHttpServer((_, answer) => answer.end("here"));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  const { port } = web.address() as AddressInfo;
  return {
    portals: names.map((name) => ({
      name,
      url: `http://127.0.0.1:${port}/${name.toLowerCase().split(" ").at(-1) ?? ""}`,
    })),
    [Symbol.asyncDispose]: async () => {
      web.closeAllConnections();
      await new Promise((resolve) => web.close(resolve));
    },
  };
}

export async function copyExample(dir: string): Promise<ExampleCopy> {
  const folder = path.join(dir, "homelab");
  await cp(example, folder, { recursive: true });
  const inventory = path.join(folder, "inventory/hosts.yml");
  const vars = {
    kuma_port: await findFreePort(),
    kuma_method: "npm",
    kuma_supervision: "supervisor",
    kuma_cache: kumaCache,
  };
  const lines = Object.entries(vars).map(([name, value]) => `    ${name}: ${value}`);
  const hosts = (await readFile(inventory, "utf8")).trimEnd();
  await writeFile(inventory, `${hosts}\n  vars:\n${lines.join("\n")}\n`);
  return {
    folder,
    writePortals: async (portals) => {
      const list = portals.map(({ name, url }) => `  - name: ${name}\n    url: ${url}\n`);
      const file = path.join(folder, "inventory/group_vars/all/portals.yml");
      await writeFile(file, `---\nportals:\n${list.join("")}`);
    },
  };
}

/** Ends what a deployment left running on purpose: its supervisor first, which would start Uptime Kuma again. */
export async function endServices(home: string): Promise<void> {
  for (const wanted of ["supervisord", ""])
    for (const pid of await listServers(home)) {
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (command.includes(wanted)) process.kill(pid, "SIGKILL");
    }
  while ((await listServers(home)).length > 0) await new Promise((go) => setTimeout(go, 25));
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
