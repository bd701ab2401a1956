import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { noteChild } from "./lock.mjs";
import { bin } from "./places.mjs";

const running = new Set();
const keptOutput = 64_000;

/** Runs a command without a shell or a terminal. Its output is kept, not shown: it matters only when the command fails. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (chunk) => {
      output = (output + chunk).slice(-keptOutput);
    };
    running.add(child);
    if (child.pid !== undefined) noteChild(child.pid);
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => {
      running.delete(child);
      resolve({ ok: false, output: error.message });
    });
    child.on("close", (status) => {
      running.delete(child);
      resolve({ ok: status === 0, output });
    });
  });
}

/** The last lines of a command's output, for a message about its failure. */
export function tail(output, lines = 15) {
  return output.trim().split("\n").slice(-lines).join("\n");
}

export function stopAll(signal) {
  for (const child of running) child.kill(signal);
}

/**
 * The first executable file of that name where Chiffon will look (node_modules/.bin, then PATH), in the folders given
 * besides, or where Debian keeps servers.
 */
export function findCommand(name, more = []) {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return [bin, ...folders, ...more, "/usr/local/sbin", "/usr/sbin", "/sbin"]
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export function localBin() {
  return path.join(os.homedir(), ".local", "bin");
}
