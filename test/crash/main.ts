// npm run crash [-- --kills N] [--failpoints [NAME,…]] [--jobs N] [--seed N] [--resume] [--record]: kill -9 at random and at every
// named moment. With --jobs so many servers are broken at a time, each with its own data.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { z } from "zod";
import { recordFigures } from "../../bench/figures.ts";
import type { Verdict } from "../../bench/verdict.ts";
import { failpointNames } from "../../src/ports/failpoint.ts";
import { chiffon } from "../support/server.ts";
import { faultActions, tryFailpoint } from "./failpoints.ts";
import { openHouse, type House } from "./house.ts";
import { killOnce } from "./kills.ts";

const report = path.join(import.meta.dirname, "../../node_modules/.cache/chiffon/crash.json");
const Report = z.object({
  kills: z.int(),
  hits: z.int(),
  byVictim: z.record(z.string(), z.int()),
  unknown: z.int(),
  /** `NAME:ACTION` and what was wrong; null = nothing. */
  failpoints: z.record(z.string(), z.string().nullable()),
  wrong: z.array(z.string()),
});
type Report = z.infer<typeof Report>;
const nothing: Report = { kills: 0, hits: 0, byVictim: {}, unknown: 0, failpoints: {}, wrong: [] };

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "0" },
    failpoints: { type: "string" },
    jobs: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    resume: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
});
const kills = Number(values.kills);
const known: Report = values.resume ? await readReport() : structuredClone(nothing);

let killed = 0;
let writing: Promise<void> = Promise.resolve();
const faults = values.failpoints === undefined ? [] : listFaults(values.failpoints);

process.stdout.write(`seed ${values.seed}\n`);
const jobs = Array.from({ length: Math.max(1, Number(values.jobs)) }, (_, job) => Number(values.seed) + job);
const ends = await Promise.allSettled(jobs.map(breakOne));
await writing;
for (const end of ends) if (end.status === "rejected") known.wrong.push(`the command: ${String(end.reason)}`);
tell();

async function breakOne(seed: number): Promise<void> {
  await using house = await openHouse();
  await doKills(house, seed);
  await doFailpoints(house);
  await verify(house);
}

async function doKills(at: House, seed: number): Promise<void> {
  const random = mulberry(seed);
  while (killed < kills) {
    const count = ++killed;
    const done = await killOnce(at, random);
    known.kills += 1;
    if (done.hit) known.hits += 1;
    if (done.state === "unknown") known.unknown += 1;
    known.byVictim[done.victim] = (known.byVictim[done.victim] ?? 0) + 1;
    if (done.wrong !== undefined) known.wrong.push(`kill of ${done.victim}: ${done.wrong}`);
    process.stderr.write(
      `kill ${count} of ${kills}: ${done.victim}${done.hit ? "" : " (not there)"}, ${done.state}${done.wrong === undefined ? "" : `  WRONG: ${done.wrong}`}\n`,
    );
    writeReport();
  }
}

/** Those of the named moments that are not in the report yet. */
function listFaults(given: string) {
  const wanted = given.split(",").filter((name) => name !== "" && name !== "all");
  const names = failpointNames.filter((name) => wanted.length === 0 || wanted.includes(name));
  const all = names.flatMap((name) => faultActions.map((action) => ({ name, action })));
  return all.filter(({ name, action }) => known.failpoints[`${name}:${action}`] === undefined);
}

async function doFailpoints(at: House): Promise<void> {
  for (let fault = faults.shift(); fault !== undefined; fault = faults.shift()) {
    const key = `${fault.name}:${fault.action}`;
    const wrong = await tryFailpoint(at, fault);
    known.failpoints[key] = wrong ?? null;
    if (wrong !== undefined) known.wrong.push(`${key}: ${wrong}`);
    process.stderr.write(`${key}: ${wrong ?? "right"}\n`);
    writeReport();
  }
}

async function verify(at: House): Promise<void> {
  await at.restart();
  const verified = await chiffon(at.world, ["audit", "verify"]);
  process.stdout.write(verified.stdout);
  if (verified.code !== 0) known.wrong.push(`the record: ${verified.stdout}${verified.stderr}`);
}

function tell(): void {
  const tried = Object.keys(known.failpoints).length;
  const perVictim = Object.entries(known.byVictim).map(([name, count]) => `${name} ${count}`);
  const verdict = known.wrong.length === 0 ? "met" : "MISSED";
  process.stdout.write(
    `kills          ${known.hits} of ${known.kills} tries met something (${perVictim.join(", ")}), ${known.unknown} ended as unknown\n`,
  );
  process.stdout.write(
    `failpoints     ${tried} of ${failpointNames.length * faultActions.length} (moment x kill, pause, error)\n`,
  );
  process.stdout.write(
    `crash          lost, doubled or wrong: ${known.wrong.length}   target 0   ${verdict}\n`,
  );
  for (const each of known.wrong) process.stdout.write(`  ${each}\n`);
  if (known.wrong.length > 0) process.exitCode = 1;
  if (values.record) recordFigures("npm run crash -- --kills 1000 --failpoints all --resume", toVerdicts());
}

function toVerdicts(): Verdict[] {
  const faults = failpointNames.length * faultActions.length;
  const tried = Object.keys(known.failpoints).length;
  const wrong = known.wrong.length;
  return [
    {
      name: "crash, kills that met something",
      figure: `${known.hits}, ${wrong} wrong`,
      target: ">= 1000, 0 wrong",
      met: known.hits >= 1_000 && wrong === 0,
    },
    {
      name: "crash, faults at named moments",
      figure: `${tried} of ${faults}, ${wrong} wrong`,
      target: "all, 0 wrong",
      met: tried === faults && wrong === 0,
    },
  ];
}

async function readReport(): Promise<Report> {
  const text = await readFile(report, "utf8").catch(() => undefined);
  return text === undefined ? structuredClone(nothing) : Report.parse(JSON.parse(text));
}

/* One after the other: two of them at a time would mix their texts. */
function writeReport(): void {
  const text = `${JSON.stringify(known, null, 2)}\n`;
  writing = writing.then(async () => {
    await mkdir(path.dirname(report), { recursive: true });
    await writeFile(report, text);
  });
}

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
