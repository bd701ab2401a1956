import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import type { CliConfig } from "../cli/context.ts";
import {
  checkAnsible,
  checkPostgres,
  checkPrograms,
  checkSandbox,
  describeSystem,
  findProgram,
} from "./doctor-tools.ts";
import { askHealth, type Health } from "./health.ts";
import { runProgram } from "./run-program.ts";

export interface Check {
  readonly name: string;
  /** `fail`: `chiffon up` needs it. */
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** What has to be installed. */
  readonly installs?: "ansible" | "ssh" | "git" | "python3" | "bubblewrap";
  /** A folder that others must not read. */
  readonly closes?: string;
}

/** The machine that is looked at. */
export interface Machine {
  readonly config: CliConfig;
  readonly databaseUrl: string | undefined;
  readonly home: string;
  readonly searchPath: string;
  readonly uid: number;
  readonly port: number;
  readonly signal: AbortSignal;
}

/** All rights of others, and the group's to read and write: the group may pass, for the database's user under root. */
export const openToOthers = 0o067;

const oldestNode = 24;
const gigabyte = 1_073_741_824;
const neededGb = 0.5;
const wantedGb = 5;

/** Looks at everything that `chiffon up` needs; changes nothing. */
export async function checkMachine(machine: Machine): Promise<Check[]> {
  const health = await askHealth({ ...machine.config, url: undefined, token: undefined }, machine.signal);
  return [
    { name: "system", status: "ok", message: await describeSystem() },
    checkNode(),
    await checkDataDirectory(machine),
    await checkAnsible(machine),
    ...(await checkPrograms(machine)),
    await checkSandbox(machine),
    await checkPostgres(machine),
    await checkPort(machine, health),
    checkServer(health),
    await checkClock(machine),
  ];
}

function checkNode(): Check {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= oldestNode)
    return { name: "node", status: "ok", message: `${node} (${process.execPath})` };
  return {
    name: "node",
    status: "fail",
    message: `${node} is too old`,
    hint: `Install Node ${oldestNode} or newer.`,
  };
}

async function checkDataDirectory({ config: { dataDir }, uid }: Machine): Promise<Check> {
  const name = "data";
  const found = await stat(dataDir).catch(() => undefined);
  if (found === undefined) {
    const parent = await nearestFolder(dataDir);
    if (await isWritable(parent))
      return { name, status: "ok", message: `${dataDir} will be made at the first start` };
    return {
      name,
      status: "fail",
      message: `${dataDir} cannot be made: ${parent} is not writable`,
      hint: "Name another one: CHIFFON_DATA=DIR",
    };
  }
  if (!found.isDirectory()) {
    return {
      name,
      status: "fail",
      message: `${dataDir} is not a folder`,
      hint: "Name another one: CHIFFON_DATA=DIR",
    };
  }
  if (!(await isWritable(dataDir)) || (uid !== 0 && found.uid !== uid)) {
    return {
      name,
      status: "fail",
      message: `${dataDir} belongs to another user`,
      hint: "Start Chiffon as the user that made it, or name another one: CHIFFON_DATA=DIR",
    };
  }
  const { bavail, bsize } = await statfs(dataDir);
  const freeGb = (bavail * bsize) / gigabyte;
  const free = `${freeGb.toFixed(1)} GB free`;
  if (freeGb < neededGb)
    return {
      name,
      status: "fail",
      message: `${dataDir}: only ${free}`,
      hint: "Make room, or name another one: CHIFFON_DATA=DIR",
    };
  if ((found.mode & openToOthers) !== 0) {
    return {
      name,
      status: "warn",
      message: `${dataDir} is open to other users (mode ${(found.mode & 0o777).toString(8)})`,
      hint: `Close it: chmod g-rw,o-rwx ${dataDir}`,
      closes: dataDir,
    };
  }
  if (freeGb < wantedGb)
    return {
      name,
      status: "warn",
      message: `${dataDir}: ${free}`,
      hint: `Output of runs needs room; ${wantedGb} GB or more are comfortable.`,
    };
  return { name, status: "ok", message: `${dataDir}, ${free}` };
}

async function nearestFolder(folder: string): Promise<string> {
  const parent = path.dirname(folder);
  if (parent === folder) return folder;
  return (await stat(parent).catch(() => undefined)) === undefined ? nearestFolder(parent) : parent;
}

function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function checkPort({ port }: Machine, health: Health): Promise<Check> {
  const name = "port";
  if (health.kind === "well" && new URL(health.url).port === String(port)) {
    return { name, status: "ok", message: `${port} is held by our own server` };
  }
  const problem = await tryToListen(port);
  if (problem === undefined) return { name, status: "ok", message: `${port} is free` };
  if (health.kind === "well")
    return { name, status: "warn", message: `${port}: ${problem}; our server uses ${health.url}` };
  return {
    name,
    status: "fail",
    message: `${port}: ${problem}`,
    hint: `Take another one: chiffon up --port ${port + 1}`,
  };
}

function tryToListen(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "EADDRINUSE" ? "another program listens there" : error.message),
    );
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function checkServer(health: Health): Check {
  const name = "server";
  switch (health.kind) {
    case "well": {
      const { agentsOnline, runningTasks, checkpointSize } = health.readiness;
      const message = `${health.url} is well: ${agentsOnline} agents online, ${runningTasks} tasks running, ${checkpointSize} audit records`;
      if (agentsOnline > 0) return { name, status: "ok", message };
      return {
        name,
        status: "warn",
        message,
        hint: "Without an agent nothing runs; the server's own comes back within a minute.",
      };
    }
    case "unwell":
      return {
        name,
        status: "warn",
        message: `${health.url}: ${health.message}`,
        hint: "Look at <data>/chiffon.log, or start it anew: chiffon up",
      };
    case "away":
      return { name, status: "ok", message: "none runs (start it: chiffon up)" };
    default:
      return health satisfies never;
  }
}

/** Signed approvals and TLS need a clock that is about right. */
async function checkClock(machine: Machine): Promise<Check> {
  const name = "clock";
  const now = new Date();
  const installedAt = await stat(import.meta.filename);
  if (now.getTime() < installedAt.mtimeMs - 86_400_000) {
    return {
      name,
      status: "fail",
      message: `${now.toISOString()} is before Chiffon was installed`,
      hint: "Set the clock: timedatectl set-ntp true",
    };
  }
  const timedatectl = await findProgram(machine, "timedatectl");
  if (timedatectl !== undefined) {
    const env = { PATH: machine.searchPath, LC_ALL: "C.UTF-8" };
    const { stdout } = await runProgram(timedatectl, ["show", "--property=NTPSynchronized"], {
      env,
      timeoutMs: 5_000,
    });
    if (stdout.trim() === "NTPSynchronized=no") {
      return {
        name,
        status: "warn",
        message: `${now.toISOString()}, not kept right by anything`,
        hint: "Let the system do it: timedatectl set-ntp true",
      };
    }
  }
  return { name, status: "ok", message: now.toISOString() };
}
