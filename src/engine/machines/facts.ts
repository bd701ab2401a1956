import type { Request } from "../../contracts/request.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { Caller } from "../engine.ts";
import { createRequest, type RequestDeps } from "../request/create.ts";
import { factsIntent } from "../request/fact-steps.ts";
import { listMachines } from "./machines.ts";

/**
 * Asks for the facts of machines: Chiffon's own operation, which only reads, one step per inventory. The request is one like
 * any other, with its plan to approve; what is meant is known here, so no words are weighed. A host key that nobody has
 * accepted still becomes a question.
 */
export async function requestFacts(
  deps: RequestDeps,
  caller: Caller,
  wanted: readonly string[] | undefined,
): Promise<Request> {
  const groups = await groupHosts(deps, wanted);
  const names = groups.flat();
  const text =
    wanted === undefined ? "Show the facts of all machines" : `Show the facts of ${names.join(", ")}`;
  return await createRequest(deps, caller, {
    text,
    priority: 3,
    highValue: false,
    intents: groups.map(factsIntent),
  });
}

/** The wanted hosts by inventory: a step runs on one. A name that several inventories have counts where it comes first. */
async function groupHosts(deps: RequestDeps, wanted: readonly string[] | undefined): Promise<string[][]> {
  const machines = await listMachines(deps);
  if (machines.length === 0)
    throw new ChiffonError("bad-input", "No inventory has a host.", {
      hint: "Add a repository with an inventory first: chiffon repo add DIR",
    });
  const missing = wanted?.find((name) => !machines.some((machine) => machine.host === name));
  if (missing !== undefined)
    throw new ChiffonError("not-found", `"${missing}" is in no inventory.`, {
      hint: "Names are those of the inventories: GET /machines lists them.",
    });
  const taken = new Set<string>();
  const groups = new Map<string, string[]>();
  for (const { host, repository } of machines) {
    if (taken.has(host) || (wanted !== undefined && !wanted.includes(host))) continue;
    taken.add(host);
    groups.set(repository, [...(groups.get(repository) ?? []), host]);
  }
  return [...groups.values()];
}
