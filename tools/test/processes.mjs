import { spawn } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { bin, root } from "../setup/places.mjs";

/** Runs a program with the pinned tools first on PATH. `show` passes its output through, else it is returned. */
export function runTool(command, args, { show = false } = {}) {
  return new Promise((resolve) => {
    const env = { ...process.env, PATH: bin + path.delimiter + (process.env.PATH ?? "") };
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: ["ignore", show ? "inherit" : "pipe", show ? "inherit" : "pipe"],
    });
    let output = "";
    child.stdout?.on("data", (chunk) => (output += chunk));
    child.stderr?.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => resolve({ ok: false, how: error.message, output }));
    child.on("close", (status, signal) =>
      resolve({ ok: status === 0, how: signal ? `stopped by ${signal}` : `exit code ${status}`, output }),
    );
  });
}

export function runNode(args, options) {
  return runTool(process.execPath, args, options);
}
