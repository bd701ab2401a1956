// Makes a fresh checkout ready. Runs on the machine's own Node (18 or newer) before anything is installed: plain JavaScript,
// no dependencies. `setup.mjs` fetches Node 24 and the dependencies; `setup.mjs start` also what Chiffon needs of the system;
// `setup.mjs test` also what the test suites need. A second time it finds everything in place and is silent.
import process from "node:process";
import { buildDashboard, isDashboardBuilt } from "./setup/dashboard.mjs";
import { release, withLock } from "./setup/lock.mjs";
import { installDependencies, isInstalled } from "./setup/node.mjs";
import { stopAll } from "./setup/processes.mjs";
import { SetupError, say, sayTotal } from "./setup/say.mjs";
import { hasPrograms, installPrograms } from "./setup/programs.mjs";

const [purpose = "dependencies", ...options] = process.argv.slice(2);
const assumeYes = options.includes("--yes");

for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
  ["SIGHUP", 1],
])
  process.once(signal, () => {
    stopAll(signal);
    release();
    process.exit(128 + number);
  });

try {
  if (!isReady()) await withLock(setUp);
} catch (error) {
  say(error instanceof SetupError ? error.message : `unexpected: ${error.stack}`);
  process.exitCode = 1;
}

function isReady() {
  return isInstalled() && hasPrograms(purpose) && hasDashboard();
}

/** The fast checks and the benchmarks do without it. */
function hasDashboard() {
  return purpose === "dependencies" || isDashboardBuilt();
}

async function setUp() {
  if (isReady()) return; // another set-up did it while this one waited
  if (!isInstalled()) await installDependencies();
  if (!hasPrograms(purpose)) await installPrograms(purpose, assumeYes);
  if (!hasDashboard()) await buildDashboard();
  sayTotal("ready");
}
