import { spawn, type ChildProcess } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { ChiffonError } from "../../domain/errors.ts";
import { refused } from "../inventory/resolved.ts";
import type { Program } from "../inventory/read.ts";
import { checkInventory } from "./check-spec.ts";
import { ansibleConfiguration } from "./environment.ts";
import { sweepAttempt } from "./processes.ts";
import { runFiles } from "./run-files.ts";
import { sandboxed, type SandboxPlan } from "./sandbox.ts";
import type { AnsibleTools } from "./tools.ts";

/** A dynamic inventory that is asked once, from frozen files. */
export interface InventoryRun {
  /** UUID; marks every process of it. */
  readonly id: string;
  /** Absolute path of an empty folder that only it may write. */
  readonly runDir: string;
  /** Root of the frozen files, absolute. */
  readonly treeDir: string;
  /** Folder of the project and the inventory, relative to it. */
  readonly project: string;
  readonly path: string;
  /** The files of the inventory that are programs. */
  readonly programs: readonly Program[];
  readonly tools: AnsibleTools;
  /** Undefined where there is no sandbox: what a person trusts runs without one. */
  readonly sandbox: SandboxPlan | undefined;
  readonly limits?: { readonly ms: number; readonly bytes: number };
  readonly signal?: AbortSignal;
}

const usualLimits = { ms: 60_000, bytes: 4_194_304 };
const mostErrorText = 65_536;
/** Ansible keeps all that a script prints: without a limit of its own one that prints without end would take the machine's memory. */
const mostMemory = 1_073_741_824;
const limited =
  "import os, resource, sys; resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[1]),) * 2); os.execv(sys.argv[2], sys.argv[2:])";

/**
 * Runs `ansible-inventory` on it, with our configuration and an environment of our own, and gives what it printed as YAML. Nothing
 * that it started is left, however it ends.
 * @throws ChiffonError `missing-tool`; `bad-input` when it fails, prints too much or takes too long
 */
export async function runInventory(run: InventoryRun): Promise<string> {
  checkInventory(run.path);
  const { inventory } = run.tools;
  if (inventory === null)
    throw new ChiffonError("missing-tool", "ansible-inventory is not installed beside ansible-playbook", {
      hint: "chiffon doctor shows how to install Ansible",
    });
  await writeFile(join(run.runDir, runFiles.configuration), ansibleConfiguration, { mode: 0o600 });
  const projectDir = join(run.treeDir, run.project);
  const argv = [
    run.tools.python,
    "-I",
    "-c",
    limited,
    String(mostMemory),
    inventory,
    `--inventory=${join(run.treeDir, run.path)}`,
    `--playbook-dir=${projectDir}`,
    "--list",
    "--yaml",
    "--export",
  ];
  const inside = {
    cwd: projectDir,
    tools: run.tools,
    readOnly: [run.treeDir],
    writable: [run.runDir],
  };
  const [program = inventory, ...args] =
    run.sandbox === undefined ? argv : sandboxed(run.sandbox, argv, inside);
  try {
    const ended = await finish(run, { program, args, cwd: projectDir });
    if (ended.problem !== undefined) throw refused(run.path, ended.problem);
    return ended.output;
  } finally {
    await sweepAttempt(run.id);
  }
}

/** Plug-ins of variables stay off: the files in group_vars and host_vars are read by us, and nothing asks for a vault. */
function environmentOf(run: InventoryRun): Record<string, string> {
  const temporary = join(run.runDir, runFiles.scratch);
  return {
    PATH: run.tools.searchPath,
    HOME: run.tools.home,
    LANG: "C.UTF-8",
    PYTHONDONTWRITEBYTECODE: "1",
    ANSIBLE_CONFIG: join(run.runDir, runFiles.configuration),
    ANSIBLE_HOME: temporary,
    ANSIBLE_LOCAL_TEMP: temporary,
    ANSIBLE_NOCOLOR: "1",
    ANSIBLE_VARS_ENABLED: "",
    ANSIBLE_INVENTORY_ENABLED: readersFor(run),
    ANSIBLE_INVENTORY_UNPARSED_FAILED: "1",
    CHIFFON_ATTEMPT: run.id,
  };
}

/* Where a script fails Ansible would go on and read its text as a list of hosts. */
function readersFor({ path, programs }: InventoryRun): string {
  const only = programs.find((each) => each.path === path);
  if (only === undefined) return "script,auto,yaml,ini,toml";
  return only.by === "script" ? "script" : "auto";
}

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

interface Ended {
  readonly output: string;
  readonly problem: string | undefined;
}

async function finish(run: InventoryRun, { program, args, cwd }: Command): Promise<Ended> {
  const { ms, bytes } = run.limits ?? usualLimits;
  const env = environmentOf(run);
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const late = AbortSignal.timeout(ms);
  const stop = AbortSignal.any([late, ...(run.signal === undefined ? [] : [run.signal])]);
  const kill = (): void => end(child);
  stop.addEventListener("abort", kill, { once: true });
  try {
    const output = gather(child.stdout, { most: bytes, onMore: kill });
    const errors = gather(child.stderr, { most: mostErrorText, onMore: () => {} });
    const code = await codeOf(child);
    run.signal?.throwIfAborted();
    if (late.aborted) return { output: "", problem: `it did not answer within ${Math.round(ms / 1000)} s` };
    if (output.cut()) return { output: "", problem: `it prints more than ${Math.round(bytes / 1024)} KiB` };
    const failed = run.programs.find((each) =>
      isSaid(errors.text(), `Failed to parse ${join(run.treeDir, each.path)}`),
    );
    if (code === 0 && failed === undefined) return { output: output.text(), problem: undefined };
    const said = plainErrors(errors.text(), run);
    return { output: "", problem: said === "" ? `it ended with code ${code ?? "none"}` : said };
  } finally {
    stop.removeEventListener("abort", kill);
  }
}

/** Also lets go of the pipes: a process that left its group could hold them open. */
function end(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function codeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}

function gather(
  stream: Readable,
  { most, onMore }: { most: number; onMore: () => void },
): { text: () => string; cut: () => boolean } {
  const parts: Buffer[] = [];
  let size = 0;
  stream.on("data", (part: Buffer) => {
    size += part.length;
    if (size <= most) parts.push(part);
    else onMore();
  });
  return { text: () => Buffer.concat(parts).toString("utf8"), cut: () => size > most };
}

/* Ansible breaks its lines at 79 columns, also inside of paths. */
const squeezed = (text: string): string => text.replaceAll(/\s+/g, "");
const isSaid = (errors: string, words: string): boolean => squeezed(errors).includes(squeezed(words));

const brokenPath = (path: string): RegExp =>
  new RegExp(Array.from(path, (char) => RegExp.escape(char)).join(" ?"), "g");

/** What Ansible says about the inventory, without its own decoration and without where the frozen copy lies. */
function plainErrors(text: string, run: InventoryRun): string {
  const said = text
    .replaceAll(/[\s\p{C}]+/gu, " ")
    .replaceAll(brokenPath(`${run.treeDir}/`), "")
    .replaceAll(/\[WARNING\]: (?:\* )?|ERROR! /g, "")
    .replace(/(?: ?Unable to parse .*| ?Completely failed to parse .*| ?No inventory was parsed.*)$/, "")
    .trim()
    .replace(/[.:]+$/, "")
    .slice(0, 400);
  // Out of memory it ends without a reason.
  return /^Failed to parse \S+ with \w+ plugin$/.test(said)
    ? `${said}: it failed, or prints more than fits into ${mostMemory / 1_048_576} MiB`
    : said;
}
