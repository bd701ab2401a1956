import { hash } from "node:crypto";
import { chmod, mkdir, readdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { isAbsolute, join, sep } from "node:path";
import { ChiffonError } from "../../domain/errors.ts";
import type { AttemptSpec } from "./attempt-spec.ts";
import { checkSpec } from "./check-spec.ts";
import { ansibleConfiguration, ansibleEnvironment } from "./environment.ts";
import { guarded, guardSettings } from "./guard.ts";
import { literalSecrets, literalVariables } from "./literal-variables.ts";
import { connectionsFolder, runFiles } from "./run-files.ts";
import { sandboxed } from "./sandbox.ts";

/** Enough for the counts of a thousand hosts. */
const lastEventRoom = 131_072;

/** A run directory that is ready. */
export interface Prepared {
  /** SHA-256 of its job file: the supervisor starts nothing from another one. */
  readonly job: string;
}

/**
 * Makes the private run directory of an attempt with everything that its supervisor needs, except secrets, which are
 * only checked here. Throws ChiffonError bad-input, and already-running when the directory is in use.
 */
export async function prepareAttempt(spec: AttemptSpec): Promise<Prepared> {
  checkSpec(spec);
  const variables = literalVariables(spec.extraVars);
  literalSecrets(spec.secrets, spec.extraVars);
  const project = await checkPaths(spec);
  await makeRunDirectory(spec);
  const file = (name: string, text: string): Promise<void> =>
    writeFile(join(spec.runDir, name), text, { mode: 0o600, flag: "wx" });
  const hosts = JSON.stringify({ hosts: [...spec.limit, ...spec.delegates], local: spec.runsHere });
  const read: readonly [string, string][] = [
    [runFiles.configuration, ansibleConfiguration],
    [runFiles.variables, variables],
    [runFiles.knownHosts, spec.knownHosts],
    [runFiles.hosts, hosts],
  ];
  const own = read.map(([name, text]) => ({ path: join(spec.runDir, name), sha256: hash("sha256", text) }));
  const job = JSON.stringify(jobOf(spec, { project, own }));
  await Promise.all([
    ...read.map(([name, text]) => file(name, text)),
    // They exist from the start, so that whoever follows them need not wait for them.
    file(runFiles.output, ""),
    file(runFiles.events, ""),
    file(runFiles.lastEvent, " ".repeat(lastEventRoom)),
    file(runFiles.job, job),
  ]);
  return { job: hash("sha256", job) };
}

async function makeRunDirectory(spec: AttemptSpec): Promise<void> {
  await mkdir(spec.runDir, { recursive: true, mode: 0o700 });
  if ((await readdir(spec.runDir)).length > 0) {
    throw new ChiffonError("already-running", "The run directory of this attempt is already in use.", {
      hint: "Adopt the attempt instead of starting it again.",
    });
  }
  await chmod(spec.runDir, 0o700);
  await mkdir(join(spec.runDir, runFiles.scratch), { mode: 0o700 });
  await mkdir(join(spec.runDir, runFiles.ways), { mode: 0o700 });
  // Not with `recursive` for the last part: in a shared folder it must be ours and new.
  const connections = connectionsFolder(spec.runDir, spec.attemptId);
  if (connections.startsWith(spec.runDir + sep))
    await mkdir(join(spec.runDir, runFiles.connections), { mode: 0o700 });
  await mkdir(connections, { mode: 0o700 });
}

/**
 * Takes back what was prepared of an attempt, as far as that had come; whoever prepares it again begins anew. Nothing may run from it.
 */
export async function removeRunDirectory(runDir: string, attemptId: string): Promise<void> {
  await rm(runDir, { recursive: true, force: true });
  const connections = connectionsFolder(runDir, attemptId);
  if (connections.startsWith(runDir + sep)) return;
  // In a shared folder: what lies there under our name and is not ours stays, and is refused when the attempt is prepared.
  await rm(connections, { recursive: true, force: true }).catch(() => {});
}

/** Answers the real path of the project; a playbook that leads out of it through a link is refused. */
async function checkPaths(spec: AttemptSpec): Promise<string> {
  const project = await realpathOf(spec.projectDir);
  const playbook = await realpathOf(join(spec.projectDir, spec.playbook));
  if (!playbook.startsWith(project + sep) || !(await stat(playbook)).isFile()) {
    throw new ChiffonError(
      "bad-input",
      `The playbook ${spec.playbook} is not a file inside the repository.`,
      {
        hint: "Replace the link by the file that it points to.",
      },
    );
  }
  return project;
}

async function realpathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    throw new ChiffonError("not-found", `${path} cannot be read.`, {
      hint: "Plan the request again.",
      cause,
    });
  }
}

