import type { Parallel } from "../../contracts/vocabulary.ts";

/** What a task wants of its hosts while it runs. `parallel`: what else may work there meanwhile; null = nothing. */
export interface Claim {
  readonly hosts: readonly string[];
  readonly services: readonly string[];
  readonly parallel: Parallel | null;
}

/** Whose a claim is. */
export interface Claimant {
  readonly runId: string;
  /** Index of the step. */
  readonly step: number;
}

/** Why a claim cannot be met now. */
export interface Blocker {
  readonly host: string;
  /** What of the host; null = all of it. */
  readonly service: string | null;
  readonly by: Claimant;
  /** False when it has the host; true when it waits as well and comes first. */
  readonly waits: boolean;
}

/** How a claim is made. `lost`: nobody knows whether it is still at work there; whoever only reads may look. */
export interface Holder {
  readonly by: Claimant;
  readonly waits: boolean;
  readonly lost?: boolean;
}

type Entry = Pick<Blocker, "service" | "by" | "waits"> & Pick<Holder, "lost">;

/** The first that wants the host as a whole, the first that reads there, and the first for each service. */
interface HostClaims {
  whole?: Entry;
  reading?: Entry;
  readonly services: Map<string, Entry>;
}

export interface Locks {
  /** What stands against the claim; undefined when nothing does. */
  find(claim: Claim): Blocker | undefined;
  /** Adds a claim: it stands against later ones from now on. */
  add(claim: Claim, holder: Holder): void;
  /** Hosts that are taken as a whole: whatever wants only these adds nothing. */
  taken(): string[];
}

/**
 * One writer per host and service. A claim on a whole host stands against everything there; claims on services stand against
 * each other when they share one; readers stand against writers only.
 */
export function createLocks(): Locks {
  const hosts = new Map<string, HostClaims>();
  return {
    find(claim) {
      for (const host of claim.hosts) {
        const found = findOn(hosts.get(host), claim);
        if (found !== undefined) return { host, service: found.service, by: found.by, waits: found.waits };
      }
      return undefined;
    },
    add(claim, holder) {
      for (const host of claim.hosts) {
        const there = hosts.get(host) ?? { services: new Map<string, Entry>() };
        hosts.set(host, there);
        addTo(there, claim, holder);
      }
    },
    taken: () => [...hosts].flatMap(([host, { whole }]) => (isFirm(whole) ? [host] : [])),
  };
}

function findOn(there: HostClaims | undefined, claim: Claim): Entry | undefined {
  if (there === undefined) return undefined;
  if (isReading(claim) && !isFirm(there.whole)) return firstFirm(there.services);
  if (there.whole !== undefined) return there.whole;
  const services = servicesOf(claim);
  if (services === undefined) return firstOf(there.services) ?? there.reading;
  if (there.reading !== undefined) return there.reading;
  for (const service of services) {
    const entry = there.services.get(service);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function addTo(there: HostClaims, claim: Claim, holder: Holder): void {
  const services = servicesOf(claim);
  const entry = { service: null, ...holder };
  if (isReading(claim)) there.reading ??= entry;
  else if (services === undefined) there.whole ??= entry;
  else
    for (const service of services)
      if (!there.services.has(service)) there.services.set(service, { ...holder, service });
}

const isReading = (claim: Claim): boolean => claim.parallel === "read";

/** The services that it is content with; undefined when it wants the whole host. What names no service is about all of it. */
function servicesOf({ parallel, services }: Claim): string[] | undefined {
  if (parallel !== "service" || services.length === 0) return undefined;
  return services.map((name) => name.toLowerCase());
}

const isFirm = (entry: Entry | undefined): boolean => entry !== undefined && entry.lost !== true;

function firstFirm(services: ReadonlyMap<string, Entry>): Entry | undefined {
  return [...services.values()].find(isFirm);
}

function firstOf(services: ReadonlyMap<string, Entry>): Entry | undefined {
  for (const entry of services.values()) return entry;
  return undefined;
}
