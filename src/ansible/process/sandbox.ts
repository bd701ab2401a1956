import { execFile } from "node:child_process";
import { constants, realpathSync } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AnsibleTools } from "./tools.ts";

/** bubblewrap as it was found: usable, or why not. */
export type FoundSandbox = { kind: "works"; program: string } | { kind: "missing" | "refused"; why: string };

/** What a process in the sandbox may see and do. Whatever is not named here it can neither read nor write. */
export interface SandboxPlan {
  /** Absolute path of `bwrap`. */
  readonly program: string;
  /**
   * `machine`: this machine as it is, read-only, without what is private on it: for looking at hosts that are this machine.
   * `tools`: only what programs need to run.
   */
  readonly sees: "machine" | "tools";
  /** Lists and lint get none. */
  readonly network: boolean;
  /** What a person trusts may read their home; otherwise it is empty inside. */
  readonly showsHome?: true;
  /** Chiffon's own folder; empty inside, but for what the run itself needs. */
  readonly dataDir: string;
  /** Another of its folders, where it has two; hidden like that one. */
  readonly sharedDir?: string | undefined;
  /** Absolute paths that are readable all the same, such as the folder with the SSH keys. */
  readonly readable: readonly string[];
}

/** Folders of the machine whose content a sandbox that sees the machine hides, besides home and data directory. */
const alwaysHidden = ["/tmp", "/var/tmp", "/run", "/var/run", "/root", "/dev/shm"] as const;

/** What of /etc programs need to run and to find other machines. */
const neededOfEtc = [
  "alternatives",
  "ca-certificates",
  "ca-certificates.conf",
  "crypto-policies",
  "group",
  "hosts",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "localtime",
  "nsswitch.conf",
  "passwd",
  "pki",
  "protocols",
  "python3",
  "resolv.conf",
  "services",
  "ssh/ssh_config",
  "ssh/ssh_config.d",
  "ssl",
  "timezone",
] as const;

const probeMs = 10_000;

/** Looks for bubblewrap in the folders of a PATH and tries whether it may make a sandbox here. */
export async function findSandbox(options: {
  search: readonly string[];
  signal?: AbortSignal;
}): Promise<FoundSandbox> {
  const program = await findProgram(options.search);
  if (program === undefined) return { kind: "missing", why: "bwrap (bubblewrap) is not on PATH" };
  const why = await tryOut(program, options);
  return why === undefined ? { kind: "works", program } : { kind: "refused", why };
}

async function findProgram(search: readonly string[]): Promise<string | undefined> {
  for (const folder of search.filter((each) => isAbsolute(each))) {
    const path = join(folder, "bwrap");
    const usable = await access(path, constants.X_OK).then(
      async () => (await stat(path)).isFile(),
      () => false,
    );
    if (usable) return path;
  }
  return undefined;
}

/** Some systems let nobody but root make user namespaces: only a try tells. */
function tryOut(
  program: string,
  options: { search: readonly string[]; signal?: AbortSignal },
): Promise<string | undefined> {
  const argv = [
    ...isolation({ network: false, sees: "tools" }),
    "--ro-bind",
    "/",
    "/",
    "--proc",
    "/proc",
    "true",
  ];
  return new Promise((resolve) => {
    execFile(
      program,
      argv,
      {
        env: { PATH: options.search.join(delimiter), LANG: "C.UTF-8" },
        cwd: "/",
        timeout: probeMs,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (error, _stdout, stderr) => {
        if (error === null) return resolve(undefined);
        resolve(
          `bwrap cannot make a sandbox here: ${stderr.trim().split("\n").at(-1) ?? error.message}`.slice(
            0,
            300,
          ),
        );
      },
    );
  });
}

/**
 * The command that runs `argv` in the sandbox, in the folder `inside.cwd`. Paths are the same inside; `inside.readOnly` and
 * `inside.writable` are all of the data directory that is there.
 */
export function sandboxed(
  plan: SandboxPlan,
  argv: readonly string[],
  inside: { cwd: string; tools: AnsibleTools; readOnly: readonly string[]; writable: readonly string[] },
): string[] {
  const { home } = inside.tools;
  return [
    plan.program,
    ...isolation(plan),
    ...(plan.sees === "machine" ? machineView(home) : toolsView()),
    ...(plan.showsHome === true ? readOnly(home) : ["--tmpfs", home]),
    ...prefixesOf(inside.tools).flatMap(readOnly),
    // After the tools: their folder may be one around the data directory.
    ...ownFolders(plan).flatMap((folder) => ["--tmpfs", folder]),
    ...[fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, ""), ...inside.readOnly].flatMap(
      readOnly,
    ),
    ...plan.readable.flatMap((path) => ["--ro-bind-try", path, path]),
    ...inside.writable.flatMap((path) => ["--bind", path, path]),
    "--chdir",
    inside.cwd,
    "--",
    ...argv,
  ];
}

/** What a process that sees the machine cannot look at: what it says about these places would be wrong. */
export function hiddenPlaces(plan: SandboxPlan, home: string): string[] {
  return plan.sees === "machine" ? [...new Set([...alwaysHidden, home, ...ownFolders(plan)])] : [];
}

function ownFolders({ dataDir, sharedDir = dataDir }: SandboxPlan): string[] {
  return [...new Set([dataDir, sharedDir])];
}

function isolation(plan: Pick<SandboxPlan, "network" | "sees">): string[] {
  // With a user namespace the files of all other users would seem to belong to nobody. Root needs none to make a sandbox.
  const asRoot = plan.sees === "machine" && process.getuid?.() === 0;
  return [
    ...(asRoot ? [] : ["--unshare-user"]),
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    ...(plan.network ? [] : ["--unshare-net"]),
    "--die-with-parent",
    "--new-session",
  ];
}

function machineView(home: string): string[] {
  const hidden = alwaysHidden.filter((path) => path !== "/dev/shm" && path !== "/var/run" && path !== home);
  return [
    ...readOnly("/"),
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    ...hidden.flatMap((path) => ["--tmpfs", path]),
  ];
}

function toolsView(): string[] {
  const folders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"];
  const etc = neededOfEtc.map((name) => `/etc/${name}`);
  return [
    ...[...folders, ...etc].flatMap((path) => ["--ro-bind-try", path, path]),
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--tmpfs",
    "/tmp",
    "--tmpfs",
    "/run",
  ];
}

/** Where Ansible and its Python are installed, when that is no place that every sandbox has. */
function prefixesOf({ playbook, python }: AnsibleTools): string[] {
  const real = [playbook, python].flatMap((path) => [
    dirname(dirname(path)),
    dirname(dirname(realpathSync(path))),
  ]);
  return [...new Set(real)].filter((path) => path !== "/" && path !== "/usr" && !path.startsWith("/usr/"));
}

function readOnly(path: string): string[] {
  return ["--ro-bind", path, path];
}
