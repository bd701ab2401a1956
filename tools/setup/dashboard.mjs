import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { bin, root } from "./places.mjs";
import { run, tail } from "./processes.mjs";
import { SetupError, step } from "./say.mjs";

const web = path.join(root, "web");
/** Lies in the build: the builder empties that folder first, so a build that was killed leaves none. */
const mark = path.join(web, "dist", ".built-from");
const notSource = new Set(["dist", "node_modules"]);

/** True when web/dist is what these sources and these dependencies give. Starts no process. */
export function isDashboardBuilt() {
  try {
    return readFileSync(mark, "utf8") === digestOfSources();
  } catch {
    return false;
  }
}

export async function buildDashboard() {
  const digest = digestOfSources();
  const vite = path.join(root, "node_modules", "vite", "bin", "vite.js");
  const done = await step("building the dashboard", () =>
    run(path.join(bin, "node"), [vite, "build", "--logLevel=warn"], { cwd: web }),
  );
  if (!done.ok) throw new SetupError(`the dashboard could not be built:\n${tail(done.output)}`);
  writeFileSync(mark, digest);
}

function digestOfSources() {
  const hash = createHash("sha256").update(readFileSync(path.join(root, "package-lock.json")));
  for (const file of listFiles(web))
    hash.update(`\0${path.relative(web, file)}\0`).update(readFileSync(file));
  return hash.digest("hex");
}

function listFiles(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) return notSource.has(entry.name) ? [] : listFiles(at);
    return entry.isFile() && !/\.test\.tsx?$/.test(entry.name) ? [at] : [];
  });
}
