import type { StepChecks } from "./facts.ts";

/** Names whose value a preview has wrong or not at all, on one host. */
export interface Taint {
  add(name: string, why: string): void;
  /** Why the first of these names cannot be believed; undefined when all can. */
  find(names: readonly string[]): string | undefined;
}

/** Every condition on it turns out differently in a real run. */
const checkMode = "ansible_check_mode";
const deepest = 20;

/** A variable whose value reads such a name is such a name itself. */
export function createTaint(variables: StepChecks["variables"]): Taint {
  const known = new Map([[checkMode, "it asks whether this is a preview"]]);
  const look = (name: string, open: readonly string[]): string | undefined => {
    const direct = known.get(name);
    if (direct !== undefined) return direct;
    if (open.includes(name) || open.length > deepest) return undefined;
    for (const inner of variables.get(name) ?? []) {
      const why = look(inner, [...open, name]);
      if (why !== undefined) return why;
    }
    return undefined;
  };
  return {
    add: (name, why) => void known.set(name, why),
    find(names) {
      for (const name of names) {
        const why = look(name, []);
        if (why !== undefined) return why;
      }
      return undefined;
    },
  };
}
