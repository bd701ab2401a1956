import { isIPv6 } from "node:net";
import { isAbsolute } from "node:path";
import { ChiffonError } from "../../domain/errors.ts";
import type { AttemptSpec } from "./attempt-spec.ts";

const attemptId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const host = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})$/;
const tag = /^[\p{L}\p{N}_][\p{L}\p{N}_.:/+ -]{0,127}$/u;
const sha256 = /^[0-9a-f]{64}$/;
/** Characters with a meaning to ssh, Ansible or PATH-like lists somewhere on the way. */
const awkward = /["'\\%${}~,:]/;
/** Everything below a blank. */
function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++)
    if (text.charCodeAt(i) < 32 || text.charCodeAt(i) === 127) return true;
  return false;
}

/** Whether Ansible, which takes `--start-at-task` for a pattern, would take this name for itself only. */
export function isPlainTaskName(name: string): boolean {
  return name !== "" && name.length <= 300 && !hasControl(name) && !/[*?[\]{}]/.test(name);
}

function refuse(message: string, hint: string): never {
  throw new ChiffonError("bad-input", message, { hint });
}

/** Throws ChiffonError bad-input when a part of the command line could mean something else than it says. */
export function checkSpec(spec: AttemptSpec): void {
  if (!attemptId.test(spec.attemptId))
    refuse("The id of the attempt is not a UUID.", "This is a fault in Chiffon.");
  for (const folder of [spec.runDir, spec.projectDir, ...spec.rolesPath]) checkFolder(folder);
  checkPlaybook(spec.playbook);
  checkInventory(spec.inventory);
  checkLimit(spec.limit);
  if (spec.delegates.length > 0) checkLimit(spec.delegates);
  for (const name of spec.tags) {
    if (!tag.test(name))
      refuse(`${shown(name)} cannot be used as a tag.`, "Use letters, digits and . _ : / + -");
  }
  if (spec.startAt !== undefined && !isPlainTaskName(spec.startAt))
    refuse(`${shown(spec.startAt)} cannot be used as the first task.`, "Begin at the beginning.");
  if (spec.readRun !== undefined && !spec.check)
    refuse("A run that nobody has approved is not in check mode.", "This is a fault in Chiffon.");
  for (const input of spec.inputs) {
    if (!isAbsolute(input.path) || !sha256.test(input.sha256)) {
      refuse(
        `The input ${shown(input.path)} is not an absolute path with a hash.`,
        "This is a fault in Chiffon.",
      );
    }
  }
  checkNumbers(spec);
}

function checkFolder(folder: string): void {
  if (!isAbsolute(folder) || awkward.test(folder) || hasControl(folder)) {
    refuse(
      `The folder ${shown(folder)} cannot be used: ssh or Ansible would misread its path.`,
      "Use a data folder with an absolute path without quotes, commas, colons and the characters \\ % $ { } ~",
    );
  }
}

function checkPlaybook(path: string): void {
  const inside = !isAbsolute(path) && !path.split("/").includes("..");
  if (!inside || path.startsWith("-") || path.startsWith("@") || hasControl(path) || !/\.ya?ml$/.test(path)) {
    refuse(
      `${shown(path)} cannot be run as a playbook.`,
      "Choose a .yml or .yaml file inside the repository.",
    );
  }
}

/** @throws ChiffonError `bad-input` for a path that would be read as something else */
export function checkInventory(path: string): void {
  const outside = !isAbsolute(path) && path.split("/").includes("..");
  // A comma would make Ansible read it as a list of hosts.
  if (path === "" || outside || /^[-@]/.test(path) || path.includes(",") || hasControl(path)) {
    refuse(`${shown(path)} cannot be used as inventory.`, "Choose a file or folder inside the repository.");
  }
}

function checkLimit(limit: readonly string[]): void {
  if (limit.length === 0) refuse("No host was chosen.", "Choose at least one host of the inventory.");
  for (const name of limit) {
    const known = host.test(name) || isIPv6(name);
    if (!known || name === "all" || name === "ungrouped") {
      refuse(
        `${shown(name)} cannot be used as a host.`,
        "Name single hosts of the inventory, no groups or patterns.",
      );
    }
  }
}

function checkNumbers(spec: AttemptSpec): void {
  const { timeoutSeconds, orphanLimitSeconds, outputCapBytes, waitScale } = spec;
  for (const value of [timeoutSeconds, orphanLimitSeconds, outputCapBytes, waitScale]) {
    if (!Number.isFinite(value) || value <= 0)
      refuse("A limit of the attempt is not positive.", "Correct the limit.");
  }
  if (!Number.isInteger(outputCapBytes))
    refuse("The limit of the output is not a whole number.", "Correct the limit.");
}

function shown(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
