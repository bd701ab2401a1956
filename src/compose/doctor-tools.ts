import { constants } from "node:fs";
import { access, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { findBinaries } from "../adapters/database/embedded/binaries.ts";
import { findSandbox } from "../ansible/process/sandbox.ts";
import { findAnsible } from "../ansible/process/tools.ts";
import type { Check, Machine } from "./doctor-checks.ts";

/** Oldest Ansible that runs are tested with. */
const oldestAnsible = [2, 14] as const;

type Tool = "ansible" | "ssh" | "git" | "python3" | "bubblewrap";

interface PackageManager {
  readonly program: string;
  readonly install: readonly string[];
  readonly names: Readonly<Record<Tool, string>>;
}

const common = {
  ansible: "ansible-core",
  ssh: "openssh-client",
  git: "git",
  python3: "python3",
  bubblewrap: "bubblewrap",
};

/** Package managers, the first that is there is the machine's. */
const managers: readonly PackageManager[] = [
  { program: "apt-get", install: ["install", "-y"], names: common },
  { program: "dnf", install: ["install", "-y"], names: { ...common, ssh: "openssh-clients" } },
  {
    program: "zypper",
    install: ["install", "-y"],
    names: { ...common, ansible: "ansible", ssh: "openssh-clients" },
  },
  { program: "pacman", install: ["-S", "--needed"], names: { ...common, ssh: "openssh", python3: "python" } },
  { program: "apk", install: ["add"], names: common },
  { program: "brew", install: ["install"], names: { ...common, ansible: "ansible", ssh: "openssh" } },
];

/** The command that installs tools on this machine; undefined where we know none. */
export async function findInstallCommand(
  machine: Machine,
  tools: readonly Tool[],
): Promise<readonly string[] | undefined> {
  const manager = await findManager(machine);
  if (manager === undefined)
    return tools.length === 1 && tools[0] === "ansible" ? ["pipx", "install", "ansible-core"] : undefined;
  const sudo = machine.uid === 0 || manager.program === "brew" ? [] : ["sudo"];
  return [...sudo, manager.program, ...manager.install, ...tools.map((tool) => manager.names[tool])];
}

async function findManager(machine: Machine): Promise<PackageManager | undefined> {
  for (const manager of managers)
    if ((await findProgram(machine, manager.program)) !== undefined) return manager;
  return undefined;
}

/** The path of a program of PATH. */
export async function findProgram({ searchPath }: Machine, name: string): Promise<string | undefined> {
  for (const folder of searchPath.split(path.delimiter).filter((one) => path.isAbsolute(one))) {
    const file = path.join(folder, name);
    const usable = await access(file, constants.X_OK).then(
      async () => (await stat(file)).isFile(),
      () => false,
    );
    if (usable) return file;
  }
  return undefined;
}

async function installHint(machine: Machine, tool: Tool): Promise<string> {
  const command = await findInstallCommand(machine, [tool]);
  return command === undefined ? `Install ${tool}.` : `Install it: ${command.join(" ")}`;
}

export async function checkAnsible(machine: Machine): Promise<Check> {
  const found = await findAnsible({
    search: machine.searchPath.split(path.delimiter),
    home: machine.home,
    signal: machine.signal,
  });
  const at = { name: "ansible", installs: "ansible" as const };
  if (found === undefined) {
    return {
      ...at,
      status: "fail",
      message: "no working ansible-playbook was found",
      hint: await installHint(machine, "ansible"),
    };
  }
  const message = `ansible-core ${found.version} (${found.playbook})`;
  if (isOlder(found.version)) {
    return {
      ...at,
      status: "fail",
      message: `${message} is too old: ${oldestAnsible.join(".")} or newer is needed`,
      hint: "Install a newer one: pipx install ansible-core",
    };
  }
  return { name: "ansible", status: "ok", message };
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < oldestAnsible[0] || (major === oldestAnsible[0] && minor < oldestAnsible[1]);
}

interface Wanted {
  readonly tool: Exclude<Tool, "ansible" | "bubblewrap">;
  readonly program: string;
  readonly without: string;
  readonly status: "fail" | "warn";
}

const wanted: readonly Wanted[] = [
  {
    tool: "git",
    program: "git",
    without: "the record of what was done cannot be kept in git",
    status: "fail",
  },
  { tool: "ssh", program: "ssh", without: "no other machine can be reached", status: "warn" },
  {
    tool: "python3",
    program: "python3",
    without: "playbooks on this machine itself may fail",
    status: "warn",
  },
];

export function checkPrograms(machine: Machine): Promise<Check[]> {
  return Promise.all(
    wanted.map(async ({ tool, program, without, status }): Promise<Check> => {
      const found = await findProgram(machine, program);
      if (found !== undefined) return { name: tool, status: "ok", message: found };
      const hint = await installHint(machine, tool);
      return { name: tool, status, message: `${program} is not on PATH: ${without}`, hint, installs: tool };
    }),
  );
}

/** Whether a sandbox can be made here, which only a try tells. */
export async function checkSandbox(machine: Machine): Promise<Check> {
  const name = "bubblewrap";
  const { searchPath, signal } = machine;
  const found = await findSandbox({ search: searchPath.split(path.delimiter), signal });
  const without = "plans are previewed only in repositories that you trust (chiffon repo trust)";
  switch (found.kind) {
    case "works":
      return { name, status: "ok", message: `${found.program}: previews run in a sandbox` };
    case "missing":
      return {
        name,
        status: "warn",
        message: `${found.why}: ${without}`,
        hint: await installHint(machine, name),
        installs: name,
      };
    case "refused":
      return {
        name,
        status: "warn",
        message: `${found.why}: ${without}`,
        hint: "Allow user namespaces for bwrap (on Ubuntu an AppArmor profile for it), or run Chiffon as root.",
      };
    default:
      return found satisfies never;
  }
}

/** The programs only; whether the data is whole shows when it is started. */
export async function checkPostgres(machine: Machine): Promise<Check> {
  const name = "postgresql";
  if (machine.databaseUrl !== undefined) {
    return { name, status: "ok", message: "a server of its own (CHIFFON_DATABASE_URL)" };
  }
  const scratch = await mkdtemp(path.join(tmpdir(), "chiffon-doctor-"));
  try {
    const found = await findBinaries({
      owner: undefined,
      major: undefined,
      linkDir: scratch,
      sharedDir: scratch,
    });
    return { name, status: "ok", message: `PostgreSQL ${found.version} (${found.bin})` };
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string };
    return { name, status: "fail", message, ...(hint === undefined ? {} : { hint }) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Debian's name of the machine's system, for people. */
export async function describeSystem(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(text)?.[1] ?? process.platform;
}
