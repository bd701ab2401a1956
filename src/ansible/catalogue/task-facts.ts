import { field, isMapping, isTemplated, scalarText, textList } from "../yaml/values.ts";
import type { YamlMapping } from "../yaml/values.ts";
import { effectOf, runsHere } from "./effects.ts";
import type { TaskFacts, TaskReach, TaskUse } from "./facts.ts";
import { none } from "./none.ts";
import { restartOf } from "./restarts.ts";

/* Every key that a task or block may have beside its module. */
const taskKeywords = new Set(
  (
    "action always any_errors_fatal args async become become_exe become_flags become_method become_user block changed_when " +
    "check_mode collections connection debugger delay delegate_facts delegate_to diff environment failed_when ignore_errors " +
    "ignore_unreachable listen local_action loop loop_control module_defaults name no_log notify poll port register " +
    "remote_user rescue retries run_once tags throttle timeout until vars when"
  ).split(" "),
);
/* Check mode skips these or cannot follow them, so a preview says nothing about them. */
const opaqueModules = new Set([
  "raw",
  "script",
  "expect",
  "include_tasks",
  "include_role",
  "win_command",
  "win_shell",
]);
/* More names than this in one loop are data, not parts of a playbook. */
const maxLoop = 500;
const toggle =
  /^\s*\(?\s*([A-Za-z_]\w*)\s*(?:\|\s*d(?:efault)?\([^()]*\)\s*)?\)?\s*(?:\|\s*bool\s*)?(?:\s+is\s+true\s*|==\s*[Tt]rue\s*)?$/;
const loopedName = /^([^{}]*)\{\{\s*item\s*\}\}([^{}]*)$/;
const stateName = /^\s*\{\{\s*(state|\w{1,90}_state)\s*(?:\|\s*d(?:efault)?\([^()]*\)\s*)?\}\}\s*$/;
const commandModules = new Set(["command", "shell", "win_command", "win_shell", "script"]);

/* Most tasks have nothing special: one value for all of them keeps ten thousands of tasks small. */
const plain: TaskUse = { kind: "plain" };

/** Ansible's own way to say yes, in a place where a template counts as yes: better asked once too often. */
export function becomeOf(mapping: YamlMapping): boolean | null {
  const value = field(mapping, "become");
  if (value === undefined || value === null) return null;
  if (typeof value === "boolean") return value;
  return !/^(no|false|off|0|n|f)$/i.test(scalarText(value) ?? "");
}

/** Tags as Ansible reads them: a list, or one text with commas. */
export function tagsOf(mapping: YamlMapping): string[] {
  const written = field(mapping, "tags");
  if (written === undefined || written === null) return none;
  return textList(written)
    .flatMap((text) => text.split(","))
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}

/** The name without `ansible.builtin.` or `ansible.legacy.`. */
export function shortModule(module: string): string {
  return module.startsWith("ansible.") ? module.replace(/^ansible\.(builtin|legacy)\./, "") : module;
}

/** Tasks of a list as Ansible would load them; items that are no tasks are left out. */
export function readTasks(list: unknown, lineOf: (value: unknown) => number | undefined): TaskFacts[] {
  if (!Array.isArray(list)) return none;
  return list.flatMap((item: unknown) => (isMapping(item) ? [readTask(item, lineOf)] : []));
}

function readTask(task: YamlMapping, lineOf: (value: unknown) => number | undefined): TaskFacts {
  const { module, args } = taskModule(task);
  const short = shortModule(module);
  const restarts = restartOf(short, args);
  const [notifies, listens] = [textList(field(task, "notify")), textList(field(task, "listen"))];
  const effect = effectOf(module, () => argumentsOf(args)) ?? (runsHere(task) ? "runs-here" : undefined);
  return {
    line: lineOf(task) ?? 1,
    name: scalarText(field(task, "name")) ?? null,
    module,
    tags: tagsOf(task),
    become: becomeOf(task),
    previewable: isPreviewable(task, { short, args }),
    ...(effect === undefined ? {} : { effect }),
    ...(restarts === undefined ? {} : { restarts }),
    ...(notifies.length === 0 ? {} : { notifies }),
    ...(listens.length === 0 ? {} : { listens }),
    needs: short === "assert" && isMapping(args) ? neededNames(args) : none,
    toggle: toggleOf(task),
    reach: reachOf(task, { short, args }),
    state: stateVariable(args),
    use: useOf(task, { short, args, lineOf }),
  };
}

