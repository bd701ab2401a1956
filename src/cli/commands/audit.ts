import { Option, type Command } from "commander";
import type { AuditRecord, AuditVerifyResult } from "../../contracts/audit.ts";
import { act, describe, UsageError, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { count, localTime, oneLine, shortId, table } from "../text.ts";
import { registerProof } from "./audit-proof.ts";
import { limitOption } from "./shared.ts";

interface QueryFlags extends CommonFlags {
  readonly status?: string;
  readonly service?: string;
  readonly actor?: string;
  readonly kind?: string;
  readonly run?: string;
  readonly since?: string;
  readonly until?: string;
  readonly query?: string;
  readonly limit: number;
}

/** `audit`: what was done, by whom, and the proof that the record of it is whole. */
export function registerAudit(program: Command, context: CliContext): void {
  const audit = program
    .command("audit")
    .description("what was done and by whom, and whether the record of it is whole");
  describe(audit.command("query"), "records, newest first; all conditions hold together", [
    "chiffon audit query --status failed,unknown --since 7d",
    "chiffon audit query --service status-page --json",
  ])
    .option("--status <status>", "one, or several with commas: failed,unknown")
    .option("--service <name>", "about this service")
    .option("--actor <name>", "by this user, token or agent")
    .option("--kind <kind>", "of this kind, for example plan.approved")
    .option("--run <run>", "about this run")
    .option("--since <when>", "not before; an instant, a date, or a time ago: 7d, 12h, 30m")
    .option("--until <when>", "before")
    .addOption(new Option("-q, --query <text>", "text that occurs in the record"))
    .addOption(limitOption())
    .action(act(context, query));
  describe(
    audit.command("show <task>"),
    "all records about a task, oldest first; run show prints the ids of tasks",
    ["chiffon audit show 3f1b0f6e-6f2c-4b53-9f0c-0d6f5d2f6b1a"],
  ).action(
    act(context, async ({ api, out }, _flags: CommonFlags, task: string) => {
      const records = await api.audit.task(task);
      if (out.json) out.object(records);
      else out.data(...describeRecords(records, out.width));
      return exitCodes.ok;
    }),
  );
  registerProof(audit, context);
  describe(
    audit.command("verify"),
    "recompute the whole log against its signed checkpoints and the git projection; exit code 1 when anything differs",
    ["chiffon audit verify", "chiffon audit verify --json"],
  ).action(
    act(context, async ({ api, out }, _flags: CommonFlags) => {
      const result = await api.audit.verify();
      if (out.json) out.object(result);
      else out.data(...describeResult(result));
      return result.ok ? exitCodes.ok : exitCodes.failed;
    }),
  );
}

async function query({ api, out }: Session, flags: QueryFlags): Promise<number> {
  const now = new Date();
  const run = flags.run === undefined ? undefined : (await api.runs.get(flags.run)).id;
  const { items, next } = await api.audit.query({
    status: flags.status,
    service: flags.service,
    actor: flags.actor,
    kind: flags.kind,
    run,
    since: flags.since === undefined ? undefined : parseInstant(flags.since, now),
    until: flags.until === undefined ? undefined : parseInstant(flags.until, now),
    q: flags.query,
    limit: flags.limit,
  });
  if (out.json) out.object(items);
  else if (items.length === 0) out.note("No record fits.");
  else {
    out.data(...describeRecords(items, out.width));
    if (next !== null) out.note("There are more: --limit, or --until with the time of the last one.");
  }
  return exitCodes.ok;
}

const units = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** An instant, a date (its midnight here), or a time ago: `7d`, `12h`, `30m`, `2w`. */
export function parseInstant(text: string, now: Date): string {
  const ago = /^(\d{1,5})([mhdw])$/.exec(text);
  if (ago !== null) {
    const unit = units[(ago[2] ?? "m") as keyof typeof units];
    return new Date(now.getTime() - Number(ago[1]) * unit).toISOString();
  }
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00`) : new Date(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(date.getTime())) return date.toISOString();
  throw new UsageError(`"${text}" is no time: write 2026-11-22, 2026-11-22T15:33:00Z, 7d, 12h or 30m`);
}

function describeRecords(records: readonly AuditRecord[], width: number | undefined): string[] {
  const columns = [
    { title: "number", right: true },
    { title: "at" },
    { title: "what" },
    { title: "status" },
    { title: "by", flexible: true },
    { title: "services", flexible: true },
    { title: "about" },
  ];
  const rows = records.map((record) => [
    record.index === null ? "-" : String(record.index),
    localTime(record.at),
    record.kind,
    record.status ?? "",
    record.actor.name,
    record.services?.join(", ") ?? "",
    aboutOf(record),
  ]);
  return table(columns, rows, width);
}

function aboutOf(record: AuditRecord): string {
  if (record.run_id !== null) return `run ${shortId(record.run_id)}`;
  if (record.plan_id !== null) return `plan ${shortId(record.plan_id)}`;
  return record.request_id === null ? "" : `request ${shortId(record.request_id)}`;
}

/** The answer of a verification, exactly. */
export function describeResult(result: AuditVerifyResult): string[] {
  if (result.ok) {
    const { size, root, checkpoints, pending, gitCommit, gitSize, outputs = 0 } = result;
    return [
      `ok: ${count(size, "record")}, ${count(checkpoints, "checkpoint")}`,
      `root ${root}`,
      gitCommit === undefined
        ? "no git projection yet"
        : `git commit ${gitCommit} holds ${count(gitSize ?? size, "record")}`,
      ...(outputs > 0 ? [`${count(outputs, "stored output")} as signed by the agents`] : []),
      ...(pending > 0
        ? [`${count(pending, "record")} not numbered yet; the next checkpoint covers them`]
        : []),
    ];
  }
  const { finding } = result;
  const range =
    finding.index === undefined
      ? ""
      : ` at record ${finding.index}${finding.last_index === undefined || finding.last_index === finding.index ? "" : ` to ${finding.last_index}`}`;
  return [
    `NOT ok: ${finding.kind}${range}`,
    oneLine(finding.message),
    ...(finding.record_id === undefined ? [] : [`record ${oneLine(finding.record_id)}`]),
    ...(finding.checkpoint === undefined ? [] : [`checkpoint of size ${finding.checkpoint}`]),
  ];
}
