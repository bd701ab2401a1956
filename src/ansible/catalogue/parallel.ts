import type { ListedPlay, Unit } from "../../contracts/catalogue.ts";
import type { HeaderFacts, TaskFacts } from "./facts.ts";
import { shortName } from "../../domain/risk.ts";

/*
 * `# chiffon:parallel=service`: while it runs, others that say the same may work on its hosts, as long as they are about other
 * services. What is seen to work on the host as a whole does not get it, whatever its comment says.
 */

const form = "chiffon:parallel=service";
/** Packages and their sources, disks, firewall, kernel, and the machine itself. */
const modulesOfHost: ReadonlySet<string> = new Set(
  (
    "apt apt_repository apt_rpm apk deb822_repository debconf dnf dnf5 dpkg_selections homebrew package pacman pkgng " +
    "portage rpm_key yum yum_repository zypper zypper_repository filesystem luks_device lvg lvol mount parted zfs " +
    "firewalld iptables nftables ufw grub sysctl hostname reboot shutdown"
  ).split(" "),
);

/** Keeps the line of the header; what is wrong with it becomes a problem with its line. */
export function setParallel(header: HeaderFacts, found: { value: string; line: number }): void {
  if (found.value === "service") header.parallel = { line: found.line };
  else header.problems.push({ line: found.line, message: `It cannot be read. Write ${form}.` });
}

/** Whether others may work on its hosts meanwhile, and why not where the comment wants it. */
export function decideParallel(
  header: HeaderFacts,
  plays: readonly Pick<ListedPlay, "ansibleTasks">[],
  handlers: readonly TaskFacts[],
): { found: Pick<Unit, "parallel">; problems: HeaderFacts["problems"] } {
  if (header.parallel === null) return { found: {}, problems: [] };
  const reason = findObstacle(header, plays, handlers);
  if (reason === undefined) return { found: { parallel: "service" }, problems: [] };
  const message = `Nothing else works on its hosts while it runs, although it says ${form}: ${reason}.`;
  return { found: {}, problems: [{ line: header.parallel.line, message }] };
}

function findObstacle(
  header: HeaderFacts,
  plays: readonly Pick<ListedPlay, "ansibleTasks">[],
  handlers: readonly TaskFacts[],
): string | undefined {
  if (header.services.length === 0) return "it does not say its service, with chiffon:service=NAME";
  const tasks = plays.flatMap((play) => play.ansibleTasks);
  const open = tasks.find((task) => task.dynamic);
  if (open !== undefined) return `only the run knows what ${open.source} brings`;
  const modules = [...tasks.map((task) => task.module), ...handlers.flatMap(modulesOf)];
  const found = modules.find((module) => module === unknown || modulesOfHost.has(shortName(module)));
  if (found === unknown) return "only the run knows what one of its handlers brings";
  return found === undefined ? undefined : `it uses ${shortName(found)}, which concerns the whole host`;
}

const unknown = "";

function modulesOf(task: TaskFacts): string[] {
  if (task.use.kind === "block") return task.use.tasks.flatMap(modulesOf);
  return [task.use.kind === "plain" ? task.module : unknown];
}
