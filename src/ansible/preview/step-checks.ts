import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { SnapshotFile } from "../../contracts/plan.ts";
import type { StepChecks, TaskChecks } from "../../domain/preview/facts.ts";
import type { Breather } from "../catalogue/breather.ts";
import type { CheckSupport } from "../process/module-docs.ts";
import { fileOf, isBrought } from "./brought.ts";
import { readFileChecks, type CheckFacts } from "./check-facts.ts";
import { linkHandlers } from "./handlers.ts";
import { namesInTemplate } from "./names.ts";

const mostFiles = 5_000;
const largest = 1_048_576;
const deepest = 20;

/**
 * Reads everything in the snapshot of a step that says what check mode can tell. Sources come out relative to the project, as the
 * plan lists them.
 */
export async function readStepChecks(
  snapshot: { treeDir: string; files: readonly SnapshotFile[]; project: string },
  breather: Breather,
): Promise<StepChecks> {
  const paths = snapshot.files.filter((file) => file.size <= largest).map((file) => file.path);
  const read = (path: string): string => readFileSync(join(snapshot.treeDir, path), "utf8");
  const tasks: CheckFacts[] = [];
  const variables = new Map<string, string[]>();
  for (const path of paths.filter((each) => /\.ya?ml$/.test(each)).slice(0, mostFiles)) {
    const found = readFileChecks(path, read(path));
    tasks.push(...found.tasks);
    for (const [name, reads] of found.variables)
      variables.set(name, [...(variables.get(name) ?? []), ...reads]);
    if (breather.isDue()) await breather.breathe();
  }
  const inherited = createInheritance(tasks);
  const rendered = createRendered(paths, read);
  const links = linkHandlers(tasks);
  const folder = snapshot.project === "." ? "" : snapshot.project;
  const shown = (source: string): string => (folder === "" ? source : posix.relative(folder, source));
  return {
    tasks: new Map(
      tasks
        .filter((task) => task.module !== "import_role" || task.brings === null)
        .map((task): [string, TaskChecks] => {
          const around = inherited(fileOf(task.source));
          const sets = [...task.sets, ...around.sets];
          const reads = [...task.reads, ...around.reads, ...task.renders.flatMap(rendered)];
          const unchecked = task.unchecked || around.unchecked;
          const source = shown(task.source);
          const notifies = links.notifiedBy(task).map(shown);
          const asks = [...task.asks, ...around.reads];
          const own = { unchecked, partial: false, notifies, sets, asks, reads: [...new Set(reads)] };
          return [source, { ...task, source, ...own }];
        }),
    ),
    handlers: links.handlers.map((handler) => ({ ...handler, source: shown(handler.source) })),
    variables,
  };
}

type Around = Pick<CheckFacts, "reads" | "sets" | "unchecked">;
const nothing: Around = { reads: [], sets: [], unchecked: false };

/* What is said of an import, an include or a role holds for all tasks that it brings, and for what these bring. */
function createInheritance(tasks: readonly CheckFacts[]): (path: string) => Around {
  const bringers = tasks.filter((task) => task.brings !== null);
  const known = new Map<string, Around>();
  const look = (path: string, open: readonly string[]): Around => {
    const before = known.get(path);
    if (before !== undefined) return before;
    if (open.includes(path) || open.length > deepest || !bringers.some(says)) return nothing;
    const outer = bringers
      .filter((task) => task.brings !== null && isBrought(path, task.brings))
      .flatMap((task): Around[] => [task, look(fileOf(task.source), [...open, path])]);
    const found = {
      reads: [...new Set(outer.flatMap((each) => each.reads))],
      sets: [...new Set(outer.flatMap((each) => each.sets))],
      unchecked: outer.some((each) => each.unchecked),
    };
    known.set(path, found);
    return found;
  };
  return (path) => look(path, []);
}

const says = ({ reads, sets, unchecked }: Around): boolean =>
  reads.length > 0 || sets.length > 0 || unchecked;

/* The names in a template; the same name may stand in several folders. */
function createRendered(
  paths: readonly string[],
  read: (path: string) => string,
): (src: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (src) => {
    const before = known.get(src);
    if (before !== undefined) return before;
    const files = paths.filter((path) => path === src || path.endsWith(`/${src}`)).slice(0, 50);
    const names = [...new Set(files.flatMap((path) => namesInTemplate(read(path))))];
    known.set(src, names);
    return names;
  };
}

/* What brings tasks in says "none" of itself; the tasks speak for themselves. */
const bringing = /(?:^|\.)(?:include\w*|import_\w+|meta)$/;

/** Adds what the modules say of themselves, by the names under which the plan lists them. */
export function withModuleDocs(
  checks: StepChecks,
  listed: readonly { source: string; module: string }[],
  docs: ReadonlyMap<string, CheckSupport>,
): StepChecks {
  const tasks = new Map(checks.tasks);
  for (const { source, module } of listed) {
    const task = tasks.get(source);
    const support = docs.get(module);
    if (task === undefined || support === undefined || bringing.test(module)) continue;
    // With creates or removes a program's module tells more than it says of itself.
    const isProgram = /(?:^|\.)(?:command|shell|script)$/.test(module);
    if (support === "none" && task.opaque === null && !isProgram)
      tasks.set(source, { ...task, opaque: "its module cannot tell in check mode" });
    if (support === "partial" && !isProgram) tasks.set(source, { ...task, partial: true });
  }
  return { ...checks, tasks };
}