function jobOf(
  spec: AttemptSpec,
  found: { project: string; own: AttemptSpec["inputs"] },
): Record<string, unknown> {
  const hasSecrets = Object.keys(spec.secrets).length > 0;
  const inventory = isAbsolute(spec.inventory) ? spec.inventory : join(spec.projectDir, spec.inventory);
  const argv = [
    spec.tools.playbook,
    `--inventory=${inventory}`,
    `--limit=${spec.limit.join(",")}`,
    `--extra-vars=@${join(spec.runDir, runFiles.variables)}`,
  ];
  if (spec.tags.length > 0) argv.push(`--tags=${spec.tags.join(",")}`);
  if (spec.startAt !== undefined) argv.push(`--start-at-task=${spec.startAt}`);
  if (hasSecrets) argv.push(`--extra-vars=@${join(spec.runDir, runFiles.secrets)}`);
  if (spec.check) argv.push("--check");
  argv.push(spec.playbook);
  return {
    version: 1,
    attemptId: spec.attemptId,
    argv: heldCommand(spec, argv),
    // Ansible reports real paths.
    env: { ...ansibleEnvironment(spec), CHIFFON_PROJECT: found.project, ...guardEnvironment(spec) },
    cwd: spec.projectDir,
    inputs: [...spec.inputs, ...found.own],
    tree: spec.tree ?? null,
    secretsFifo: hasSecrets ? runFiles.secrets : null,
    offeredAt: spec.offeredAt ?? null,
    timeoutSeconds: spec.timeoutSeconds,
    orphanLimitSeconds: spec.orphanLimitSeconds,
    outputCapBytes: spec.outputCapBytes,
    waitScale: spec.waitScale,
    controlPathDir: connectionsFolder(spec.runDir, spec.attemptId),
    // What nobody has approved may write how a host is reached, and must not decide what is started for it.
    sweepsRemote: spec.readRun === undefined,
    scratch: [runFiles.scratch, connectionsFolder(spec.runDir, spec.attemptId), runFiles.secrets],
  };
}

/** The command itself, or that of a read run: under the guard, and in the sandbox where there is one. */
function heldCommand(spec: AttemptSpec, argv: readonly string[]): readonly string[] {
  const { readRun, tools, runDir } = spec;
  if (readRun === undefined) return argv;
  const command = guarded(argv, tools.python);
  if (readRun.sandbox === undefined) return command;
  const connections = connectionsFolder(runDir, spec.attemptId);
  return sandboxed(readRun.sandbox, command, {
    cwd: spec.projectDir,
    tools,
    readOnly: [readRun.snapshot],
    writable: connections.startsWith(runDir + sep) ? [runDir] : [runDir, connections],
  });
}

function guardEnvironment({ readRun, runDir }: AttemptSpec): Record<string, string> {
  if (readRun === undefined) return {};
  const inventories = "host_list,yaml,ini,toml";
  return {
    CHIFFON_GUARD: guardSettings(readRun.guard, { runDir, snapshot: readRun.snapshot }),
    // Neither inventory scripts nor inventory plug-ins.
    ...(readRun.guard.trusted ? {} : { ANSIBLE_INVENTORY_ENABLED: inventories }),
  };
}
