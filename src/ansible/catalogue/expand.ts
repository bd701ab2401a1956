import type { CatalogueFinding, ListedAnsibleTask } from "../../contracts/catalogue.ts";
import type { RoleUse, TaskFacts } from "./facts.ts";
import type { FileStore, ReadFile } from "./file-store.ts";
import { keepNotified, type Handler } from "./handlers.ts";
import { none } from "./none.ts";
import { folderOf, resolveInside } from "./paths.ts";
import type { Role, RoleFinder } from "./roles.ts";
import { metaOf, roleFile, roleHandlers, tasksOf } from "./roles.ts";

const maxTasks = 5_000;
const maxHandlers = 1_000;
const maxDepth = 40;

/** What a task gets from the play, roles and blocks around it. */
export interface Inherited {
  tags: readonly string[];
  become: boolean;
  /** The file that the tasks are written in. */
  file: string;
  role: Role | null;
  /** Names of handlers. */
  notifies: readonly string[];
  /** Files and roles that are being expanded: one that names itself is not entered again. */
  open: readonly string[];
}

/** Puts static imports and roles in the place of the tasks that name them, as `ansible-playbook --list-tasks` does. */
export interface Expander {
  tasks(tasks: readonly TaskFacts[], inherited: Inherited): ListedAnsibleTask[];
  role(use: RoleUse, inherited: Inherited): ListedAnsibleTask[];
  /** The handlers of a play, with those of the roles that were entered since this was asked last. */
  handlers(own: readonly TaskFacts[], inherited: Inherited): Handler[];
  /** Roles and files that were entered so far. */
  readonly roles: ReadonlyMap<string, Role>;
  readonly needs: ReadonlyMap<string, string>;
  /** Variables that are the `state` of a module. */
  readonly states: ReadonlySet<string>;
}

