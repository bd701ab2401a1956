import type { UnitVariable } from "../../contracts/catalogue.ts";
import { field, holdsVaulted, isMapping, jsonOf, scalarText, textList } from "../yaml/values.ts";
import type { YamlMapping } from "../yaml/values.ts";
import type { PlayFacts, RoleUse } from "./facts.ts";
import { none, orNone } from "./none.ts";
import { becomeOf, isHere, readTasks, staticText, tagsOf, toggleOf } from "./task-facts.ts";

type LineOf = (value: unknown) => number | undefined;

/** A playbook as it lies there. */
interface Source {
  path: string;
  text: string;
  lineOf: LineOf;
}

const importKeys = ["import_playbook", "ansible.builtin.import_playbook", "ansible.legacy.import_playbook"];
const maxPrompt = 300;
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
  source: Source,
): { plays: PlayFacts[]; problems: { line: number; message: string }[] } {
  const plays: PlayFacts[] = [];
  const problems: { line: number; message: string }[] = [];
  for (const item of document) {
    const line = source.lineOf(item) ?? 1;
    const imported = importOf(item);
    if (imported !== undefined) {
      const name = scalarText(field(item, "name")) ?? null;
      plays.push({ kind: "import", line, name, file: importedFile(imported), tags: tagsOf(item) });
    } else if (Object.hasOwn(item, "hosts")) {
      plays.push(readPlay(item, { ...source, line }));
    } else {
      problems.push({
        line,
        message: "This play has no `hosts`, so Ansible refuses the file. Say where it runs.",
      });
    }
  }
  return { plays, problems: orNone(problems) };
}

function importedFile(value: unknown): string {
  if (isMapping(value)) return scalarText(field(value, "file")) ?? "";
  return (scalarText(value) ?? "").trim();
}

function readPlay(item: YamlMapping, source: Source & { line: number }): PlayFacts {
  const { path, text, lineOf, line } = source;
  const vars = field(item, "vars");
  return {
    kind: "play",
    line,
    name: scalarText(field(item, "name")) ?? null,
    hosts: hostPattern(textList(field(item, "hosts"))),
    become: becomeOf(item) ?? false,
    tags: tagsOf(item),
    vars: isMapping(vars) ? readVariables(vars, { path, text, from: line }) : none,
    varsFiles: orNone(textList(field(item, "vars_files")).filter((file) => staticText(file) !== null)),
    prompts: readPrompts(field(item, "vars_prompt"), source),
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

function readPrompts(value: unknown, { path, lineOf }: Source): UnitVariable[] {
  if (!Array.isArray(value)) return none;
  return value.flatMap((item: unknown) => {
    if (!isMapping(item)) return [];
    const name = scalarText(field(item, "name"));
    if (name === undefined) return [];
    const given = field(item, "default");
    const text = promptText(item);
    const source = `${path}:${lineOf(item) ?? 1}`;
    const required = given === undefined || given === null;
    return [
      {
        ...(required ? { name, required, source } : variableOf(name, given, source)),
        ...(text === null ? {} : { prompt: text }),
        ...(isPrivate(item, name) ? { private: true as const } : {}),
      },
    ];
  });
}

/* Ansible puts what a person types through this; what Chiffon passes it takes as it is. */
function promptText(item: YamlMapping): string | null {
  const text = scalarText(field(item, "prompt"))?.trim().slice(0, maxPrompt) ?? null;
  const scheme = scalarText(field(item, "encrypt"));
  return scheme === undefined ? text : `${text ?? ""} (give it as a ${scheme} hash)`.trim();
}

/*
 * Ansible hides everything that does not say `private: no`, a version number too. Here only what is meant to be hidden counts: it
 * says so, is asked for twice or hashed, or has the name of a secret.
 */
function isPrivate(item: YamlMapping, name: string): boolean {
  const said = scalarText(field(item, "private"));
  if (said !== undefined) return !/^(no|false|off|n|0)$/i.test(said);
  if (field(item, "confirm") === true || field(item, "encrypt") !== undefined) return true;
  return /pass(word|wd|phrase)|secret|token|api_?key|private_?key|(^|_)pin($|_)/i.test(name);
}

/** Roles of a play or of a role's `dependencies`, in order. */
export function readRoleUses(value: unknown, source: { lineOf: LineOf; line: number }): RoleUse[] {
  if (!Array.isArray(value)) return none;
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
export function readVariables(
  mapping: YamlMapping,
  source: { path: string; text: string; from: number },
): UnitVariable[] {
  const names = Object.keys(mapping);
  const lines = keyLines(new Set(names), source);
  return names.map((name) =>
    variableOf(name, mapping[name], `${source.path}:${lines.get(name) ?? source.from}`),
  );
}

/* Without a value when it is vaulted or too large to show. */
function variableOf(name: string, written: unknown, source: string): UnitVariable {
  const value = jsonOf(written);
  const base = { name, required: false, source };
  if (value !== undefined) return { ...base, default: value };
  return holdsVaulted(written) ? { ...base, encrypted: true } : base;
}

/* Stops at the last of the names: the tasks below the variables of a play need not be searched. */
function keyLines(
  names: ReadonlySet<string>,
  { text, from }: { text: string; from: number },
): Map<string, number> {
  const found = new Map<string, number>();
  const keys = /^[ \t-]*["']?([A-Za-z_]\w*)["']?[ \t]*:/gm;
  let line = 1;
  let counted = 0;
  for (let key = keys.exec(text); key !== null && found.size < names.size; key = keys.exec(text)) {
    for (
      let at = text.indexOf("\n", counted);
      at !== -1 && at < key.index;
      at = text.indexOf("\n", counted)
    ) {
      line += 1;
      counted = at + 1;
    }
    const name = key[1] ?? "";
    if (line >= from && names.has(name) && !found.has(name)) found.set(name, line);
  }
  return found;
}
