import { createReadStream } from "node:fs";
import { text as readText } from "node:stream/consumers";
import { performance } from "node:perf_hooks";
import type { Writable } from "node:stream";
import { z } from "zod";
import { ChiffonError } from "../domain/errors.ts";
import {
  evaluateAnswers,
  type AnsweredRequest,
  type Evaluation,
  type Figures,
} from "../understand/evaluate.ts";
import { matchIntents } from "../understand/match.ts";
import { splitRequest } from "../understand/split.ts";
import { readWorld, type World } from "./offline-world.ts";

const Label = z.array(z.string().max(1_000)).max(100);
const Rows = z
  .array(
    z.object({
      repo: z.string().max(200),
      request: z.string().max(100_000),
      expect: Label,
      kind: z.string().max(50),
      steps: z
        .array(
          z.object({
            text: z.string().max(100_000),
            expect: Label,
            after: z.array(z.int().min(0).max(99)).max(100).optional(),
          }),
        )
        .max(100)
        .optional(),
    }),
  )
  .max(100_000);

const maxFile = 64 * 1024 * 1024;

export interface EvalFlags {
  readonly requests: string;
  /** `NAME=DIR`, NAME as the rows have it. */
  readonly repos: readonly string[];
  readonly lexicon: boolean;
  readonly json: boolean;
}

/**
 * `chiffon eval`: how well labelled requests are matched. Rows of repositories that were not given are left out, and counted.
 * Returns the exit code. @throws ChiffonError `bad-input`, `not-found`
 */
export async function offlineEval(
  flags: EvalFlags,
  io: { stdout: Writable; stderr: Writable },
): Promise<number> {
  const rows = await readRows(flags.requests);
  const worlds = await readWorlds(flags.repos);
  const used = rows.filter(({ repo }) => worlds.has(repo));
  if (used.length === 0)
    throw new ChiffonError("bad-input", "No row belongs to a repository that was given.", {
      hint: `give them as the rows name them: ${[...new Set(rows.map(({ repo }) => repo))].slice(0, 5).join(", ")}`,
    });
  const answered = used.map((row): AnsweredRequest => {
    const world = worlds.get(row.repo);
    return {
      row,
      ...(world === undefined ? { answer: [], ms: 0 } : answer(row.request, world, flags.lexicon)),
    };
  });
  const left = rows.length - used.length;
  if (left > 0) io.stderr.write(`${left} rows of repositories that were not given are left out\n`);
  const evaluation = evaluateAnswers(answered);
  io.stdout.write(flags.json ? `${JSON.stringify(evaluation)}\n` : printEvaluation(evaluation));
  return 0;
}

async function readRows(file: string): Promise<z.infer<typeof Rows>> {
  // One byte more than allowed is enough to know.
  const content = await readText(createReadStream(file, { end: maxFile })).catch((cause: unknown) => {
    throw new ChiffonError("not-found", `${file} cannot be read.`, {
      hint: "name a JSON file with labelled requests: --requests FILE",
      cause,
    });
  });
  try {
    if (content.length >= maxFile) throw new Error("longer than 64 MiB");
    return Rows.parse(JSON.parse(content));
  } catch (cause) {
    throw new ChiffonError("bad-input", `${file} is no list of labelled requests.`, {
      hint: 'it holds [{"repo": "…", "request": "…", "expect": ["…"], "kind": "exact"}, …]',
      cause,
    });
  }
}

async function readWorlds(repos: readonly string[]): Promise<Map<string, World>> {
  const worlds = new Map<string, World>();
  for (const given of repos) {
    const at = given.indexOf("=");
    if (at < 1 || at === given.length - 1)
      throw new ChiffonError("bad-input", `"${given}" is not NAME=DIR.`, {
        hint: "NAME is what the rows call the repository, DIR the folder where it lies",
      });
    worlds.set(given.slice(0, at), await readWorld({ repos: [given.slice(at + 1)] }));
  }
  return worlds;
}

function answer(request: string, world: World, lexicon: boolean): Pick<AnsweredRequest, "answer" | "ms"> {
  const began = performance.now();
  const intents = splitRequest(request, { names: world.names, hosts: world.hosts });
  const matched = matchIntents(intents, world, { lexicon });
  return { answer: matched, ms: performance.now() - began };
}

function printEvaluation(found: Evaluation): string {
  const rows = [
    ["kind", "wishes", "top-1", "top-3", "picked", "right", "precision", "coverage"],
    ...Object.entries(found.byKind).map(([kind, figures]) => rowOf(kind, figures)),
    rowOf("all", found),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const wrong = found.wrong.map(({ repo, request, picked }) => `  ${repo}: "${request}" -> ${picked}`);
  const order = found.outOfOrder.flatMap(({ repo, request, labelled, answered }) => [
    `  ${repo}: "${request}"`,
    `    labelled: ${labelled.join("; ")}`,
    `    answered: ${answered.join("; ")}`,
  ]);
  return `${[
    ...table,
    `precision of what is picked: ${percent(found.precision)}, 95 % lower bound ${percent(found.precisionLow)}`,
    `exact names and slips together: ${together(found)}`,
    `negatives picked: ${found.negativesPicked} of ${found.negatives}; dangerous picked: ${found.dangerousPicked} of ${found.dangerous}`,
    `number of wishes as labelled: ${found.splitRight} of ${found.requests - found.dangerous}; calibration error: ${found.ece?.toFixed(3) ?? "-"}, at most ${found.eceHigh?.toFixed(3) ?? "-"} (95 %)`,
    `steps in the labelled order: ${found.inOrder} of ${found.stepped}`,
    `milliseconds a request: p50 ${found.p50.toFixed(1)}, p95 ${found.p95.toFixed(1)}`,
    ...(wrong.length > 0 ? ["picked and not acceptable:", ...wrong] : []),
    ...(order.length > 0 ? ["other steps, or in another order:", ...order] : []),
  ].join("\n")}\n`;
}

/** Names are one promise, whether they were written right or not. */
function together({ byKind }: Evaluation): string {
  const kinds = [byKind["exact"], byKind["typo"]].filter((kind) => kind !== undefined);
  const wishes = kinds.reduce((sum, { positives }) => sum + positives, 0);
  const of = (share: (kind: Figures) => number | null): string =>
    percent(
      wishes === 0
        ? null
        : kinds.reduce((sum, kind) => sum + (share(kind) ?? 0) * kind.positives, 0) / wishes,
    );
  return `top-1 ${of(({ top1 }) => top1)}, coverage ${of(({ coverage }) => coverage)}`;
}

function rowOf(name: string, figures: Figures): string[] {
  const { positives, top1, top3, picked, pickedRight, precision, coverage } = figures;
  const counts = [String(picked), String(pickedRight)];
  return [
    name,
    String(positives),
    percent(top1),
    percent(top3),
    ...counts,
    percent(precision),
    percent(coverage),
  ];
}

const percent = (value: number | null): string => (value === null ? "-" : `${(value * 100).toFixed(1)} %`);
