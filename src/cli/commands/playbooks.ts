import type { Command } from "commander";
import type { PlaybookPage } from "../../contracts/api.ts";
import type { Unit, UnitSummary } from "../../contracts/catalogue.ts";
import { act, describe, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { registerAliases } from "./aliases.ts";
import { count, oneLine, table } from "../text.ts";

/** `playbooks`: what can be asked for. */
export function registerPlaybooks(program: Command, context: CliContext): void {
  const playbooks = program
    .command("playbooks")
    .description("what can be asked for: your playbooks and Chiffon's own operations");
  describe(playbooks.command("list [query]", { isDefault: true }), "all of them, or the ones that fit", [
    "chiffon playbooks list",
    "chiffon playbooks list nginx --json",
  ]).action(act(context, (session, _flags: CommonFlags, query?: string) => list(session, query)));
  describe(playbooks.command("search <query...>"), "the ones that fit, best first", [
    "chiffon playbooks search status page",
  ]).action(act(context, (session, _flags: CommonFlags, query: string[]) => list(session, query.join(" "))));
  describe(playbooks.command("show <id>"), "one of them, by id or name", [
    "chiffon playbooks show status-page",
  ]).action(act(context, show));
  registerAliases(playbooks, context);
}

async function list({ api, out }: Session, query: string | undefined): Promise<number> {
  const { units, findings } = await listAll(api, query);
  if (out.json) out.object(units);
  else if (units.length === 0) {
    out.note(
      query === undefined
        ? "There are no playbooks. Add a repository: chiffon repo add DIR"
        : "Nothing fits.",
    );
  } else {
    const columns = [
      { title: "name" },
      { title: "path", flexible: true },
      { title: "verbs", flexible: true },
      { title: "description", flexible: true },
    ];
    out.data(
      ...table(
        columns,
        units.map((unit) => [unit.name, unit.path, unit.verbs.join(" "), unit.description]),
        out.width,
      ),
    );
  }
  if (query === undefined && findings.length > 0) {
    out.note("", `${count(findings.length, "thing")} could not be read:`);
    for (const { path, line, message } of findings.slice(0, 10)) {
      out.note(`  ${oneLine(path)}${line === null ? "" : `:${line}`}: ${oneLine(message)}`);
    }
  }
  return exitCodes.ok;
}

async function listAll(
  api: Session["api"],
  q: string | undefined,
): Promise<{ units: UnitSummary[]; findings: PlaybookPage["findings"] }> {
  const first = await api.playbooks.list({ q, limit: 200 });
  const units = [...first.items];
  for (let cursor = first.next; cursor !== null;) {
    const page = await api.playbooks.list({ q, limit: 200, cursor });
    units.push(...page.items);
    cursor = page.next;
  }
  return { units, findings: first.findings };
}

async function show({ api, out }: Session, _flags: CommonFlags, id: string): Promise<number> {
  const unit = await api.playbooks.get(id);
  if (out.json) out.object(unit);
  else out.data(...describeUnit(unit));
  return exitCodes.ok;
}

/** Names, files and lines; a vaulted value is never known here. */
function needsVault({ encrypted = [] }: Unit): string {
  if (encrypted.length === 0) return "";
  const places = encrypted.map(({ name, path, line }) =>
    line === null ? path : `${name === null ? "" : `${name} in `}${path}:${line}`,
  );
  return `needs a vault password: ${places.join(", ")}`;
}

function describeVariable(variable: Unit["vars"][number]): string {
  const { name, source, type, choices, prompt, description } = variable;
  const value =
    variable.default !== undefined
      ? ` = ${JSON.stringify(variable.default)}`
      : variable.encrypted === true
        ? "  encrypted"
        : variable.required
          ? "  has to be given"
          : "";
  const about = [
    type === undefined || type === "str" ? "" : type,
    choices === undefined ? "" : `one of ${choices.join(", ")}`,
    prompt === undefined ? "" : `"${prompt}"`,
    variable.private === true ? "hidden" : "",
    description ?? "",
  ].filter((text) => text !== "");
  return oneLine(`  ${name}${value}  (${source})${about.length === 0 ? "" : `  ${about.join("; ")}`}`);
}

function describeUnit(unit: Unit): string[] {
  const line = (title: string, text: string): string[] =>
    text === "" ? [] : [`${title.padEnd(13)}${oneLine(text)}`];
  return [
    ...line("Name", unit.name),
    ...line("Id", unit.id),
    ...line("Path", `${unit.repository}: ${unit.path}`),
    ...line("Description", unit.description),
    ...line("Also called", unit.aliases.join(", ")),
    ...line("Verbs", unit.verbs.join(", ")),
    ...line("Tags", unit.tags.join(", ")),
    ...line(
      "Needs",
      Object.entries(unit.needs ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .join(", "),
    ),
    ...line("Switched by", unit.enableVar ?? ""),
    ...line("Cannot run", unit.problem ?? ""),
    ...(unit.written === undefined
      ? []
      : line("Runs", `${unit.written.file} of ${unit.written.from} by a playbook that Chiffon writes`)),
    ...line(
      "Secrets",
      unit.secrets
        .map((secret) => (secret.generate === null ? secret.name : `${secret.name} (made when not set)`))
        .join(", "),
    ),
    ...line("Vault", needsVault(unit)),
    ...(unit.vars.length === 0 ? [] : ["Variables", ...unit.vars.map(describeVariable)]),
    ...unit.plays.flatMap((play) => [
      `Play         ${oneLine(play.name)}  on ${oneLine(play.hosts)}${play.become ? ", as another user (become)" : ""}`,
      ...play.ansibleTasks.map(
        (task) =>
          `  ${oneLine(task.name)}  (${oneLine(task.module)}, ${oneLine(task.source)})${task.dynamic ? "  known at run time" : ""}`,
      ),
    ]),
  ];
}
