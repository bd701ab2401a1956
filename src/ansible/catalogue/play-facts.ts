import { field, isMapping, jsonOf, scalarText, textList } from "../yaml/values.ts";
import type { YamlMapping } from "../yaml/values.ts";
import type { PlayFacts, PromptFacts, RoleUse, VariableFacts } from "./facts.ts";
import { becomeOf, isHere, readTasks, staticText, tagsOf, toggleOf } from "./task-facts.ts";

type LineOf = (value: unknown) => number | undefined;

const importKeys = ["import_playbook", "ansible.builtin.import_playbook", "ansible.legacy.import_playbook"];
/* A list of things with `hosts` may be any program's data; one of these beside it makes it a play. */
const playKeys = (
  "tasks roles pre_tasks post_tasks handlers gather_facts become vars name vars_files vars_prompt connection serial strategy " +
  "environment remote_user any_errors_fatal tags collections"
).split(" ");

function importOf(item: YamlMapping): unknown {
  const key = importKeys.find((name) => Object.hasOwn(item, name));
  return key === undefined ? undefined : item[key];
}

function isPlay(item: YamlMapping): boolean {
  return Object.hasOwn(item, "hosts") && playKeys.some((key) => Object.hasOwn(item, key));
}

/**
 * True for a document that Ansible would run: a list of mappings that each have `import_playbook`, or `hosts` and something
 * else that plays have. One item without `hosts` among plays is a mistake that {@link readPlays} reports.
 */
export function isPlaybook(document: unknown): document is YamlMapping[] {
  if (!Array.isArray(document) || document.length === 0) return false;
  const items: unknown[] = document;
  if (!items.every(isMapping)) return false;
  const runnable = items.filter((item) => importOf(item) !== undefined || isPlay(item)).length;
  const strays = items.filter((item) => importOf(item) === undefined && !isPlay(item));
  return runnable > 0 && strays.every((item) => playKeys.some((key) => Object.hasOwn(item, key)));
}

/** The plays of a playbook's document, and what is wrong with them. */
export function readPlays(
  document: YamlMapping[],
  source: { text: string; lineOf: LineOf },
): { plays: PlayFacts[]; problems: { line: number; message: string }[] } {
  const plays: PlayFacts[] = [];
  const problems: { line: number; message: string }[] = [];
  for (const item of document) {
    const line = source.lineOf(item) ?? 1;
    const imported = importOf(item);
    if (imported !== undefined) {
      plays.push({ kind: "import", line, file: importedFile(imported), tags: tagsOf(item) });
    } else if (Object.hasOwn(item, "hosts")) {
      plays.push(readPlay(item, { ...source, line }));
    } else {
      problems.push({
        line,
        message: "This play has no `hosts`, so Ansible refuses the file. Say where it runs.",
      });
    }
  }
  return { plays, problems };
}

function importedFile(value: unknown): string {
  if (isMapping(value)) return scalarText(field(value, "file")) ?? "";
  return (scalarText(value) ?? "").trim();
}

function readPlay(item: YamlMapping, source: { text: string; lineOf: LineOf; line: number }): PlayFacts {
  const { lineOf, line } = source;
  const vars = field(item, "vars");
  return {
    kind: "play",
    line,
    name: scalarText(field(item, "name")) ?? null,
    hosts: hostPattern(textList(field(item, "hosts"))),
    become: becomeOf(item) ?? false,
    tags: tagsOf(item),
    vars: isMapping(vars) ? readVariables(vars, { text: source.text, from: line }) : [],
    varsFiles: textList(field(item, "vars_files")).filter((file) => staticText(file) !== null),
    prompts: readPrompts(field(item, "vars_prompt"), lineOf),
    preTasks: readTasks(field(item, "pre_tasks"), lineOf),
    roles: readRoleUses(field(item, "roles"), { lineOf, line }),
    tasks: readTasks(field(item, "tasks"), lineOf),
    postTasks: readTasks(field(item, "post_tasks"), lineOf),
    handlers: readTasks(field(item, "handlers"), lineOf),
    here: isHere(item),
  };
}

/* With a comma in it Ansible no longer splits at colons, so a list whose items hold colons is joined by them. */
function hostPattern(items: string[]): string {
  if (items.length < 2 || !items.some((item) => item.includes(":"))) return items.join(",");
  return items.flatMap((item) => item.split(",")).join(":");
}

function readPrompts(value: unknown, lineOf: LineOf): PromptFacts[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    if (!isMapping(item)) return [];
    const name = scalarText(field(item, "name"));
    if (name === undefined) return [];
    const given = field(item, "default");
    return [
      {
        name,
        line: lineOf(item) ?? 1,
        value: jsonOf(given),
        required: given === undefined || given === null,
      },
    ];
  });
}

/** Roles of a play or of a role's `dependencies`, in order. */
export function readRoleUses(value: unknown, source: { lineOf: LineOf; line: number }): RoleUse[] {
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown): RoleUse => {
    const { line } = source;
    if (!isMapping(item))
      return {
        name: staticText(scalarText(item)?.split(",")[0]),
        line,
        tags: [],
        become: null,
        toggle: null,
      };
    const name = scalarText(field(item, "role") ?? field(item, "name") ?? field(item, "src"));
    return {
      name: staticText(name),
      line: source.lineOf(item) ?? line,
      tags: tagsOf(item),
      become: becomeOf(item),
      toggle: toggleOf(item),
    };
  });
}

/** Variables of a mapping; lines are those of the first `name:` at or after line `from`. */
export function readVariables(mapping: YamlMapping, source: { text: string; from: number }): VariableFacts[] {
  const lines = keyLines(source.text, source.from);
  return Object.entries(mapping).map(([name, value]) => ({
    name,
    line: lines.get(name) ?? source.from,
    value: jsonOf(value),
  }));
}

function keyLines(text: string, from: number): Map<string, number> {
  const found = new Map<string, number>();
  const keys = /^[ \t-]*["']?([A-Za-z_]\w*)["']?[ \t]*:/gm;
  let line = 1;
  let counted = 0;
  for (let key = keys.exec(text); key !== null; key = keys.exec(text)) {
    for (
      let at = text.indexOf("\n", counted);
      at !== -1 && at < key.index;
      at = text.indexOf("\n", counted)
    ) {
      line += 1;
      counted = at + 1;
    }
    const name = key[1] ?? "";
    if (line >= from && !found.has(name)) found.set(name, line);
  }
  return found;
}
