import { access, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InvalidArgumentError, Option, type Command } from "commander";
import { act, describe, type CommonFlags, type Session } from "../cli/command.ts";
import type { CliContext } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import type { Config } from "../config.ts";
import { plain, shellWord } from "../cli/text.ts";
import { ChiffonError } from "../domain/errors.ts";
import { askHealth } from "./health.ts";
import { registerUnits } from "./print-unit.ts";
import { runProgram, type ProgramResult } from "./run-program.ts";
import { describeUnit, type ServiceUnit } from "./service-unit.ts";

const unitName = "chiffon.service";
const startLimit = 90_000;

export interface ServiceContext extends CliContext {
  readonly config: Config;
}

interface InstallFlags extends CommonFlags {
  readonly port?: number;
  readonly host?: string;
  readonly repo: readonly string[];
  readonly inventory?: string;
  readonly demo?: boolean;
}

/** `service`: Chiffon as a service of this user, under systemd. */
export function registerService(program: Command, context: ServiceContext): void {
  const service = program
    .command("service")
    .description("run Chiffon in the background, under systemd, from the start of the machine");
  describe(service.command("install"), "write a systemd user unit for this checkout and start it", [
    "chiffon service install --repo ~/homelab",
    "chiffon service install --port 8080 --demo",
  ])
    .option("--port <number>", "port to listen on", parsePort)
    .option("--host <address>", "address to listen on; other than loopback with TLS")
    .addOption(
      new Option("--repo <dir>", "folder with your playbooks; may be given several times")
        .argParser(collect)
        .default([], "those of the last start"),
    )
    .option("--inventory <file>", "inventory inside the repository")
    .option("--demo", "use the example homelab when there is no --repo")
    .action(act(context, (session, flags: InstallFlags) => install(session, flags, context)));
  describe(service.command("uninstall"), "stop the service and remove its unit; the data stays", [
    "chiffon service uninstall",
  ]).action(act(context, (session) => uninstall(session, context)));
  describe(
    service.command("status"),
    "whether it is installed, running and well; exit code 1 when it is not",
    ["chiffon service status --json"],
  ).action(act(context, (session) => showStatus(session, context)));
  registerUnits(service, context);
}

function unitFile(home: string): string {
  return path.join(home, ".config", "systemd", "user", unitName);
}