export function createExpander(options: {
  store: FileStore;
  finder: RoleFinder;
  playbook: string;
  /** Path as shown in `source`. */
  shown: (path: string) => string;
  report: (finding: CatalogueFinding) => void;
  /** The command that brings a role which is missing. */
  install: (role: string) => string | undefined;
}): Expander {
  const { store, finder, playbook, shown, report, install } = options;
  const roles = new Map<string, Role>();
  const needs = new Map<string, string>();
  const states = new Set<string>();
  const entered = new Set<Role>();
  let left = maxTasks;
  /* Tasks of one role or block have the same list of tags, and share what is made of it. */
  const sortedTags = new Map<readonly string[], string[]>();
  const sorted = (tags: readonly string[]): string[] => {
    if (tags.length === 0) return none;
    let found = sortedTags.get(tags);
    if (found === undefined) sortedTags.set(tags, (found = tags.toSorted()));
    return found;
  };

  const list = (task: TaskFacts, inherited: Inherited, more: { dynamic: boolean }): ListedAnsibleTask[] => {
    left -= 1;
    if (left < 0) return [];
    const name = task.name ?? task.module;
    const listed: ListedAnsibleTask = {
      name: inherited.role === null ? name : `${inherited.role.name} : ${name}`,
      module: task.module,
      source: `${shown(inherited.file)}:${task.line}`,
      tags: sorted(inherited.tags),
      become: inherited.become,
      dynamic: more.dynamic,
      previewable: task.previewable && !more.dynamic,
      ...(task.effect === undefined ? {} : { effect: task.effect }),
    };
    keepNotified(listed, inherited.notifies);
    return [listed];
  };

  const expandTask = (task: TaskFacts, outer: Inherited): ListedAnsibleTask[] => {
    if (left <= 0 || outer.open.length > maxDepth) return [];
    const inherited = inherit(outer, task);
    for (const name of task.needs) needs.set(name, `${inherited.file}:${task.line}`);
    if (task.state !== null) states.add(task.state);
    const { use } = task;
    switch (use.kind) {
      case "plain":
        return list(task, inherited, { dynamic: false });
      case "dynamic":
        return list(task, inherited, { dynamic: true });
      case "block":
        return use.tasks.flatMap((inner) => expandTask(inner, inherited));
      case "import-tasks":
        return importTasks(task, inherited, use.file);
      case "import-role":
        return use.role === null
          ? list(task, inherited, { dynamic: true })
          : enterRole({ name: use.role, from: use.tasksFrom, line: task.line }, inherited);
    }
  };

  const importTasks = (
    task: TaskFacts,
    inherited: Inherited,
    written: string | null,
  ): ListedAnsibleTask[] => {
    if (written === null) return list(task, inherited, { dynamic: true });
    const file = findImported(written, inherited);
    if (file === undefined) {
      const message = `It imports "${written}", which is not in the repository. Correct the name or add the file.`;
      report({ path: inherited.file, line: task.line, message });
      return list(task, inherited, { dynamic: true });
    }
    if (inherited.open.includes(file.path)) {
      report({
        path: inherited.file,
        line: task.line,
        message: `It imports "${written}", which imports itself again.`,
      });
      return [];
    }
    const inner = { ...inherited, file: file.path, open: [...inherited.open, file.path] };
    return tasksOf(file.facts).flatMap((each) => expandTask(each, inner));
  };

  const findImported = (written: string, inherited: Inherited): ReadFile | undefined => {
    const folders = [
      folderOf(inherited.file),
      ...(inherited.role === null ? [] : [`${inherited.role.folder}/tasks`]),
      folderOf(playbook),
    ];
    for (const folder of folders) {
      const path = resolveInside(folder, written);
      const file = path === undefined ? undefined : store.find(path);
      if (file !== undefined) return file;
    }
    return undefined;
  };

  const enterRole = (
    use: { name: string; from: string; line: number },
    inherited: Inherited,
  ): ListedAnsibleTask[] => {
    const role = finder.find(use.name);
    const key = `role ${use.name} ${use.from}`;
    if (role === undefined) return [missingRole(use, inherited)];
    if (inherited.open.includes(key) || inherited.open.length > maxDepth) return [];
    roles.set(role.folder, role);
    entered.add(role);
    const inner = { ...inherited, role, open: [...inherited.open, key] };
    const meta = metaOf(store, role);
    const before = meta.dependencies.flatMap((each) => expandRole(each, { ...inner, file: meta.path }));
    const file = roleFile(store, role, { part: "tasks", from: use.from });
    const tasks = file === undefined ? [] : tasksOf(file.facts);
    return [
      ...before,
      ...checkArguments(meta.entryPoints, { entry: use.from.replace(/\.ya?ml$/, ""), inherited: inner }),
      ...tasks.flatMap((each) => expandTask(each, { ...inner, file: file?.path ?? inner.file })),
    ];
  };

  /* Ansible adds this task itself, with the tag `always`. */
  const checkArguments = (
    entryPoints: ReturnType<typeof metaOf>["entryPoints"],
    use: { entry: string; inherited: Inherited },
  ): ListedAnsibleTask[] => {
    const found = entryPoints.find(({ entry }) => entry.name === use.entry);
    if (found === undefined) return [];
    const { line, name, summary } = found.entry;
    const task: TaskFacts = {
      line,
      name: `Validating arguments against arg spec '${name}'${summary === null ? "" : ` - ${summary}`}`,
      module: "ansible.builtin.validate_argument_spec",
      tags: ["always"],
      become: null,
      previewable: true,
      needs: [],
      toggle: null,
      reach: null,
      state: null,
      use: { kind: "plain" },
    };
    return expandTask(task, { ...use.inherited, file: found.path });
  };

  const missingRole = (use: { name: string; line: number }, inherited: Inherited): ListedAnsibleTask => {
    const command = install(use.name);
    const how = command === undefined ? "Add it" : `Install it with \`${command}\``;
    const message = `The role "${use.name}" is not in the repository, so its tasks cannot be listed. ${how}, or correct the name.`;
    report({ path: inherited.file, line: use.line, message });
    return {
      name: `role ${use.name}`,
      module: "ansible.builtin.import_role",
      source: `${shown(inherited.file)}:${use.line}`,
      tags: sorted(inherited.tags),
      become: inherited.become,
      dynamic: true,
      previewable: false,
    };
  };

  const expandRole = (use: RoleUse, inherited: Inherited): ListedAnsibleTask[] => {
    const inner = inherit(inherited, use);
    return enterRole({ name: use.name ?? "{{ … }}", from: "main", line: use.line }, inner);
  };

  const listHandlers = (tasks: readonly TaskFacts[], inherited: Inherited): Handler[] =>
    tasks.flatMap((task) => {
      // A handler that imports others, or is a block of them, answers for all of these.
      const names = [...(task.name === null ? [] : [task.name]), ...(task.listens ?? none)];
      return expandTask(task, inherited).map((listed) => ({
        task: listed,
        names: [...new Set([...names, listed.name, listed.name.replace(/^[^:]* : /, "")])],
      }));
    });

  const handlers = (own: readonly TaskFacts[], inherited: Inherited): Handler[] => {
    // They are no part of the list, and take no room from it.
    const before = left;
    left = maxHandlers;
    const ofRoles = [...entered].flatMap((role) => {
      const { path, tasks } = roleHandlers(store, role);
      return listHandlers(tasks, { ...inherited, role, file: path });
    });
    const found = [...listHandlers(own, inherited), ...ofRoles];
    entered.clear();
    left = before;
    return found;
  };

  return {
    tasks: (tasks, inherited) => tasks.flatMap((task) => expandTask(task, inherited)),
    role: expandRole,
    handlers,
    roles,
    needs,
    states,
  };
}

function inherit(
  outer: Inherited,
  inner: { tags: readonly string[]; become: boolean | null; notifies?: readonly string[] },
): Inherited {
  return {
    ...outer,
    notifies: inner.notifies === undefined ? outer.notifies : [...outer.notifies, ...inner.notifies],
    tags: inner.tags.length === 0 ? outer.tags : [...new Set([...outer.tags, ...inner.tags])],
    become: inner.become ?? outer.become,
  };
}
