import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const example = path.resolve(import.meta.dirname, "../../examples/homelab");
/** Uptime Kuma is compiled once and used by every test that deploys it: give its playbook this as `kuma_cache`. */
export const kumaCache = path.resolve(import.meta.dirname, "../../node_modules/.cache/chiffon/uptime-kuma");

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
const searchPath = [
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

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