async function install(session: Session, flags: InstallFlags, context: ServiceContext): Promise<number> {
  const { out, me } = session;
  const { home, searchPath } = context.config;
  const { dataDir } = session.context.config;
  const unit: ServiceUnit = {
    node: process.execPath,
    main: path.resolve(import.meta.dirname, `../main${path.extname(import.meta.filename)}`),
    up: await upArguments(flags, dataDir),
    searchPath,
    environmentFile: path.join(home, ".config", "chiffon", "environment"),
  };
  const text = describeUnit(unit);
  const file = unitFile(home);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.new`, text, { mode: 0o644 });
  await rename(`${file}.new`, file);
  out.note(`wrote ${file}`);
  const reloaded = await systemctl(context, ["daemon-reload"]);
  if (reloaded.code !== 0) {
    out.note(
      `systemd of this user does not answer${why(reloaded)}. Where it does, start the service with:`,
      `  systemctl --user daemon-reload && systemctl --user enable --now ${unitName}`,
      "Here, start it by hand:",
      `  ${[unit.node, unit.main, "up", ...unit.up].map(shellWord).join(" ")}`,
    );
    if (out.json) out.object({ file, started: false });
    return exitCodes.ok;
  }
  const already = await askHealth(
    { ...session.context.config, url: undefined, token: undefined },
    context.signal,
  );
  if (already.kind === "well" && !(await isActive(context))) {
    throw new ChiffonError(
      "already-running",
      `A server that is no service runs on ${dataDir}: ${already.url}.`,
      {
        hint: `The unit is written. Stop that server, then: systemctl --user enable --now ${unitName}`,
      },
    );
  }
  await must(context, ["enable", unitName]);
  await must(context, ["restart", unitName]);
  const url = await waitUntilReady(session, context);
  if (out.json) out.object({ file, started: true, url });
  else out.data(url);
  out.note(
    `the service runs. Its log: journalctl --user -u ${unitName} -f`,
    `first user: ${me} user add NAME`,
  );
  await hintAtLinger(session, context);
  return exitCodes.ok;
}

async function upArguments(flags: InstallFlags, dataDir: string): Promise<string[]> {
  const folders = flags.repo.map((folder) => path.resolve(folder));
  for (const folder of folders) {
    if ((await stat(folder).catch(() => undefined))?.isDirectory() === true) continue;
    throw new ChiffonError("bad-input", `${folder} is not a folder.`, {
      hint: "Give the folder with your playbooks: --repo DIR",
    });
  }
  return [
    "--data",
    dataDir,
    ...(flags.port === undefined ? [] : ["--port", String(flags.port)]),
    ...(flags.host === undefined ? [] : ["--host", flags.host]),
    ...folders.flatMap((folder) => ["--repo", folder]),
    ...(flags.inventory === undefined ? [] : ["--inventory", path.resolve(flags.inventory)]),
    ...(flags.demo === true ? ["--demo"] : []),
  ];
}

async function uninstall({ out }: Session, context: ServiceContext): Promise<number> {
  const file = unitFile(context.config.home);
  const isThere = await exists(file);
  const stopped = await systemctl(context, ["disable", "--now", unitName]);
  await rm(file, { force: true });
  await systemctl(context, ["daemon-reload"]);
  if (isThere) out.note(`removed ${file}; the data stays`);
  else out.note("there was no service");
  if (isThere && stopped.code !== 0) out.note(`systemd of this user does not answer${why(stopped)}`);
  if (out.json) out.object({ file, removed: isThere });
  return exitCodes.ok;
}

async function showStatus(
  { out, context: { config, signal }, me }: Session,
  context: ServiceContext,
): Promise<number> {
  const file = unitFile(context.config.home);
  const installed = await exists(file);
  const active = (await systemctl(context, ["is-active", unitName])).stdout.trim() || "unknown";
  const enabled = (await systemctl(context, ["is-enabled", unitName])).stdout.trim() || "unknown";
  const health = await askHealth({ ...config, url: undefined, token: undefined }, signal);
  if (out.json) out.object({ file, installed, active, enabled, health });
  else {
    out.data(
      installed ? `unit    ${file}` : `unit    not installed (${me} service install)`,
      `systemd ${active}, ${enabled}`,
      `server  ${health.kind === "well" ? `well: ${health.url}` : health.message}`,
    );
  }
  return installed && active === "active" && health.kind === "well" ? exitCodes.ok : exitCodes.failed;
}

async function waitUntilReady(session: Session, context: ServiceContext): Promise<string> {
  const until = performance.now() + startLimit;
  for (;;) {
    const health = await askHealth(
      { ...session.context.config, url: undefined, token: undefined },
      context.signal,
    );
    if (health.kind === "well") return health.url;
    const failed = (await systemctl(context, ["is-failed", unitName])).stdout.trim() === "failed";
    if (failed || performance.now() > until) {
      throw new ChiffonError(
        "server-unreachable",
        `The service was started and the server does not answer: ${health.message}`,
        {
          hint: `Look at its log: journalctl --user -u ${unitName} -n 50`,
        },
      );
    }
    await sleep(500, undefined, { signal: context.signal });
  }
}

async function hintAtLinger({ out }: Session, context: ServiceContext): Promise<void> {
  const args = ["show-user", String(userId()), "--property=Linger"];
  const { stdout } = await runProgram("loginctl", args, { env: environment(context), timeoutMs: 10_000 });
  if (stdout.trim() !== "Linger=yes") {
    out.note("So that it also runs while you are logged out: loginctl enable-linger");
  }
}

async function isActive(context: ServiceContext): Promise<boolean> {
  return (await systemctl(context, ["is-active", unitName])).stdout.trim() === "active";
}

async function must(context: ServiceContext, args: readonly string[]): Promise<void> {
  const done = await systemctl(context, args);
  if (done.code === 0) return;
  throw new ChiffonError("missing-tool", `"systemctl --user ${args.join(" ")}" failed${why(done)}.`, {
    hint: `Look at: systemctl --user status ${unitName}`,
  });
}

function systemctl(context: ServiceContext, args: readonly string[]): Promise<ProgramResult> {
  return runProgram("systemctl", ["--user", ...args], { env: environment(context), timeoutMs: 120_000 });
}

/** systemctl finds the user's systemd by the runtime directory. */
function environment({ config: { home, searchPath } }: ServiceContext): Record<string, string> {
  return { PATH: searchPath, HOME: home, LC_ALL: "C.UTF-8", XDG_RUNTIME_DIR: `/run/user/${userId()}` };
}

function userId(): number {
  return process.getuid?.() ?? 0;
}

function why({ stderr, stdout }: ProgramResult): string {
  const said =
    plain(stderr.trim() === "" ? stdout : stderr)
      .trim()
      .split("\n")[0] ?? "";
  return said === "" ? "" : ` (${said})`;
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError("a port is a number from 1 to 65535");
}

function collect(value: string, list: readonly string[]): readonly string[] {
  return [...list, value];
}
