import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { HostTool } from "../../contracts/catalogue.ts";

/** Whether something is there; `unknown` where looking is not enough to tell. */
type State = "yes" | "no" | "unknown";

interface FindToolsOptions {
  /** PATH of the runs on this machine. */
  readonly searchPath: string;
  readonly home: string;
  /** Where Docker listens, and what is there when systemd runs; others in tests. */
  readonly dockerSocket?: string;
  readonly systemdFolder?: string;
}

/**
 * What playbooks can use on the machine that Chiffon runs on. Only looks at files: no program is started and nothing is
 * connected to. `internet` is in no answer, for that reason.
 */
export async function findTools(options: FindToolsOptions): Promise<ReadonlyMap<HostTool, State>> {
  const { searchPath, systemdFolder = "/run/systemd/system" } = options;
  const folders = [...new Set(searchPath.split(path.delimiter))].filter((folder) => path.isAbsolute(folder));
  const has = async (...programs: string[]): Promise<boolean> => {
    const files = programs.flatMap((program) => folders.map((folder) => path.join(folder, program)));
    return (await Promise.all(files.map(isProgram))).includes(true);
  };
  const sure = async (found: Promise<boolean>): Promise<State> => ((await found) ? "yes" : "no");
  const compiler = Promise.all([has("cc", "gcc", "clang"), has("c++", "g++", "clang++"), has("make")]);
  const states: Record<Exclude<HostTool, "internet">, Promise<State>> = {
    docker: has("docker").then((found) => (found ? stateOfDocker(options) : "no")),
    podman: sure(has("podman")),
    git: sure(has("git")),
    node: sure(has("node", "nodejs")),
    npm: sure(has("npm")),
    compiler: sure(compiler.then((found) => !found.includes(false))),
    systemd: sure(isFolder(systemdFolder)),
    supervisor: sure(has("supervisord")),
  };
  const found = new Map<HostTool, State>();
  for (const [tool, state] of Object.entries(states)) found.set(tool as keyof typeof states, await state);
  return found;
}

/** The program alone does nothing: it needs its server, which listens at a socket unless the user has named another place. */
async function stateOfDocker({
  home,
  dockerSocket = "/var/run/docker.sock",
}: FindToolsOptions): Promise<State> {
  const socket = await stat(dockerSocket).catch(() => undefined);
  if (socket?.isSocket() === true)
    // Who may not use it may still become somebody who does.
    return (await mayUse(dockerSocket, constants.R_OK | constants.W_OK)) ? "yes" : "unknown";
  const settings = await readFile(path.join(home, ".docker", "config.json"), "utf8").catch(() => "");
  return settings.includes('"currentContext"') ? "unknown" : "no";
}

async function isProgram(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() === true && (await mayUse(file, constants.X_OK));
}

async function isFolder(place: string): Promise<boolean> {
  return (await stat(place).catch(() => undefined))?.isDirectory() === true;
}

function mayUse(file: string, mode: number): Promise<boolean> {
  return access(file, mode).then(
    () => true,
    () => false,
  );
}
