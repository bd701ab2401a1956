import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second in /proc; 100 on every Linux that Node runs on. */
const ticks = 100;

interface Usage {
  readonly pid: number;
  readonly parent: number;
  readonly own: number;
  readonly reaped: number;
}

function readUsage(pid: string): Usage | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    return { pid: Number(pid), parent: fields[1] ?? 0, own: utime + stime, reaped: cutime + cstime };
  } catch {
    return undefined;
  }
}

/** Seconds of CPU (user and system) that the trees of these processes have used, those that have ended included. */
export function cpuOfTrees(roots: readonly number[]): number {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readUsage(pid) ?? []);
  const wanted = new Set(roots);
  for (let before = -1; before !== wanted.size;) {
    before = wanted.size;
    for (const usage of all) if (wanted.has(usage.parent)) wanted.add(usage.pid);
  }
  const counted = all.filter((usage) => wanted.has(usage.pid));
  return counted.reduce((sum, usage) => sum + usage.own + usage.reaped, 0) / ticks;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** Ratio of the medians of two paired series, with a 95 % interval by resampling the pairs. */
export function ratioOfMedians(
  measured: readonly number[],
  floor: readonly number[],
): { ratio: number; low: number; high: number } {
  const ratios: number[] = [];
  let state = 42;
  const next = () => {
    // A small fixed generator: the interval of the same data is always the same.
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  for (let round = 0; round < 4_000; round += 1) {
    const picks = measured.map(() => Math.floor(next() * measured.length));
    ratios.push(median(picks.map((at) => measured[at] ?? 0)) / median(picks.map((at) => floor[at] ?? 1)));
  }
  const sorted = ratios.toSorted((a, b) => a - b);
  return {
    ratio: median(measured) / median(floor),
    low: sorted[Math.floor(sorted.length * 0.025)] ?? Number.NaN,
    high: sorted[Math.floor(sorted.length * 0.975)] ?? Number.NaN,
  };
}
