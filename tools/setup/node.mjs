import { createHash } from "node:crypto";
import {
  existsSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import process from "node:process";
import { bin, machineNode, root, runtime } from "./places.mjs";
import { findCommand, run, tail } from "./processes.mjs";
import { SetupError, step } from "./say.mjs";

const pinnedMajor = 24;
const platform = `${process.platform}-${process.arch}`;
const packagedNode = path.join(runtime, "node_modules", `node-${platform}`, "bin", "node");

/** True when node_modules is what the lock file asks for and the commands are linked. Starts no process. */
export function isInstalled() {
  return isComplete(root) && existsSync(path.join(bin, "node")) && existsSync(path.join(bin, "chiffon"));
}

export async function installDependencies() {
  const node = (await findNode()) ?? (await fetchNode());
  if (!isComplete(root)) await step("installing dependencies", () => installInto(root, node));
  link("node", node === packagedNode ? path.relative(bin, node) : node);
  link("chiffon", path.join("..", "..", "chiffon"));
}

/** Points node_modules/.bin/NAME at a program, so that npm scripts and `./chiffon` find it first. */
export function link(name, target) {
  const at = path.join(bin, name);
  if (readLink(at) === target) return;
  rmSync(at, { force: true });
  symlinkSync(target, at);
}

async function fetchNode() {
  const why = `this machine has Node ${process.versions.node}`;
  if (!isComplete(runtime))
    await step(`fetching Node ${pinnedMajor} for this checkout only (${why})`, () =>
      installInto(runtime, machineNode),
    );
  const node = await findNode();
  if (node) return node;
  throw new SetupError(
    `Chiffon runs on Node.js ${pinnedMajor}; ${why}, and there is no packaged one for ${platform}.\n` +
      `Install Node.js ${pinnedMajor} from https://nodejs.org and run the same command again.`,
  );
}

/** The machine's own Node where it is the pinned major, else the one in tools/runtime, else a newer one of the machine. */
async function findNode() {
  const own = await majorOf(machineNode);
  if (own === pinnedMajor) return machineNode;
  if (isComplete(runtime) && (await majorOf(packagedNode)) === pinnedMajor) return packagedNode;
  // Only where no packaged Node exists for the platform (it was looked for just now).
  return isComplete(runtime) && own > pinnedMajor ? machineNode : undefined;
}

async function majorOf(node) {
  const asked = await run(node, ["-p", "process.versions.node"]);
  return asked.ok ? Number(asked.output.split(".")[0]) : 0;
}

/**
 * `npm ci`, then the mark. npm must run on the given Node: an older one silently leaves out optional packages (all native
 * parts of linter and test runner) whose `engines` it does not meet.
 */
async function installInto(folder, node) {
  rmSync(markOf(folder), { force: true });
  const done = await run(node, [findNpm(), "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    env: npmEnvironment(node),
  });
  if (!done.ok)
    throw new SetupError(
      `npm ci failed in ${folder}:\n${tail(done.output)}\nCheck the network and the free disk space, then run the same command again.`,
    );
  writeFileSync(markOf(folder), digestOf(folder));
}

function npmEnvironment(node) {
  const env = { ...process.env, PATH: path.dirname(node) + path.delimiter + (process.env.PATH ?? "") };
  delete env.NODE_ENV; // "production" would leave out the build tools
  // The outer npm's own settings; what remains of npm_config_* (registry, proxy, cache) is the user's.
  const outer =
    /^npm_(config_(omit|include|production|only|optional|global|prefix|local_prefix|ignore_scripts|workspaces?|noproxy|dry_run|package_lock.*)|lifecycle_.*|package_.*)$/i;
  for (const key of Object.keys(env)) if (outer.test(key)) delete env[key];
  return env;
}

function findNpm() {
  const given = process.env.npm_execpath;
  if (given && path.basename(given) === "npm-cli.js" && existsSync(given)) return given;
  const found = findCommand("npm");
  const script = found && realpathSync(found);
  if (script?.endsWith(".js")) return script;
  throw new SetupError(
    "npm was not found. Install it (it comes with Node.js) and run the same command again.",
  );
}

function isComplete(folder) {
  try {
    return readFileSync(markOf(folder), "utf8") === digestOf(folder);
  } catch {
    return false;
  }
}

/** The mark lies in node_modules: npm ci removes it first, so an install that was killed leaves none. */
function markOf(folder) {
  return path.join(folder, "node_modules", ".chiffon-setup");
}

function digestOf(folder) {
  const lock = readFileSync(path.join(folder, "package-lock.json"));
  return createHash("sha256").update(lock).update(platform).digest("hex");
}

function readLink(at) {
  try {
    return readlinkSync(at);
  } catch {
    return undefined;
  }
}
