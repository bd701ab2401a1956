// `npm run bench -- NAME [--pairs N] [--record]`: runs one benchmark and ends with lines `NAME figure target verdict`, exit 1 when
// one is missed. With --record these become the last figures in docs/figures.json and docs/RELIABILITY.md.
import { benchAdopt } from "./adopt.ts";
import { benchCancel } from "./cancel.ts";
import { benchCatalogue } from "./catalogue.ts";
import { benchFirstRun } from "./first-run.ts";
import { benchFleet } from "./fleet.ts";
import { benchMatch } from "./match.ts";
import { benchOverload } from "./overload.ts";
import { benchPlan } from "./plan.ts";
import { benchQueue } from "./queue.ts";
import { benchRabbitmq } from "./rabbitmq.ts";
import { benchRun } from "./run.ts";
import { benchSpawn } from "./spawn.ts";
import { benchStart } from "./start.ts";
import { benchTexts } from "./texts.ts";
import { recordFigures } from "./figures.ts";
import type { Verdict } from "./verdict.ts";

const benchmarks: Record<string, (options: Map<string, string>) => Promise<Verdict[]>> = {
  adopt: benchAdopt,
  cancel: benchCancel,
  run: benchRun,
  catalogue: benchCatalogue,
  "first-run": benchFirstRun,
  fleet: benchFleet,
  match: benchMatch,
  overload: benchOverload,
  plan: benchPlan,
  queue: benchQueue,
  rabbitmq: benchRabbitmq,
  spawn: benchSpawn,
  start: benchStart,
  texts: benchTexts,
};

const record = process.argv.includes("--record");
const [name = "", ...rest] = process.argv.slice(2).filter((each) => each !== "--record");
const options = new Map<string, string>();
for (let at = 0; at + 1 < rest.length; at += 2) options.set(rest[at] ?? "", rest[at + 1] ?? "");
const benchmark = benchmarks[name];
if (!benchmark) {
  process.stderr.write(`there is no benchmark "${name}"; there are: ${Object.keys(benchmarks).join(", ")}\n`);
  process.exitCode = 2;
} else {
  const verdicts = await benchmark(options);
  for (const verdict of verdicts)
    process.stdout.write(
      `${verdict.name} ${verdict.figure} ${verdict.target} ${verdict.met ? "met" : "MISSED"}\n`,
    );
  if (record) recordFigures(["npm run bench --", name, ...rest].join(" "), verdicts);
  process.exitCode = verdicts.every((verdict) => verdict.met) ? 0 : 1;
}
