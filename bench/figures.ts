import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { z } from "zod";
import type { Verdict } from "./verdict.ts";

const docs = path.join(import.meta.dirname, "../docs");
export const figuresFile = path.join(docs, "figures.json");
export const reliabilityFile = path.join(docs, "RELIABILITY.md");
const begin = "<!-- Written by the commands below with --record. -->";
const end = "<!-- End of what the commands wrote. -->";

const Figure = z.object({
  name: z.string().regex(/^[a-z0-9 ,<>=%().-]+$/i),
  figure: z.string(),
  target: z.string(),
  met: z.boolean(),
  /** What printed it. */
  command: z.string(),
  /** When, as a date, and how many processor cores that machine had. */
  on: z.iso.date(),
  cores: z.int(),
});
type Figure = z.infer<typeof Figure>;

/** The last figure of each name that a command was asked to keep, sorted by command and name. */
export const Figures = z.array(Figure);

/** Keeps verdicts as the last ones of a command: in docs/figures.json, and as the table of docs/RELIABILITY.md. */
export function recordFigures(command: string, verdicts: readonly Verdict[]): void {
  const on = new Date().toISOString().slice(0, 10);
  const cores = availableParallelism();
  const names = new Set(verdicts.map((each) => each.name));
  const kept = readFigures().filter((each) => !names.has(each.name));
  const all = [...kept, ...verdicts.map((each) => ({ ...each, command, on, cores }))];
  const key = (each: Figure): string => `${each.command} ${each.name}`;
  const sorted = all.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  writeFileSync(figuresFile, `${JSON.stringify(sorted, null, 2)}\n`);
  const text = readFileSync(reliabilityFile, "utf8");
  writeFileSync(reliabilityFile, text.replace(findTable(text), renderTable(sorted)));
}

export function readFigures(): Figure[] {
  return Figures.parse(JSON.parse(readFileSync(figuresFile, "utf8")));
}

/** The table as it stands in a text, with its two marks. Throws where there is none. */
export function findTable(text: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from)
    throw new Error("docs/RELIABILITY.md has lost the marks of its table of figures");
  return text.slice(from, to + end.length);
}

export function renderTable(figures: readonly Figure[]): string {
  const rows = figures.map(
    (each) =>
      `| \`${each.command}\` | ${each.name} | ${each.figure} | ${each.target} | ${each.met ? "met" : "**missed**"} | ${each.on}, ${each.cores} cores |`,
  );
  return [
    begin,
    "",
    "| command | what | figure | target | verdict | on |",
    "|---|---|---|---|---|---|",
    ...rows,
    "",
    end,
  ].join("\n");
}
