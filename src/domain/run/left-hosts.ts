import type { HostRecap, HostStatus } from "../../contracts/run.ts";
import type { Outcome } from "../../contracts/vocabulary.ts";

/** What happened on one host in one ansibleTask. Times are milliseconds since 1970. */
export interface SeenCell {
  readonly key: string;
  readonly host: string;
  readonly status: HostStatus;
  /** `path:line` of the ansibleTask. */
  readonly source: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface SeenAttempt {
  readonly outcome: Outcome | null;
  readonly recap: Readonly<Record<string, HostRecap>> | null;
  readonly cells: readonly SeenCell[];
}

/**
 * The hosts of a step that are not done: failed, unreachable, never reached, or halted with the others. All of them when nobody
 * knows better, because the attempt was stopped, its end is unknown, or it failed on no host in particular.
 * @param step.last source of its last ansibleTask; null = not known
 */
export function leftHosts(
  step: { readonly hosts: readonly string[]; readonly last: string | null },
  attempt: SeenAttempt | null,
): string[] {
  const all = [...step.hosts];
  const recap = attempt?.recap;
  if (attempt?.outcome !== "failed" || recap === null || recap === undefined) return all;
  const bad = new Set(Object.keys(recap).filter((host) => isBad(recap[host])));
  if (bad.size === 0) return all;
  const halted = haltedHosts(attempt.cells, { bad, last: step.last });
  return all.filter((host) => recap[host] === undefined || bad.has(host) || halted.has(host));
}

const isBad = (counts: HostRecap | undefined): boolean =>
  counts !== undefined && (counts.failed > 0 || counts.unreachable > 0);

/** Hosts on which all went well until a failure elsewhere ended the play for them too (any_errors_fatal and the like). */
function haltedHosts(
  cells: readonly SeenCell[],
  { bad, last }: { bad: ReadonlySet<string>; last: string | null },
): Set<string> {
  const failures = cells.filter(
    (cell) => bad.has(cell.host) && (cell.status === "failed" || cell.status === "unreachable"),
  );
  const keys = new Set(failures.map((cell) => cell.key));
  const end = Math.max(...failures.map((cell) => cell.endedAt ?? cell.startedAt));
  const wentOn = cells.some((cell) => !keys.has(cell.key) && cell.startedAt >= end);
  if (failures.length === 0 || wentOn || failures.some((cell) => cell.source === last)) return new Set();
  const latest = new Map<string, SeenCell>();
  for (const cell of cells) {
    const known = latest.get(cell.host);
    if (known === undefined || cell.startedAt >= known.startedAt) latest.set(cell.host, cell);
  }
  return new Set([...latest.values()].filter((cell) => keys.has(cell.key)).map((cell) => cell.host));
}
