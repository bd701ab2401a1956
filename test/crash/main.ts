// npm run crash [-- --kills N] [--failpoints [NAME,…]] [--seed N] [--resume] [--record]: kill -9 at random and at every named moment.
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
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    resume: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
});
const kills = Number(values.kills);
const known: Report = values.resume ? await readReport() : structuredClone(nothing);

await using house = await openHouse();
process.stdout.write(`seed ${values.seed}\n`);
await doKills(house);
if (values.failpoints !== undefined) await doFailpoints(house);
await verify(house);
tell();

async function doKills(at: House): Promise<void> {
  const random = mulberry(Number(values.seed));
  for (let count = 1; count <= kills; count += 1) {
    const done = await killOnce(at, random);
    known.kills += 1;
    if (done.hit) known.hits += 1;
    if (done.state === "unknown") known.unknown += 1;
    known.byVictim[done.victim] = (known.byVictim[done.victim] ?? 0) + 1;
    if (done.wrong !== undefined) known.wrong.push(`kill of ${done.victim}: ${done.wrong}`);
    process.stderr.write(
      `kill ${count} of ${kills}: ${done.victim}${done.hit ? "" : " (not there)"}, ${done.state}${done.wrong === undefined ? "" : `  WRONG: ${done.wrong}`}\n`,
    );
    await writeReport();
  }
}

async function doFailpoints(at: House): Promise<void> {
  const wanted = (values.failpoints ?? "").split(",").filter((name) => name !== "" && name !== "all");
  const names = failpointNames.filter((name) => wanted.length === 0 || wanted.includes(name));
  for (const name of names) {
    for (const action of faultActions) {
      const key = `${name}:${action}`;
      if (known.failpoints[key] !== undefined) continue;
      const wrong = await tryFailpoint(at, { name, action });
      known.failpoints[key] = wrong ?? null;
      if (wrong !== undefined) known.wrong.push(`${key}: ${wrong}`);
      process.stderr.write(`${key}: ${wrong ?? "right"}\n`);
      await writeReport();
    }
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

async function writeReport(): Promise<void> {
  await mkdir(path.dirname(report), { recursive: true });
  await writeFile(report, `${JSON.stringify(known, null, 2)}\n`);
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
