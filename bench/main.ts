// `npm run bench -- NAME [--pairs N]`: runs one benchmark and ends with one line `NAME figure target verdict`, exit 1 when missed.
import { benchAdopt } from "./adopt.ts";
import { benchCancel } from "./cancel.ts";
import { benchCatalogue } from "./catalogue.ts";
import { benchMatch } from "./match.ts";
import { benchPlan } from "./plan.ts";
import { benchQueue } from "./queue.ts";
import { benchRun } from "./run.ts";
import { benchSpawn } from "./spawn.ts";
import { benchStart } from "./start.ts";
import { benchTexts } from "./texts.ts";

/** One figure against its target. */
export interface Verdict {
  readonly name: string;
  readonly figure: string;
  readonly target: string;
  readonly met: boolean;
}

const benchmarks: Record<string, (options: Map<string, string>) => Promise<Verdict[]>> = {
  adopt: benchAdopt,
  cancel: benchCancel,
  run: benchRun,
  catalogue: benchCatalogue,
  match: benchMatch,
  plan: benchPlan,
  queue: benchQueue,
  spawn: benchSpawn,
  start: benchStart,
  texts: benchTexts,
};

const [name = "", ...rest] = process.argv.slice(2);
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
  process.exitCode = verdicts.every((verdict) => verdict.met) ? 0 : 1;
}
