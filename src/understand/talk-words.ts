import type { Unit } from "../contracts/catalogue.ts";
import { spokenName } from "./tokens.ts";

const doing: Readonly<Record<string, string>> = {
  deploy: "Deploy",
  configure: "Configure",
  update: "Update",
  restart: "Restart",
  backup: "Back up",
};

/** A sentence that asks for a unit: an example for people. */
export function exampleFor(unit: Pick<Unit, "name" | "verbs">): string {
  const name = spokenName(unit.name);
  const verb =
    unit.verbs.length === 0 || unit.verbs.includes("deploy")
      ? "deploy"
      : unit.verbs.find((each) => doing[each] !== undefined);
  const phrase = verb === undefined ? undefined : doing[verb];
  const said = unit.verbs.some((each) => name.split(" ").includes(each));
  return phrase === undefined || said ? `Run the playbook ${unit.name}` : `${phrase} ${name}`;
}

/** The example for a whole catalogue: something that deploys, when there is one. */
export function exampleOf(units: readonly Pick<Unit, "name" | "verbs" | "minor">[]): string {
  const shown = units.filter((unit) => !unit.minor);
  const best = shown.find((unit) => exampleFor(unit).startsWith("Deploy")) ?? shown[0];
  return best === undefined ? "Restart nginx on web1" : exampleFor(best);
}
