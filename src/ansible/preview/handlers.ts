import type { HandlerFacts } from "../../domain/preview/facts.ts";
import { mayMean } from "../catalogue/handlers.ts";
import { fileOf, isBrought } from "./brought.ts";
import type { CheckFacts } from "./check-facts.ts";

/** Which handlers the tasks of a step may notify. Sources are those of the tasks. */
export interface HandlerLinks {
  readonly handlers: readonly HandlerFacts[];
  /** Sources of the handlers that a task may notify, itself or by the tasks that it brings in. */
  notifiedBy(task: CheckFacts): readonly string[];
}

const imports = /^import_/;
const roleFolder = /(?:^|\/)([^/]+)\/handlers\//;
const deepest = 20;

/** Joins tasks with handlers by `notify`, names and `listen`; rather one too many, where a template decides. */
export function linkHandlers(tasks: readonly CheckFacts[]): HandlerLinks {
  const handlers = findHandlers(tasks);
  const named = new Map<string, readonly string[]>();
  const answering = (notified: string): readonly string[] => {
    const before = named.get(notified);
    if (before !== undefined) return before;
    const found = handlers.filter((each) => namesOf(each).some((name) => mayMean(notified, name)));
    const sources = found.map((each) => each.source);
    named.set(notified, sources);
    return sources;
  };
  const inside = createInside(tasks);
  const known = new Map<CheckFacts, readonly string[]>();
  return {
    handlers: handlers.map((each) => ({ source: each.source, name: shownName(each), module: each.module })),
    notifiedBy(task) {
      if (handlers.length === 0) return [];
      const before = known.get(task);
      if (before !== undefined) return before;
      const found = [...new Set([...task.notifies, ...inside(task, [])].flatMap(answering))];
      known.set(task, found);
      return found;
    },
  };
}

/* Those in a list of handlers, in a folder of handlers, or in a file that one of these imports. */
function findHandlers(tasks: readonly CheckFacts[]): CheckFacts[] {
  const brought = tasks.flatMap((task) => (task.handler && task.brings !== null ? [task.brings] : []));
  const isHandler = (task: CheckFacts): boolean =>
    task.handler || brought.some((name) => /\.ya?ml$/.test(name) && isBrought(fileOf(task.source), name));
  return tasks.filter((task) => isHandler(task) && !imports.test(task.module));
}

/* What the tasks notify that an include brings in, and those that these bring in. */
function createInside(
  tasks: readonly CheckFacts[],
): (task: CheckFacts, open: readonly string[]) => readonly string[] {
  const talking = tasks.filter((task) => task.notifies.length > 0 || task.brings !== null);
  const files = Map.groupBy(talking, (task) => fileOf(task.source));
  const known = new Map<string, readonly string[]>();
  const look = (task: CheckFacts, open: readonly string[]): readonly string[] => {
    const { brings } = task;
    if (brings === null || imports.test(task.module) || open.includes(brings) || open.length > deepest)
      return [];
    const before = known.get(brings);
    if (before !== undefined) return before;
    const found = new Set<string>();
    for (const [path, inner] of files)
      if (isBrought(path, brings))
        for (const each of inner)
          for (const name of [...each.notifies, ...look(each, [...open, brings])]) found.add(name);
    known.set(brings, [...found]);
    return [...found];
  };
  return look;
}

function namesOf(handler: CheckFacts): readonly string[] {
  const own = handler.name === null ? [] : [handler.name, shownName(handler)];
  return [...own, ...handler.listens];
}

/** As Ansible shows it: with its role. */
function shownName(handler: CheckFacts): string {
  const name = handler.name ?? handler.module;
  const role = roleFolder.exec(handler.source)?.[1];
  return role === undefined ? name : `${role} : ${name}`;
}
