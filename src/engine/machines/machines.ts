import type { InventoryHost } from "../../contracts/catalogue.ts";
import type { CheckMachines, Machine, MachineCheck } from "../../contracts/first-run.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { recordAudit } from "../audit/record.ts";
import { findInventory, type Catalogues } from "../catalogues.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Caller } from "../engine.ts";
import { listHostKeys, type OfferedKey } from "../host-keys/sql.ts";
import { describeHere, describeProbe, describeUnknownKey, otherConnection, type Probe } from "./describe.ts";

export interface MachinesDeps extends Pick<CoreDeps, "db" | "clock"> {
  readonly catalogues: Catalogues;
  /** The keys that a host offers now; empty when it does not answer. */
  readonly scanHostKeys: (host: { address: string; port: number }) => Promise<OfferedKey[]>;
  /** Logs in and looks; accepts no other key than these. */
  readonly probeBySsh: (
    target: {
      address: string;
      port: number;
      user: string | null;
      identityFile: string | null;
      knownHosts: readonly string[];
    },
    signal: AbortSignal,
  ) => Promise<Probe>;
  readonly probeHere: (signal: AbortSignal) => Promise<Probe>;
}

const maxHosts = 50;
const atOnce = 8;
/** Milliseconds for one host. */
const hostLimit = 10_000;

interface Place {
  readonly machine: Machine;
  readonly written: InventoryHost;
  readonly root: string;
}

/** The hosts of every inventory in use, as written; connects to nothing. */
export async function listMachines(deps: Pick<MachinesDeps, "catalogues">): Promise<Machine[]> {
  return (await listPlaces(deps)).map((each) => each.machine);
}

/**
 * Looks whether hosts can be reached and have what playbooks need. Runs nothing of Ansible and nothing of a repository; a key
 * that nobody has accepted is told, never accepted.
 */
export async function checkMachines(
  deps: MachinesDeps,
  caller: Caller,
  given: { body: CheckMachines; signal: AbortSignal },
): Promise<MachineCheck[]> {
  const places = choosePlaces(await listPlaces(deps), given.body.hosts);
  const checked: MachineCheck[] = [];
  const waiting = [...places.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      given.signal.throwIfAborted();
      checked[next[0]] = await checkOne(deps, next[1], given.signal);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  await deps.db.transaction().execute(async (tx) => {
    const count = (state: MachineCheck["state"]) => checked.filter((each) => each.state === state).length;
    await recordAudit(tx, {
      at: deps.clock.now(),
      kind: "machines.checked",
      actor: caller.actor,
      data: {
        hosts: checked.map((each) => each.host),
        ok: count("ok"),
        incomplete: count("incomplete"),
        unreachable: count("unreachable"),
        unknown_key: count("unknown-key"),
        changed_key: count("changed-key"),
      },
    });
  });
  return checked;
}

async function listPlaces({ catalogues }: Pick<MachinesDeps, "catalogues">): Promise<Place[]> {
  return (await catalogues.read()).flatMap((read) => {
    const inventory = findInventory(read, undefined);
    if (inventory === undefined) return [];
    return inventory.hosts.map((written) => {
      const { name, groups, connection, address, port, user } = written;
      const from = { repository: read.repository.name, inventory: inventory.path };
      const machine: Machine = { host: name, ...from, groups, connection, address, port, user };
      return { machine, written, root: read.repository.root };
    });
  });
}

function choosePlaces(all: readonly Place[], wanted: readonly string[] | undefined): Place[] {
  const missing = wanted?.find((name) => !all.some(({ machine }) => machine.host === name));
  if (missing !== undefined)
    throw new ChiffonError("not-found", `"${missing}" is in no inventory.`, {
      hint: "Names are those of the inventories: GET /machines lists them.",
    });
  const chosen = wanted === undefined ? all : all.filter(({ machine }) => wanted.includes(machine.host));
  // Several repositories may name the same machine: it is looked at once.
  const once = new Map(
    chosen.map((place) => {
      const { host, address, port, user, connection } = place.machine;
      return [JSON.stringify([host, address, port, user, connection]), place] as const;
    }),
  );
  if (once.size <= maxHosts) return [...once.values()];
  throw new ChiffonError(
    "bad-input",
    `${once.size} hosts are more than the ${maxHosts} that are checked at once.`,
    {
      hint: `Name at most ${maxHosts} of them.`,
    },
  );
}

async function checkOne(deps: MachinesDeps, place: Place, signal: AbortSignal): Promise<MachineCheck> {
  const { host, repository, address, port, connection } = place.machine;
  const base = { host, repository, address, port, connection, fingerprints: [] };
  const own = AbortSignal.any([signal, AbortSignal.timeout(hostLimit)]);
  if (connection === "local") return { ...base, ...describeHere(await deps.probeHere(own)) };
  if (connection !== "ssh") return { ...base, ...otherConnection(connection) };
  const known = await listHostKeys(deps.db, [{ address, port }]);
  if (known.length === 0) {
    const offered = await scan(deps, place.machine, own);
    return { ...base, ...describeUnknownKey({ place: place.machine, offered, before: false }) };
  }
  const { user } = place.machine;
  const identityFile = place.written.identityFile ?? null;
  const probe = await deps.probeBySsh({ address, port, user, identityFile, knownHosts: known }, own);
  signal.throwIfAborted();
  if (probe.kind !== "other-key") return { ...base, ...describeProbe(probe, place.machine) };
  const offered = await scan(deps, place.machine, own);
  return { ...base, ...describeUnknownKey({ place: place.machine, offered, before: true }) };
}

/** What cannot be asked for its keys in time, for example because its address is no plain name, offers none. */
async function scan(deps: MachinesDeps, machine: Machine, signal: AbortSignal): Promise<OfferedKey[]> {
  const late = new Promise<OfferedKey[]>((resolve) => {
    signal.addEventListener("abort", () => resolve([]), { once: true });
  });
  return await Promise.race([deps.scanHostKeys(machine).catch(() => []), late]);
}
