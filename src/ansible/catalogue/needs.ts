import { ResourceNeeds } from "../../contracts/catalogue.ts";
import type { HeaderFacts } from "./facts.ts";

/*
 * `# chiffon:needs gpu_vram_gb=8 cpu_cores=4 memory_gb=16`: what a machine has to have free for the unit. It is compared with
 * what agents report, and shown; it keeps nothing from running and changes no risk.
 */

const names = Object.keys(ResourceNeeds.shape);
const form = "chiffon:needs gpu_vram_gb=8 cpu_cores=4 memory_gb=16, each at most once";

/** Adds the resources of one line; what is wrong with it becomes a problem with its line, and nothing of it counts. */
export function addNeeds(header: HeaderFacts, found: { value: string; line: number }): void {
  const needs = readNeeds(found.value, header.needs);
  if (typeof needs === "string") header.problems.push({ line: found.line, message: needs });
  else header.needs = needs;
}

function readNeeds(text: string, before: ResourceNeeds | null): ResourceNeeds | string {
  const needs: Record<string, number | undefined> = { ...before };
  const parts = text
    .slice(0, 400)
    .split(/[\s,]+/)
    .filter((part) => part !== "");
  if (parts.length === 0) return `The resources cannot be read. Write ${form}.`;
  for (const part of parts) {
    const [, name = "", value = ""] = /^([a-z_]+)=(\d{1,7}(?:\.\d{1,3})?)$/.exec(part) ?? [];
    if (name === "") return `"${part.slice(0, 80)}" is no resource. Write ${form}.`;
    if (!names.includes(name))
      return `"${name}" is no resource that agents report. Known are ${names.join(", ")}.`;
    if (needs[name] !== undefined) return `"${name}" is there already; the first one counts.`;
    needs[name] = Number(value);
  }
  const checked = ResourceNeeds.safeParse(needs);
  return checked.success
    ? checked.data
    : `The resources are out of range: more than 0, whole cores, and at most 100,000. Write ${form}.`;
}
