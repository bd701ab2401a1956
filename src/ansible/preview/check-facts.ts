import { readTasks, shortModule, taskModule } from "../catalogue/task-facts.ts";
import { parseAnsibleYaml } from "../yaml/load.ts";
import { field, isMapping, scalarText, textList, type YamlMapping } from "../yaml/values.ts";
import { namesInExpression, namesInValue } from "./names.ts";

/** What one task says that decides whether check mode can tell what it would do. */
export interface CheckFacts {
  /** `file:line`, relative to the snapshot. */
  readonly source: string;
  readonly name: string | null;
  /** Without `ansible.builtin.`. */
  readonly module: string;
  /** Why check mode cannot tell, whatever else happens; null when it can. */
  readonly opaque: string | null;
  /** It says that it runs for real in check mode, itself or what is around it. */
  readonly unchecked: boolean;
  /** The name under which its result is kept. */
  readonly register: string | null;
  /** Names that it sets: by set_fact; and the block whose rescue runs when it fails. */
  readonly sets: readonly string[];
  /** It looks at something that tasks before it may change. */
  readonly probes: boolean;
  /** Names that its conditions, arguments and loops read. */
  readonly reads: readonly string[];
  /** Of these names those that decide whether it runs at all: of its `when` and its loop. */
  readonly asks: readonly string[];
  /** Names of templates and files that it renders. */
  readonly renders: readonly string[];
  /** Whether it ends the play early (`meta: end_host`), for the host or for all. */
  readonly ends: "host" | "all" | null;
  /** The task file or role that it brings in, as written. */
  readonly brings: string | null;
  /** Names of handlers that it, or what is around it, notifies, as written. */
  readonly notifies: readonly string[];
  /** Whether it runs only when a task notifies it. */
  readonly handler: boolean;
  /** What a handler is notified by beside its name. */
  readonly listens: readonly string[];
}

/** What the tasks of one file say, and the variables that it defines by others. */
export interface FileChecks {
  readonly tasks: readonly CheckFacts[];
  /** Variables by the names that their values read. */
  readonly variables: ReadonlyMap<string, readonly string[]>;
}

const runsProgram = new Set(["command", "shell", "win_command", "win_shell", "script", "raw", "expect"]);
const probing = new Set(
  "stat find slurp getent service_facts package_facts setup gather_facts uri mount_facts docker_container_info".split(
    " ",
  ),
);
const changesHosts = new Set(["add_host", "group_by"]);
const rendering = new Set(["template", "win_template", "copy", "assemble", "blockinfile", "lineinfile"]);
const conditions = ["when", "until", "failed_when", "changed_when"] as const;
const handlerFile = /(?:^|\/)handlers\//;
const nothing: FileChecks = { tasks: [], variables: new Map() };

/** Reads one YAML file of a snapshot. Never throws; what is no YAML says nothing. */
export function readFileChecks(path: string, text: string): FileChecks {
  const parsed = parseAnsibleYaml(text, { path });
  if ("problem" in parsed) return nothing;
  const document = parsed.documents[0];
  const tasks: CheckFacts[] = [];
  const variables = new Map<string, string[]>();
  const walk: Walk = { path, lineOf: parsed.lineOf, tasks, variables };
  const around = {
    reads: [],
    asks: [],
    sets: [],
    unchecked: false,
    notifies: [],
    handler: handlerFile.test(path),
  };
  if (Array.isArray(document)) for (const item of document) readItem(walk, item, around);
  else if (isMapping(document)) keepVariables(walk, document);
  return { tasks, variables };
}

interface Walk {
  readonly path: string;
  readonly lineOf: (value: unknown) => number | undefined;
  readonly tasks: CheckFacts[];
  readonly variables: Map<string, string[]>;
}

type Around = Pick<CheckFacts, "reads" | "asks" | "sets" | "unchecked" | "notifies" | "handler">;

/* A play, a block or a task; the order of a play's parts does not matter here. */
function readItem(walk: Walk, item: unknown, around: Around): void {
  if (!isMapping(item)) return;
  const inner = inherit(item, around);
  const vars = field(item, "vars");
  if (isMapping(vars)) keepVariables(walk, vars);
  const rescued =
    field(item, "rescue") === undefined ? [] : [`block of ${walk.path}:${walk.lineOf(item) ?? 1}`];
  const parts = ["pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always"].filter((part) =>
    Array.isArray(field(item, part)),
  );
  for (const part of parts) {
    const list = field(item, part);
    const own = within(part, inner, rescued);
    if (Array.isArray(list)) for (const each of list) readItem(walk, each, own);
  }
  const isPlay = Object.hasOwn(item, "hosts") || Object.hasOwn(item, "import_playbook");
  if (isPlay) readRoles(walk, item, inner);
  else if (!Object.hasOwn(item, "block")) walk.tasks.push(factsOf(walk, item, inner));
}

/* A rescue depends on how each task of its block ends, as on a result that they share. */
function within(part: string, inner: Around, rescued: readonly string[]): Around {
  if (part === "handlers") return { ...inner, handler: true };
  if (part === "block") return { ...inner, sets: [...inner.sets, ...rescued] };
  if (part !== "rescue") return inner;
  return { ...inner, reads: [...inner.reads, ...rescued], asks: [...inner.asks, ...rescued] };
}

