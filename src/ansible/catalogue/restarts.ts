import { isMapping, scalarText, textList, field } from "../yaml/values.ts";
import type { PlayFacts, TaskFacts, TaskReach } from "./facts.ts";

/*
 * Which tasks restart the machine that they run on, as far as reading shows it: Ansible's own module, and commands that are
 * written down. A command that a template or a script holds is not seen.
 */

/** `module`: Ansible's own, which refuses the machine that Ansible runs on. `command`: works everywhere. */
export type RestartBy = "module" | "command";

/** A task that restarts the machine that it runs on. */
export interface Restart {
  readonly by: RestartBy;
  /** Where it runs: `localhost` for where Ansible runs, else as written in `delegate_to`; empty: on the hosts of its play. */
  readonly on: string;
  readonly file: string;
  readonly line: number;
}

const commandModules: ReadonlySet<string> = new Set(["command", "shell", "raw"]);
/** What may stand before the program that is meant. */
const before: ReadonlySet<string> = new Set(
  (
    "sudo doas nohup exec nice env setsid systemd-run systemd-inhibit timeout bash sh then do else if ! time " +
    "ionice command busybox"
  ).split(" "),
);
const longestText = 20_000;

/** @param module without `ansible.builtin.` */
export function restartOf(module: string, args: unknown): RestartBy | undefined {
  if (module === "reboot") return "module";
  if (!commandModules.has(module)) return undefined;
  const parts = commandText(args)
    .slice(0, longestText)
    .split(/[;&|()\n]+/);
  return parts.some(restarts) ? "command" : undefined;
}

function commandText(args: unknown): string {
  if (typeof args === "string") return args;
  if (!isMapping(args)) return "";
  const argv = textList(field(args, "argv")).join(" ");
  return scalarText(field(args, "cmd") ?? field(args, "_raw_params")) ?? argv;
}

function restarts(command: string): boolean {
  const words = command.replaceAll(/["'`]/g, " ").trim().split(/\s+/, 60).map(nameOf);
  const at = words.findIndex((word) => !before.has(word) && !/^(?:-|\d|\w+=)/.test(word));
  const rest = words.slice(at + 1);
  switch (words[at]) {
    case "reboot":
      return true;
    case "shutdown":
      return rest.some((word) => /^-[A-Za-z]*r|^--reboot$/.test(word)) && !rest.includes("-c");
    case "systemctl":
      return /^(?:reboot|kexec)$/.test(rest.find((word) => !word.startsWith("-")) ?? "");
    case "init":
    case "telinit":
      return rest[0] === "6";
    default:
      return false;
  }
}

const nameOf = (word: string): string =>
  word.startsWith("/") ? word.slice(word.lastIndexOf("/") + 1) : word;

/** The tasks of a play, with its handlers, that restart a machine. */
export function restartsOfPlay(play: Extract<PlayFacts, { kind: "play" }>, file: string): Restart[] {
  const tasks = [...play.preTasks, ...play.tasks, ...play.postTasks, ...play.handlers];
  return listRestarts(tasks, { file, on: play.here ? "localhost" : "" });
}

/** @param around where the tasks are written, and where they run unless they say it themselves */
export function listRestarts(
  tasks: readonly TaskFacts[],
  around: { readonly file: string; readonly on: string },
): Restart[] {
  return tasks.flatMap((task) => {
    const on = placeOf(task.reach) ?? around.on;
    if (task.use.kind === "block") return listRestarts(task.use.tasks, { ...around, on });
    return task.restarts === undefined ? [] : [{ by: task.restarts, on, file: around.file, line: task.line }];
  });
}

function placeOf(reach: TaskReach | null): string | undefined {
  return reach?.here === true ? "localhost" : (reach?.delegate ?? undefined);
}
