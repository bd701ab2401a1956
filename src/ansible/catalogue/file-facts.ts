import { pluginOf } from "../inventory/yaml-inventory.ts";
import { parseAnsibleYaml } from "../yaml/load.ts";
import { isVaultText } from "../yaml/vaulted.ts";
import { field, isMapping, scalarText } from "../yaml/values.ts";
import type { YamlMapping } from "../yaml/values.ts";
import { aboutTasks, readLabel } from "./about.ts";
import { readArguments } from "./argument-specs.ts";
import type { FileFacts } from "./facts.ts";
import { readHeader } from "./header.ts";
import { isPlaybook, readPlays, readRoleUses, readVariables } from "./play-facts.ts";
import { readRequirements } from "./requirement-facts.ts";
import { readTasks } from "./task-facts.ts";

/* Mappings elsewhere (Compose files, Kubernetes, …) are data of other programs: parsed, not kept. */
const variablesPath =
  /(^|\/)(vars|defaults|group_vars|host_vars|meta)(\/|\.ya?ml$)|(^|\/)[^/]*(config|vars)[^/]*\.ya?ml$/;

/** What the file says by itself. Never throws. */
export function readFileFacts(path: string, text: string): FileFacts {
  if (isVaultText(text)) return { kind: "vaulted" };
  const parsed = parseAnsibleYaml(text, { path });
  if ("problem" in parsed) return { kind: "broken", ...parsed.problem };
  const document = parsed.documents[0];
  if (isPlaybook(document)) {
    return {
      kind: "playbook",
      ...readPlays(document, { path, text, lineOf: parsed.lineOf }),
      header: readHeader(text),
      text: /\b(?:include|import)_tasks\b/.test(text) ? text : null,
    };
  }
  const entries = readRequirements(document, { path, lineOf: parsed.lineOf });
  if (entries !== undefined) return { kind: "requirements", entries };
  if (Array.isArray(document)) {
    const tasks = readTasks(document, parsed.lineOf);
    /* Nothing lists handlers, and nothing but a role finds them. */
    return /(^|\/)handlers\//.test(path)
      ? { kind: "handlers", tasks }
      : { kind: "tasks", tasks, about: aboutTasks(text) };
  }
  /* By its whole name only: other programs have plug-ins, too. */
  if (/^\w+\.\w+\.\w+$/.test(pluginOf(document) ?? "")) return { kind: "inventory-plugin" };
  if (isMapping(document) && variablesPath.test(path)) {
    return readVariablesFile(document, { path, text, lineOf: parsed.lineOf });
  }
  return { kind: "other", about: readLabel(text) };
}

type LineOf = (value: unknown) => number | undefined;

function readVariablesFile(
  document: YamlMapping,
  source: { path: string; text: string; lineOf: LineOf },
): FileFacts {
  const { path, text, lineOf } = source;
  if (!/(^|\/)meta\//.test(path))
    return { kind: "variables", variables: readVariables(document, { path, text, from: 1 }) };
  const specs = field(document, "argument_specs");
  const entries = isMapping(specs) ? Object.entries(specs) : [];
  return {
    kind: "role-meta",
    description: descriptionOf(field(document, "galaxy_info")),
    dependencies: readRoleUses(field(document, "dependencies"), { lineOf, line: 1 }),
    arguments: readArguments(entries.find(([name]) => name === "main")?.[1], { path, lineOf }),
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
