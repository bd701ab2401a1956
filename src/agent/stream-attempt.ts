import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createEventDecoder } from "../ansible/process/event-decoder.ts";
import { runFiles } from "../ansible/process/run-files.ts";
import { tailFile, type Pace } from "../ansible/process/tail.ts";
import { queues, type Progress } from "../contracts/agent-protocol.ts";
import type { HostRecap } from "../contracts/run.ts";
import { createOutputFilter } from "../domain/redaction/output-filter.ts";
import { compileSecrets, createRedactor } from "../domain/redaction/redactor.ts";
import { createFailureWatch, recapOf, toProgress, type Failure } from "./progress.ts";
import type { ServerLink } from "./server-link.ts";

export interface StreamedAttempt {
  readonly outputLength: number;
  /** SHA-256 of the output as it was sent, UTF-8. */
  readonly outputSha256: string;
  readonly progressCount: number;
  readonly recap: Record<string, HostRecap> | null;
  /** The last that failed on a host; null when nothing did. */
  readonly failure: Failure | null;
}

/** What an attempt tells of itself, from the bytes of its events. */
export interface Telling {
  take(bytes: Buffer): Progress[];
  /** Counts for each host at the end; null where there are none. */
  recap(): Record<string, HostRecap> | null;
}

interface StreamOptions {
  readonly runDir: string;
  readonly key: { task_id: string; attempt: number; fence: number };
  readonly link: ServerLink;
  readonly secrets: readonly { name: string; value: string }[];
  /** Settles when the attempt writes nothing more. */
  readonly ended: Promise<{ readonly kind: string; readonly result?: { readonly outputRest: string } }>;
  readonly signal: AbortSignal;
  readonly pace: Pace;
  /** How its events are read; Ansible's without it. */
  readonly telling?: (redact: (text: string) => string) => Telling;
}

const newline = Buffer.from("\n");
const longestPiece = 200_000;
const largestBatch = 500;

/**
 * Sends everything that an attempt writes, from its first byte: after a restart the server drops what it has. Resolves when
 * the attempt has ended and the server has it all.
 */
export async function streamAttempt(options: StreamOptions): Promise<StreamedAttempt> {
  const [output, progress] = await Promise.all([streamOutput(options), streamProgress(options)]);
  return { ...output, ...progress };
}

async function streamOutput(
  options: StreamOptions,
): Promise<Pick<StreamedAttempt, "outputLength" | "outputSha256">> {
  const digest = createHash("sha256");
  const filter = createOutputFilter(options.secrets);
  let offset = 0;
  const send = async (text: string) => {
    digest.update(text, "utf8");
    for (let at = 0; at < text.length; at += longestPiece) {
      const piece = text.slice(at, at + longestPiece);
      const payload = { ...options.key, offset, text: piece };
      await options.link.send(queues.log, { type: "work_output", payload }, options.signal);
      offset += piece.length;
    }
  };
  await tailFile(path.join(options.runDir, runFiles.output), {
    from: 0,
    signal: options.signal,
    ended: options.ended,
    pace: options.pace,
    onChunk: (bytes) => send(filter.push(bytes)),
  });
  const end = await options.ended;
  await send(filter.push(Buffer.from(end.result?.outputRest ?? "")));
  await send(filter.end());
  return { outputLength: offset, outputSha256: digest.digest("hex") };
}

async function streamProgress(
  options: StreamOptions,
): Promise<Omit<StreamedAttempt, "outputLength" | "outputSha256">> {
  const patterns = compileSecrets(options.secrets);
  const redact = (text: string) => {
    const redactor = createRedactor(patterns);
    return redactor.push(text) + redactor.end();
  };
  let count = 0;
  const telling = (options.telling ?? tellingOfAnsible)(redact);
  const failures = createFailureWatch();
  const send = async (progress: Progress[]) => {
    for (let at = 0; at < progress.length; at += largestBatch) {
      const batch = progress.slice(at, at + largestBatch);
      const payload = { ...options.key, first_seq: count + 1, progress: batch };
      await options.link.send(queues.log, { type: "work_status", payload }, options.signal);
      count += batch.length;
    }
  };
  const take = async (bytes: Buffer) => {
    const progress = telling.take(bytes);
    for (const each of progress) failures.see(each);
    await send(progress);
  };
  await tailFile(path.join(options.runDir, runFiles.events), {
    from: 0,
    signal: options.signal,
    ended: options.ended,
    pace: options.pace,
    onChunk: take,
  });
  // In lines of their own: on a full disk the events end in the middle of one.
  const last = await readFile(path.join(options.runDir, runFiles.lastEvent)).catch(() => Buffer.alloc(0));
  await take(Buffer.concat([newline, last, newline]));
  return { progressCount: count, recap: telling.recap(), failure: failures.last() };
}

function tellingOfAnsible(redact: (text: string) => string): Telling {
  const decoder = createEventDecoder(0);
  let recap: Record<string, HostRecap> | null = null;
  return {
    take(bytes) {
      const events = decoder.push(bytes);
      for (const event of events) recap = recapOf(event) ?? recap;
      return events.flatMap((event) => toProgress(event, redact));
    },
    recap: () => recap,
  };
}