/* A role of a play brings its condition to all of its tasks. */
function readRoles(walk: Walk, play: YamlMapping, around: Around): void {
  const roles = field(play, "roles");
  if (!Array.isArray(roles)) return;
  for (const role of roles) {
    if (!isMapping(role)) continue;
    const name = scalarText(field(role, "role") ?? field(role, "name"));
    if (name === undefined) continue;
    const inner = inherit(role, around);
    walk.tasks.push({
      ...plainFacts(walk, role),
      module: "import_role",
      ...inner,
      brings: name,
    });
  }
}

function inherit(item: YamlMapping, around: Around): Around {
  const [asked = [], ...read] = conditions.map((name) =>
    textList(field(item, name)).flatMap(namesInExpression),
  );
  const checkMode = field(item, "check_mode");
  return {
    reads: [...around.reads, ...asked, ...read.flat()],
    asks: [...around.asks, ...asked],
    sets: around.sets,
    unchecked: checkMode === undefined || checkMode === null ? around.unchecked : !isYes(checkMode),
    notifies: [...around.notifies, ...textList(field(item, "notify"))],
    handler: around.handler,
  };
}

/* Written as a template it may be either: better said once too often. */
function isYes(value: unknown): boolean {
  return value === true || /^(?:yes|true|on|1)$/i.test(scalarText(value) ?? "");
}

function plainFacts(walk: Walk, item: YamlMapping): CheckFacts {
  return {
    source: `${walk.path}:${walk.lineOf(item) ?? 1}`,
    name: scalarText(field(item, "name")) ?? null,
    module: "",
    opaque: null,
    unchecked: false,
    register: null,
    sets: [],
    probes: false,
    reads: [],
    asks: [],
    renders: [],
    ends: null,
    brings: null,
    notifies: [],
    handler: false,
    listens: [],
  };
}

function factsOf(walk: Walk, task: YamlMapping, inner: Around): CheckFacts {
  const { module: written, args } = taskModule(task);
  const module = shortModule(written);
  const [known] = readTasks([task], walk.lineOf);
  const loops = Object.keys(task).filter(
    (key) => key === "loop" || key.startsWith("with_") || key === "loop_control",
  );
  const others = ["args", "vars", "environment", "delegate_to", "register", "notify"];
  const looped = loops.flatMap((name) => namesInValue(field(task, name)));
  const read = [args, ...others.map((name) => field(task, name))].flatMap((value) => namesInValue(value));
  // `that:` of assert and the argument of debug `var:` are expressions without braces.
  const bare = isMapping(args) ? [field(args, "that"), field(args, "var")].flatMap(textList) : [];
  return {
    ...plainFacts(walk, task),
    module,
    opaque: opaqueOf(task, { module, args }),
    unchecked: inner.unchecked,
    register: scalarText(field(task, "register")) ?? null,
    sets: [...inner.sets, ...(module === "set_fact" && isMapping(args) ? Object.keys(args) : [])],
    probes: probing.has(module),
    asks: [...inner.asks, ...looped],
    reads: [...new Set([...inner.reads, ...read, ...looped, ...bare.flatMap(namesInExpression)])],
    renders: rendering.has(module) && isMapping(args) ? namesOfFiles(args) : [],
    ends: module === "meta" ? endOf(args) : null,
    brings: broughtBy(known?.use),
    notifies: inner.notifies,
    handler: inner.handler,
    listens: textList(field(task, "listen")),
  };
}

function broughtBy(use: ReturnType<typeof readTasks>[number]["use"] | undefined): string | null {
  if (use === undefined) return null;
  if (use.kind === "import-tasks") return use.file;
  if (use.kind === "import-role") return use.role;
  return use.kind === "dynamic" ? (use.role ?? use.written) : null;
}

/* A role that ends early goes on for nobody else; the end of a batch is that of all hosts in it. */
function endOf(args: unknown): "host" | "all" | null {
  const written = isMapping(args) ? field(args, "free_form") : args;
  const action = (scalarText(written) ?? "").trim();
  if (action === "end_host" || action === "end_role") return "host";
  return action === "end_play" || action === "end_batch" ? "all" : null;
}

function opaqueOf(task: YamlMapping, { module, args }: { module: string; args: unknown }): string | null {
  if (field(task, "async") !== undefined)
    return "it runs in the background (async), which check mode cannot do";
  if (runsProgram.has(module)) {
    if (module !== "raw" && module !== "expect" && hasGuard(task, args)) return null;
    return "a program is not run in a preview, so nobody knows what it would do";
  }
  if (module === "uri") return "the request is not made in a preview";
  if (changesHosts.has(module)) return "it changes which hosts later tasks run on";
  return null;
}

/* With creates or removes, check mode looks whether the program would run. */
function hasGuard(task: YamlMapping, args: unknown): boolean {
  return [args, field(task, "args")].some((part) =>
    isMapping(part)
      ? Object.hasOwn(part, "creates") || Object.hasOwn(part, "removes")
      : typeof part === "string" && /(^|\s)(creates|removes)=/.test(part),
  );
}

function namesOfFiles(args: YamlMapping): string[] {
  const written = scalarText(field(args, "src"));
  return written === undefined || written.includes("{{") ? [] : [written];
}

function keepVariables(walk: Walk, mapping: YamlMapping): void {
  for (const [name, value] of Object.entries(mapping)) {
    const read = namesInValue(value);
    if (read.length > 0) walk.variables.set(name, [...(walk.variables.get(name) ?? []), ...read]);
  }
}
