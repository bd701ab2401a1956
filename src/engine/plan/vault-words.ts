import type { Encrypted, Inventory, InventoryHost, Unit } from "../../contracts/catalogue.ts";

const maxNamed = 6;

/** What a person can do without a vault password. */
export const insteadOfVault =
  "keep the values as secrets of Chiffon instead (chiffon secret set NAME, and # chiffon:secret=NAME in the playbook)";

/**
 * What a step would need a vault password for, and what happens without one: Chiffon gives none to a run, and the repository's
 * ansible.cfg, which may name a file with it, is not used. Undefined when nothing is encrypted. What Chiffon passes itself wins
 * over what is vaulted.
 */
export function describeVault(step: {
  unit: Pick<Unit, "encrypted">;
  inventory: Pick<Inventory, "encrypted">;
  hosts: readonly Pick<InventoryHost, "name" | "groups">[];
  passed: readonly string[];
}): string | undefined {
  const reached = new Set(["all", ...step.hosts.flatMap((host) => [host.name, ...host.groups])]);
  const passed = new Set(step.passed);
  const found = new Map<string, Encrypted>();
  for (const each of [...(step.unit.encrypted ?? []), ...(step.inventory.encrypted ?? [])]) {
    if (each.of !== undefined && !reached.has(each.of)) continue;
    if (each.name === null || !passed.has(each.name)) found.set(`${each.path}:${each.line}`, each);
  }
  const all = [...found.values()];
  const files = all.filter((each) => each.line === null).map((each) => each.path);
  const values = all.filter((each) => each.line !== null).map(placeOf);
  if (all.length === 0) return undefined;
  const will = [
    ...(files.length === 0 ? [] : [`the run will fail, because ${few(files)} cannot be opened`]),
    ...(values.length === 0 ? [] : [`the run will fail where it uses ${few(values)}`]),
  ];
  return `needs a vault password, which this version cannot give: ${will.join("; ")}; ${insteadOfVault}`;
}

const placeOf = ({ name, path, line }: Encrypted): string =>
  name === null ? `a value of ${path}:${line}` : `${name} (${path}:${line})`;

function few(names: readonly string[]): string {
  const more = names.length > maxNamed ? ` and ${names.length - maxNamed} more` : "";
  return `${names.slice(0, maxNamed).join(", ")}${more}`;
}
