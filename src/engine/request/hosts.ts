import { resolveHosts } from "../../ansible/inventory/pattern.ts";
import type { Inventory, InventoryHost, Unit } from "../../contracts/catalogue.ts";
import type { MatchedIntent } from "../../contracts/intent.ts";
import type { Question } from "../../contracts/request.ts";
import type { Answers } from "./answers.ts";
import { hostsQuestion } from "./questions.ts";
import { findHostName, type Place } from "./world.ts";

type Picked = { hosts: InventoryHost[]; all: boolean } | { questions: Question[] };

/**
 * The hosts of a step: those that the unit's plays name, narrowed to those in the sentence. What is not in the inventory
 * becomes a question; nothing is ever widened. `near`: hosts to prefer when the sentence names none.
 */
export function chooseHosts(
  step: { index: number; intent: MatchedIntent; unit: Unit },
  from: { place: Place; answers: Answers; excluded: readonly string[]; near: readonly string[] },
): Picked {
  const { inventory } = from.place;
  const without = new Set(
    from.excluded.flatMap((name) => {
      const resolved = resolveHosts(inventory, findHostName(inventory, name) ?? name);
      return "hosts" in resolved ? resolved.hosts : [name];
    }),
  );
  const reachable = hostsOfPlays(step.unit, inventory).filter((host) => !without.has(host.name));
  const answer = from.answers.get(`hosts:${step.index}`);
  const written = answer === undefined ? step.intent.hosts : answer.split(",").map((name) => name.trim());
  if (written.length === 0) {
    const near = reachable.filter((host) => from.near.includes(host.name));
    if (near.length > 0) return { hosts: near, all: coversAll(near, inventory) };
    if (step.unit.kind === "operation" && reachable.length > 1) return ask(step, inventory, "On which host?");
    return reachable.length > 0
      ? { hosts: reachable, all: coversAll(reachable, inventory) }
      : ask(
          step,
          inventory,
          `No host of the inventory matches the plays of ${step.unit.name}. On which host?`,
        );
  }
  const wanted: string[] = [];
  for (const name of written) {
    const known = findHostName(inventory, name);
    if (known === undefined) return ask(step, inventory, `"${name}" is not in the inventory. On which host?`);
    const resolved = resolveHosts(inventory, known);
    if ("hosts" in resolved) wanted.push(...resolved.hosts);
  }
  const hosts = reachable.filter((host) => wanted.includes(host.name));
  return hosts.length > 0
    ? { hosts, all: coversAll(hosts, inventory) }
    : ask(step, inventory, `${step.unit.name} is not made for ${written.join(", ")}. On which host?`);
}

function hostsOfPlays(unit: Unit, inventory: Inventory): InventoryHost[] {
  const names = new Set(
    unit.plays.flatMap((play) => {
      const resolved = resolveHosts(inventory, play.hosts);
      return "hosts" in resolved ? resolved.hosts : inventory.hosts.map((host) => host.name);
    }),
  );
  const known = inventory.hosts.filter((host) => names.has(host.name));
  return names.has("localhost") && !known.some((host) => host.name === "localhost")
    ? [...known, implicitLocalhost]
    : known;
}

/** Ansible's own: a play on `localhost` needs no inventory entry. */
const implicitLocalhost: InventoryHost = {
  name: "localhost",
  groups: [],
  connection: "local",
  address: "localhost",
  port: 22,
  user: null,
};

function coversAll(hosts: readonly InventoryHost[], inventory: Inventory): boolean {
  return inventory.hosts.length > 1 && inventory.hosts.every((host) => hosts.includes(host));
}

function ask(step: { index: number }, inventory: Inventory, text: string): Picked {
  return { questions: [hostsQuestion(step.index, inventory, text)] };
}
