import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { link } from "./node.mjs";
import { root, runtime } from "./places.mjs";
import { findCommand, isExecutable, localBin, run, tail } from "./processes.mjs";
import { say, step } from "./say.mjs";
import { confirm } from "./system.mjs";

const oldest = [2, 14];
const venv = path.join(runtime, "ansible");
const venvMark = path.join(venv, ".complete");
const checkedFile = path.join(root, "node_modules", ".chiffon-ansible");

/** An `ansible-playbook` that was found fit before and has not changed since. Starts no process. */
export function hasKnownAnsible() {
  const found = candidates()[0];
  try {
    return found !== undefined && readFileSync(checkedFile, "utf8") === fingerprint(found);
  } catch {
    return false;
  }
}

/** The first fit `ansible-playbook` of PATH, ~/.local/bin and this checkout's own virtual environment, made reachable. */
export async function findAnsible() {
  for (const found of candidates()) {
    const version = await versionOf(found);
    if (!isFit(version)) {
      say(
        `${found} is ${version ? `ansible-core ${version.join(".")}` : "no working Ansible"}, needed is ${oldest.join(".")} or newer`,
      );
      continue;
    }
    if (findCommand("ansible-playbook") !== found) linkAll(path.dirname(found));
    writeFileSync(checkedFile, fingerprint(findCommand("ansible-playbook") ?? found));
    return found;
  }
  return undefined;
}

/** Ansible without root, from the Python package index: pipx, uv, or a virtual environment inside this checkout. */
export async function installWithPython(assumeYes) {
  for (const provider of [viaPipx, viaUv, viaVenv]) {
    if (!(await provider(assumeYes))) continue;
    const found = await findAnsible();
    if (found) return found;
  }
  return undefined;
}

async function viaPipx(assumeYes) {
  return viaTool("pipx", ["install", "ansible-core"], assumeYes);
}

async function viaUv(assumeYes) {
  return viaTool("uv", ["tool", "install", "ansible-core"], assumeYes);
}

async function viaTool(name, args, assumeYes) {
  const tool = findCommand(name, [localBin()]);
  if (!tool) return false;
  const command = `${name} ${args.join(" ")}`;
  if (!(await confirm(`Ansible is missing. Install it into your home with "${command}"?`, assumeYes)))
    return false;
  return step(command, () => succeeds(tool, args));
}

async function viaVenv() {
  const python = findCommand("python3");
  // Debian's python3 comes without ensurepip; its advice would be a second command beside the one that `report` gives.
  if (!python || !(await run(python, ["-c", "import venv, ensurepip"])).ok) return false;
  return step("installing Ansible into a virtual environment of this checkout", async () => {
    rmSync(venv, { recursive: true, force: true });
    const pip = path.join(venv, "bin", "pip");
    const done =
      (await succeeds(python, ["-m", "venv", venv])) &&
      (await succeeds(pip, ["install", "--disable-pip-version-check", "--quiet", "ansible-core"]));
    if (done) writeFileSync(venvMark, "");
    else rmSync(venv, { recursive: true, force: true });
    return done;
  });
}

async function succeeds(command, args) {
  const done = await run(command, args);
  if (!done.ok) say(`${path.basename(command)} failed:\n${tail(done.output, 6)}`);
  return done.ok;
}

function candidates() {
  const own = existsSync(venvMark) ? path.join(venv, "bin", "ansible-playbook") : undefined;
  const all = [findCommand("ansible-playbook"), path.join(localBin(), "ansible-playbook"), own];
  return [...new Set(all)].filter((file) => file !== undefined && isExecutable(file));
}

/** Ansible found outside PATH is linked into node_modules/.bin: Chiffon itself then needs to look at PATH only. */
function linkAll(folder) {
  for (const name of readdirSync(folder).filter((entry) => /^ansible(-[a-z]+)?$/.test(entry)))
    link(name, path.join(folder, name));
  say(`using Ansible of ${folder}`);
}

async function versionOf(command) {
  const asked = await run(command, ["--version"]);
  const match = asked.ok ? /^ansible\S* \[?(?:core )?(\d+)\.(\d+)/.exec(asked.output) : undefined;
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

function isFit(version) {
  return (
    version !== undefined && (version[0] > oldest[0] || (version[0] === oldest[0] && version[1] >= oldest[1]))
  );
}

function fingerprint(file) {
  const { size, mtimeMs } = statSync(file);
  return `${file} ${size} ${mtimeMs}`;
}