function reachOf(task: YamlMapping, { short, args }: { short: string; args: unknown }): TaskReach | null {
  const delegate = scalarText(field(task, "delegate_to")) ?? null;
  const values = short === "add_host" ? argumentsOf(args) : undefined;
  const adds =
    values === undefined ? null : (values.get("name") ?? values.get("hostname") ?? values.get("host"));
  const here = Object.hasOwn(task, "local_action") || isHere(task);
  return delegate === null && adds === null && !here ? null : { delegate, here, adds: adds ?? null };
}

/** Whether a play, block or task says that it runs on the machine that Ansible runs on. */
export function isHere(mapping: YamlMapping): boolean {
  const vars = field(mapping, "vars");
  const written = [
    field(mapping, "connection"),
    isMapping(vars) ? field(vars, "ansible_connection") : undefined,
  ];
  return written.some(
    (value) => typeof value === "string" && /^(?:ansible\.(?:builtin|legacy)\.)?local$/.test(value),
  );
}

/** The module of a task as written, and its arguments. */
export function taskModule(task: YamlMapping): { module: string; args: unknown } {
  for (const key of Object.keys(task)) {
    if (!taskKeywords.has(key) && !key.startsWith("with_")) return { module: key, args: task[key] };
  }
  if (Object.hasOwn(task, "block")) return { module: "block", args: undefined };
  for (const key of ["action", "local_action"]) {
    const action = field(task, key);
    if (typeof action === "string") {
      const [module = key, ...rest] = action.trim().split(/\s+/);
      return { module, args: rest.join(" ") };
    }
    if (isMapping(action)) return { module: scalarText(field(action, "module")) ?? key, args: action };
  }
  return { module: "unknown", args: undefined };
}

function isPreviewable(task: YamlMapping, found: { short: string; args: unknown }): boolean {
  const { short } = found;
  /* Such a task runs in a preview too; only where it also declares that it changes nothing is that a preview. */
  if (isNo(field(task, "check_mode"))) return isNo(field(task, "changed_when"));
  if (field(task, "async") !== undefined) return false;
  if (commandModules.has(short)) return hasGuard(task, found.args);
  if (opaqueModules.has(short)) return false;
  if (short === "uri") return isReadingUri(found.args) && field(task, "until") === undefined;
  return true;
}

function isNo(value: unknown): boolean {
  return value === false || value === "no" || value === "false" || value === "False";
}

/* With creates or removes, check mode looks whether the command would run. */
function hasGuard(task: YamlMapping, args: unknown): boolean {
  const extra = field(task, "args");
  return [args, extra].some((part) =>
    isMapping(part)
      ? Object.hasOwn(part, "creates") || Object.hasOwn(part, "removes")
      : typeof part === "string" && /(^|\s)(creates|removes)=/.test(part),
  );
}

function isReadingUri(args: unknown): boolean {
  if (!isMapping(args)) return true;
  const method = scalarText(field(args, "method")) ?? "GET";
  return /^(get|head)$/i.test(method);
}

/* `state: "{{ app_state }}"`, also with a default: such a variable decides whether the thing is there. */
function stateVariable(args: unknown): string | null {
  const written = isMapping(args) ? scalarText(field(args, "state")) : undefined;
  if (written === undefined || !written.includes("{{")) return null;
  return stateName.exec(written)?.[1] ?? null;
}

function neededNames(args: YamlMapping): string[] {
  return textList(field(args, "that")).flatMap((text) => {
    const name = /^\s*([A-Za-z_]\w*)\s+is\s+defined\b/.exec(text)?.[1];
    return name === undefined ? [] : [name];
  });
}

interface UseInput {
  short: string;
  args: unknown;
  lineOf: (value: unknown) => number | undefined;
}

