import { open, rm, rename } from "node:fs/promises";
import path from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { AuditRecordBody } from "../../contracts/audit.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { checkProof, createExportCheck, type CheckedExport } from "../check-export.ts";
import { act, describe, UsageError, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { count, localTime, oneLine } from "../text.ts";

/** What can be taken elsewhere: the whole log, and the proof that one record is in it. */
export function registerProof(audit: Command, context: CliContext): void {
  describe(
    audit.command("export [file]"),
    "the whole log with its checkpoints, checked while it is written; without a file on stdout",
    ["chiffon audit export record.ndjson", "chiffon audit export | gzip > record.ndjson.gz"],
  ).action(act(context, exportLog));
  describe(
    audit.command("proof").argument("<index>", "number of the record, from 0", parseCount),
    "that a record is in the log of a checkpoint, for somebody who has the checkpoint (--json: the proof itself)",
    ["chiffon audit proof 17", "chiffon audit proof 17 --checkpoint 90 --json"],
  )
    .option("--checkpoint <size>", "the checkpoint of so many records; the newest when missing", parseCount)
    .action(act(context, prove));
}

async function prove(
  { api, out }: Session,
  flags: CommonFlags & { checkpoint?: number },
  index: number,
): Promise<number> {
  const proof = await api.audit.proof(index, flags.checkpoint);
  const good = checkProof(proof);
  if (out.json) out.object(proof);
  else {
    const { checkpoint } = proof;
    out.data(
      ...describeBody(proof.body),
      `leaf ${proof.leaf}`,
      `${good ? "leads" : "does NOT lead"} by ${proof.proof.length === 1 ? "1 hash" : `${proof.proof.length} hashes`} to the root of ${count(checkpoint.size, "record")}`,
      `root ${checkpoint.root}`,
      `sealed ${localTime(checkpoint.at)}`,
    );
    out.note("", "The root counts where you have it from somewhere else, for example from git or an export.");
  }
  return good ? exitCodes.ok : exitCodes.failed;
}

function describeBody(body: string): string[] {
  const { data } = AuditRecordBody.safeParse(JSON.parse(body));
  if (data === undefined) return [oneLine(body).slice(0, 300)];
  return [`${data.kind} at ${localTime(data.at)} by ${oneLine(data.actor.name)}`];
}

async function exportLog(session: Session, _flags: CommonFlags, file?: string): Promise<number> {
  const { out } = session;
  if (file === undefined) {
    const checked = await receive(session, (text) => out.text(text));
    out.note(...describeExport(checked));
    return exitCodes.ok;
  }
  const target = path.resolve(file);
  const checked = await writeWhole(target, (write) => receive(session, write));
  if (out.json) out.object({ file: target, ...checked });
  else out.data(`${target}`, ...describeExport(checked));
  return exitCodes.ok;
}

function describeExport({ records, checkpoints, root, key }: CheckedExport): string[] {
  return [
    `ok: ${count(records, "record")}, ${count(checkpoints, "checkpoint")}, each checked`,
    `root ${root}`,
    `key ${key}`,
  ];
}

/** Gives the export on as it comes, and throws when it is not whole or does not prove itself. */
async function receive(session: Session, write: (text: string) => Promise<void>): Promise<CheckedExport> {
  const check = createExportCheck();
  let rest = "";
  let problem: string | undefined;
  await session.api.audit.export(async (text) => {
    await write(text);
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) problem ??= check.push(line);
  });
  const end = check.end();
  const wrong = problem ?? ("problem" in end ? end.problem : undefined);
  if (wrong === undefined && !("problem" in end)) return end;
  throw new ChiffonError("hash-mismatch", `the export is not whole: ${wrong}`, {
    hint: `look at the log itself: ${session.me} audit verify`,
  });
}

/** A file that is there afterwards is whole; one that was there before stays. */
async function writeWhole<T>(
  target: string,
  work: (write: (text: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const part = `${target}.part`;
  const file = await open(target, "wx", 0o600).catch((error: unknown) => {
    throw cannotWrite(target, error);
  });
  await file.close();
  try {
    const half = await open(part, "w", 0o600);
    try {
      const done = await work(async (text) => void (await half.write(text)));
      await half.sync();
      await rename(part, target);
      return done;
    } finally {
      await half.close();
    }
  } catch (error) {
    await Promise.all([target, part].map((each) => rm(each, { force: true })));
    throw error;
  }
}

function cannotWrite(file: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EEXIST") return new UsageError(`${file} is there already: name another file, or remove it`);
  const why = error instanceof Error ? error.message : String(error);
  return new UsageError(`${file} cannot be written: ${why}`);
}

function parseCount(text: string): number {
  const number = Number(text);
  if (/^\d{1,15}$/.test(text)) return number;
  throw new InvalidArgumentError("a number from 0");
}
