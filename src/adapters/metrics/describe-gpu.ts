import type { Gpu } from "../../contracts/metrics.ts";
import { roundGigabytes } from "./units.ts";

/** What a tool told of one processor, in bytes and percent; undefined where it did not. */
export interface GpuFacts {
  readonly vendor: Gpu["vendor"];
  readonly name: string;
  readonly total: number | undefined;
  readonly free: number | undefined;
  readonly percent: number | undefined;
}

/** So many processors one answer may name; the contract carries no more. */
export const mostGpus = 64;

/** Bytes of what tools write as MiB, or as MB where they mean the same. */
export const mebibyte = 2 ** 20;

/**
 * One processor as the contract wants it, whatever the tool said: memory that is not told counts as none, utilisation that is
 * not told is null, no more is free than there is, and the name is a line of text for people.
 */
export function describeGpu({ vendor, name, total = 0, free = 0, percent }: GpuFacts): Gpu {
  const totalGb = roundGigabytes(total);
  return {
    vendor,
    name: cleanName(name) || `${vendor} graphics processor`,
    vram_total_gb: totalGb,
    vram_available_gb: Math.min(totalGb, Math.max(0, roundGigabytes(free))),
    utilisation: percent === undefined ? null : Math.min(1, percent / 100),
  };
}

/** A number that a tool wrote as a number or as digits, without its unit; undefined for `N/A` and everything else. */
export function readNumber(value: unknown): number | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string") return undefined;
  return /^\d{1,15}(\.\d{1,20})?$/.test(text.trim()) ? Number(text) : undefined;
}

/** Free memory where a tool tells what is used. */
export function restOf(total: number | undefined, used: number | undefined): number | undefined {
  return total === undefined || used === undefined ? undefined : Math.max(0, total - used);
}

/** The number times its unit. */
export function scale(value: number | undefined, unit: number): number | undefined {
  return value === undefined ? undefined : value * unit;
}

function cleanName(name: string): string {
  return name
    .slice(0, 200)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
}