function useOf(task: YamlMapping, input: UseInput): TaskUse {
  const { short, args, lineOf } = input;
  switch (short) {
    case "block":
      return {
        kind: "block",
        tasks: ["block", "rescue", "always"].flatMap((part) => readTasks(field(task, part), lineOf)),
      };
    case "include_tasks":
    case "include":
      return {
        kind: "dynamic",
        files: includedFiles(task, fileArgument(args)),
        role: null,
        apply: appliedTags(args),
        written: fileArgument(args) ?? null,
      };
    case "include_role":
      return {
        kind: "dynamic",
        files: none,
        role: roleArgument(args),
        apply: appliedTags(args),
        written: null,
      };
    case "import_tasks":
      return { kind: "import-tasks", file: staticText(fileArgument(args)) };
    case "import_role":
      return {
        kind: "import-role",
        role: roleArgument(args),
        tasksFrom: staticText(argumentsOf(args).get("tasks_from")) ?? "main",
      };
    default:
      return plain;
  }
}

function appliedTags(args: unknown): readonly string[] {
  const apply = isMapping(args) ? field(args, "apply") : undefined;
  return isMapping(apply) ? tagsOf(apply) : none;
}

function roleArgument(args: unknown): string | null {
  const values = argumentsOf(args);
  return staticText(values.get("name") ?? values.get("role"));
}

/* `tasks/{{ item }}.yml` over a list that is written there names its files as well as a text without a template. */
function includedFiles(task: YamlMapping, written: string | undefined): readonly string[] {
  const plainName = staticText(written);
  if (plainName !== null) return [plainName];
  const items = field(task, "loop") ?? field(task, "with_items");
  const parts = loopedName.exec(written ?? "");
  if (parts === null || !Array.isArray(items)) return none;
  return items.slice(0, maxLoop).flatMap((item: unknown) => {
    const name = staticText(scalarText(item));
    return name === null ? [] : [`${parts[1] ?? ""}${name}${parts[2] ?? ""}`];
  });
}

/** The module of a task without `ansible.builtin.`. */
export function moduleNameOf(task: YamlMapping): string {
  return shortModule(taskModule(task).module);
}

/** The item of the task's loop that makes the include name this file; undefined when no loop does. */
export function loopItemFor(task: YamlMapping, file: string): { key: string; item: unknown } | undefined {
  const key = ["loop", "with_items"].find((name) => field(task, name) !== undefined);
  const items = key === undefined ? undefined : field(task, key);
  const parts = loopedName.exec(fileArgument(taskModule(task).args) ?? "");
  if (key === undefined || parts === null || !Array.isArray(items)) return undefined;
  const found = items.findIndex((item) => `${parts[1] ?? ""}${scalarText(item)}${parts[2] ?? ""}` === file);
  return found === -1 ? undefined : { key, item: items[found] };
}

/** The variable of a `when` that asks whether it is true, and for nothing else: `x_enabled | default(false) | bool`. */
export function toggleOf(mapping: YamlMapping): string | null {
  const written = textList(field(mapping, "when"));
  const [only = ""] = written;
  return written.length === 1 ? (toggle.exec(only)?.[1] ?? null) : null;
}

function fileArgument(args: unknown): string | undefined {
  // A template holds blanks of its own.
  if (typeof args === "string" && !/^\w+=/.test(args))
    return args.includes("{{") ? args.trim() : args.trim().split(/\s+/)[0];
  return argumentsOf(args).get("file");
}

function argumentsOf(args: unknown): Map<string, string> {
  const found = new Map<string, string>();
  if (typeof args === "string") {
    for (const pair of args.matchAll(/(\w+)=("[^"]*"|'[^']*'|\S+)/g)) {
      found.set(pair[1] ?? "", (pair[2] ?? "").replaceAll(/^["']|["']$/g, ""));
    }
  } else if (isMapping(args)) {
    for (const [name, value] of Object.entries(args)) {
      const text = scalarText(value);
      if (text !== undefined) found.set(name, text);
    }
  }
  return found;
}

/** The text, or null when it is missing or known only after templating. */
export function staticText(text: string | undefined): string | null {
  return text === undefined || text === "" || isTemplated(text) ? null : text;
}
