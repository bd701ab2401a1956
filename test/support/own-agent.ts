import { spawn, spawnSync } from "node:child_process";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { AgentProcess } from "./agent.ts";

const root = path.join(import.meta.dirname, "../..");

/**
 * A folder as somebody has it who writes an agent: the package is installed as npm would, built and with its declared
 * dependencies only, and the example lies beside it.
 */
export async function installSdk(folder: string): Promise<string> {
  const modules = path.join(folder, "node_modules");
  const installed = path.join(modules, "chiffonctl");
  await mkdir(installed, { recursive: true });
  const manifest = await readFile(path.join(root, "package.json"), "utf8");
  await writeFile(path.join(installed, "package.json"), manifest);
  run([path.join(root, "tools/build.mjs"), "--out", path.join(installed, "dist")], root);
  const { dependencies } = z
    .object({ dependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(manifest));
  // Its types need those of Node.
  for (const name of [...Object.keys(dependencies), "@types/node"]) {
    await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
    await symlink(path.join(root, "node_modules", name), path.join(modules, name));
  }
  await cp(path.join(root, "examples/agent/echo-agent.ts"), path.join(folder, "echo-agent.ts"));
  await writeFile(path.join(folder, "package.json"), '{ "type": "module" }\n');
  return folder;
}

/** What the compiler says of the example, with the types that are published; empty when it is content. */
export function checkExample(folder: string): string {
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "esnext", "--types", "node"];
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, "--skipLibCheck", "echo-agent.ts"], {
    cwd: folder,
    encoding: "utf8",
  });
  return stdout;
}

/** The example as a process. */
export function startEchoAgent(
  folder: string,
  { args = [], input = "" }: { args?: string[]; input?: string } = {},
): AgentProcess {
  const child = spawn(process.execPath, ["echo-agent.ts", ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const gone = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return {
    child,
    data: path.join(folder, "echo-agent"),
    gone,
    said: () => said,
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await gone;
    },
  };
}

function run(args: string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
}
