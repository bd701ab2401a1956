import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Gpu } from "../../contracts/metrics.ts";
import type { GpuSource } from "../../ports/metrics.ts";

/** Milliseconds: the time, and the processor time of all children that have ended; undefined where the system does not tell. */
export interface PaceClock {
  now(): number;
  childTime(): number | undefined;
}

/** A probe may cost one hundredth of the time. */
const share = 100;
/** An older answer says nothing about what is free. */
const oldest = 90_000;
/** Heartbeats wait for a probe no longer than this, however many tools it asks. */
const patience = 10_000;
/** A single tool is cut off after this long. */
const hung = 5000;

interface Answer {
  readonly gpus: readonly Gpu[];
  readonly at: number;
}

/**
 * Asks the source only as often as it is cheap enough, and repeats its last answer in between. Some tools take a second of
 * processor time for one answer. A source that hangs costs all its time, so it is asked rarely.
 */
export function paceSource(source: GpuSource, clock: PaceClock = systemClock): GpuSource {
  let last: Answer | undefined;
  let askAfter = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  const ask = async (signal: AbortSignal) => {
    const started = clock.now();
    const before = clock.childTime();
    const gpus = await source.read(AbortSignal.any([signal, AbortSignal.timeout(patience)]));
    if (signal.aborted) return;
    const now = clock.now();
    askAfter = started + share * costOf(now - started, spent(before, clock.childTime()), gpus.length > 0);
    if (gpus.length > 0) last = { gpus, at: now };
    else if (last !== undefined && now - last.at > oldest) last = undefined;
  };
  return {
    async read(signal) {
      if (clock.now() >= askAfter) {
        asking ??= ask(signal).finally(() => (asking = undefined));
        await asking;
      }
      return tell(last, clock.now());
    },
  };
}

/**
 * Waiting for a moment costs nothing: the processor time counts, and with it that of other children that ended meanwhile.
 * Where nothing came, or something came late because a tool hung, the whole time counts.
 */
function costOf(wall: number, children: number | undefined, answered: boolean): number {
  return answered && wall < hung ? Math.min(wall, children ?? wall) : wall;
}

function spent(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before;
}

/** The processors stay known; what they have free does not. */
function tell(last: Answer | undefined, now: number): Gpu[] {
  if (last === undefined) return [];
  if (now - last.at <= oldest) return [...last.gpus];
  return last.gpus.map((gpu) => ({ ...gpu, vram_available_gb: 0, utilisation: null }));
}

const systemClock: PaceClock = { now: () => performance.now(), childTime: readChildTime };

/** Linux counts it, in hundredths of a second, in the 16th and 17th field of a line whose 2nd is any text in parentheses. */
export function readChildTime(): number | undefined {
  try {
    const line = readFileSync("/proc/self/stat", "utf8");
    const [user, system] = line
      .slice(line.lastIndexOf(")") + 2)
      .split(" ")
      .slice(13, 15)
      .map(Number);
    const ticks = (user ?? Number.NaN) + (system ?? Number.NaN);
    return Number.isFinite(ticks) ? ticks * 10 : undefined;
  } catch {
    return undefined;
  }
}
