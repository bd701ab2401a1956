import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline/promises";
import { managers, programs } from "./packages.mjs";
import { findCommand, run, tail } from "./processes.mjs";
import { say, step } from "./say.mjs";

const listsFolder = "/var/lib/apt/lists";
const listsMaxAgeMs = 24 * 3_600_000;

export function isRoot() {
  return process.getuid?.() === 0;
}

export function canUseApt() {
  return isRoot() && findCommand("apt-get") !== undefined;
}

/** The packages that bring these programs, each once. */
export function packagesFor(names, manager = "apt") {
  return [...new Set(names.map((name) => programs[name][manager]))];
}

/** One line to paste that installs these programs with the machine's package manager. */
export function commandFor(names) {
  const found = Object.keys(managers).find((name) => findCommand(name) !== undefined);
  if (!found) return undefined;
  const { key, install, sudo } = managers[found];
  const refresh = key === "apt" && !hasFreshLists() ? ["apt-get update"] : [];
  const commands = [...refresh, `${install} ${packagesFor(names, key).join(" ")}`];
  if (!sudo || isRoot()) return commands.join(" && ");
  // A fresh Debian has no sudo; "su -" and not "su": dpkg needs the PATH of root.
  if (!findCommand("sudo")) return `su - -c "${commands.join(" && ")}"`;
  return commands.map((command) => `sudo ${command}`).join(" && ");
}

/** Asks on a terminal; without one, or with --yes, the answer is yes: the caller then only says what it does. */
export async function confirm(question, assumeYes) {
  if (assumeYes || !process.stdin.isTTY || !process.stderr.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`setup: ${question} [Y/n] `);
    return !/^\s*n/i.test(answer);
  } finally {
    terminal.close();
  }
}

/** Installs with apt as root. False when that failed; the reason has been said. */
export async function installWithApt(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l" };
  const apt = (...args) => run("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], { env });
  const update = () => step("apt-get update", async () => (await apt("update")).ok);
  const install = () =>
    step(`apt-get install ${packages.join(" ")}`, async () => {
      const done = await apt("install", "-y", "--no-install-recommends", ...packages);
      if (!done.ok) say(`apt-get install failed:\n${tail(done.output)}`);
      return done.ok;
    });
  const fresh = hasFreshLists();
  if (!fresh) await update();
  if (await install()) return true;
  if (!fresh) return false;
  await update(); // a list of this morning may name packages that the mirror has replaced since
  return install();
}

function hasFreshLists() {
  try {
    return readdirSync(listsFolder)
      .filter((name) => name.includes("_Packages"))
      .some((name) => Date.now() - statSync(path.join(listsFolder, name)).mtimeMs < listsMaxAgeMs);
  } catch {
    return false;
  }
}
