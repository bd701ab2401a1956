import { existsSync } from "node:fs";
import { findAnsible, hasKnownAnsible, installWithPython } from "./ansible.mjs";
import { compilers, forStart, forSuites } from "./packages.mjs";
import { findCommand } from "./processes.mjs";
import { SetupError, say } from "./say.mjs";
import { canUseApt, commandFor, confirm, installWithApt, packagesFor } from "./system.mjs";

const ansible = "ansible-playbook";

/** True when every program of the purpose is there. Starts no process. */
export function hasPrograms(purpose) {
  const wanted = wantedFor(purpose);
  return missingOf(wanted).length === 0 && (!wanted.includes(ansible) || hasKnownAnsible());
}

/** The programs of a test suite that this machine lacks. */
export function missingForSuite(suite) {
  return missingOf(forSuites[suite] ?? []);
}

/**
 * apt as root first (one question for all that is missing), then for Ansible alone the ways that need no root. For `start`
 * a program that cannot be had is an error with one command that helps; for `test` the runner skips the suites, and says so.
 */
export async function installPrograms(purpose, assumeYes) {
  const wanted = wantedFor(purpose);
  if (wanted.includes(ansible)) await findAnsible();
  let missing = lacking(wanted);
  if (missing.length > 0 && canUseApt()) {
    await useApt(missing, assumeYes);
    if (missing.includes(ansible)) await findAnsible();
    missing = lacking(wanted);
  }
  if (missing.includes(ansible) && !isInVain(purpose, missing)) {
    await installWithPython(assumeYes);
    missing = lacking(wanted);
  }
  if (missing.length > 0) report(purpose, missing);
}

/** One command then brings all: no minutes are spent on Ansible where `start` must stop anyway for what only root can install. */
function isInVain(purpose, missing) {
  return purpose !== "test" && missing.some((name) => name !== ansible);
}

async function useApt(missing, assumeYes) {
  const packages = packagesFor(missing);
  const question = `Missing: ${missing.join(", ")}. Install ${packages.join(", ")} with apt-get?`;
  if (!(await confirm(question, assumeYes))) return;
  say(`missing: ${missing.join(", ")}; installing system packages: ${packages.join(", ")}`);
  await installWithApt(packages);
}

function report(purpose, missing) {
  const command = commandFor(missing);
  const help = command
    ? `Run this, then start again:\n  ${command}`
    : `Install ${packagesFor(missing).join(", ")}, then start again.`;
  const text = `this machine lacks ${missing.join(", ")}. ${help}`;
  if (purpose !== "test") throw new SetupError(text);
  say(`${text}\nsetup: tests that need them are skipped.`);
}

function wantedFor(purpose) {
  if (purpose === "start") return forStart;
  // A docker command alone says nothing: without its server the playbook compiles.
  if (purpose === "demo") return existsSync("/var/run/docker.sock") ? forStart : [...forStart, ...compilers];
  if (purpose === "test") return [...new Set([...forStart, ...Object.values(forSuites).flat()])];
  return [];
}

function missingOf(names) {
  return names.filter((name) => findCommand(name) === undefined);
}

/** Missing, where an Ansible that is there but too old counts as missing. */
function lacking(names) {
  const missing = missingOf(names);
  const unfit = names.includes(ansible) && !missing.includes(ansible) && !hasKnownAnsible();
  return unfit ? [ansible, ...missing] : missing;
}
