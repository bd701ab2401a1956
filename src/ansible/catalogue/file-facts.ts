import { parseAnsibleYaml } from "../yaml/load.ts";
import { field, isMapping, scalarText } from "../yaml/values.ts";
import type { YamlMapping } from "../yaml/values.ts";
import type { FileFacts, VariableFacts } from "./facts.ts";
import { readHeader } from "./header.ts";
import { isPlaybook, readPlays, readRoleUses, readVariables } from "./play-facts.ts";
import { readTasks } from "./task-facts.ts";

/* Mappings elsewhere (Compose files, Kubernetes, …) are data of other programs: parsed, not kept. */
const variablesPath =
  /(^|\/)(vars|defaults|group_vars|host_vars|meta)(\/|\.ya?ml$)|(^|\/)[^/]*(config|vars)[^/]*\.ya?ml$/;

/** What the file says by itself. Never throws. */
export function readFileFacts(path: string, text: string): FileFacts {
  const parsed = parseAnsibleYaml(text, { path });
  if ("problem" in parsed) return { kind: "broken", ...parsed.problem };
  const document = parsed.documents[0];
  if (isPlaybook(document)) {
    return {
      kind: "playbook",
      ...readPlays(document, { text, lineOf: parsed.lineOf }),
      header: readHeader(text),
    };
  }
  if (Array.isArray(document)) {
    /* Nothing lists handlers, and nothing but a role finds them. */
    const kind = /(^|\/)handlers\//.test(path) ? "handlers" : "tasks";
    return { kind, tasks: readTasks(document, parsed.lineOf) };
  }
  if (isMapping(document) && variablesPath.test(path)) {
    return readVariablesFile(document, { path, text, lineOf: parsed.lineOf });
  }
  return { kind: "other" };
}

type LineOf = (value: unknown) => number | undefined;

function readVariablesFile(
  document: YamlMapping,
  source: { path: string; text: string; lineOf: LineOf },
): FileFacts {
  const { path, text, lineOf } = source;
  if (!/(^|\/)meta\//.test(path))
    return { kind: "variables", variables: readVariables(document, { text, from: 1 }) };
  const specs = field(document, "argument_specs");
  const entries = isMapping(specs) ? Object.entries(specs) : [];
  return {
    kind: "role-meta",
    description: descriptionOf(field(document, "galaxy_info")),
    dependencies: readRoleUses(field(document, "dependencies"), { lineOf, line: 1 }),
    required: requiredArguments(entries, lineOf),
    entryPoints: entries.map(([name, entry]) => ({
      name,
      summary: isMapping(entry) ? (scalarText(field(entry, "short_description")) ?? null) : null,
      line: lineOf(entry) ?? 1,
    })),
  };
}

function descriptionOf(info: unknown): string | null {
  const text = isMapping(info) ? scalarText(field(info, "description"))?.trim() : undefined;
  // What ansible-galaxy writes into a new role.
  return text === undefined || text === "" || /^your (role )?description/i.test(text) ? null : text;
}

/* Options of the entry point `main` that must be given. */
function requiredArguments(entries: [string, unknown][], lineOf: LineOf): VariableFacts[] {
  const main = entries.find(([name]) => name === "main")?.[1];
  const options = isMapping(main) ? field(main, "options") : undefined;
  if (!isMapping(options)) return [];
  return Object.entries(options).flatMap(([name, option]) => {
    const required = isMapping(option) && field(option, "required") === true;
    return required ? [{ name, line: lineOf(option) ?? 1, value: undefined }] : [];
  });
}
