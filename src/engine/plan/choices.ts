import type { HostTool, Unit } from "../../contracts/catalogue.ts";
import type { ExpectedChoice } from "../../contracts/plan.ts";
import { expectChoices, type KnownValue, type ToolState } from "../../understand/choices.ts";
import type { StepDraft } from "../request/draft.ts";
import { readHostValues, yieldsToInventory } from "./host-values.ts";

export interface ChoiceDeps {
  /** What is on the machine that Chiffon runs on, seen without starting or connecting to anything. */
  readonly findToolsHere: () => Promise<ReadonlyMap<HostTool, ToolState>>;
}

/**
 * What the unit of a step is expected to choose by itself, such as how it installs something and in which version. Only
 * files are read, and only the machine that Chiffon runs on is looked at: planning reaches no other host.
 */
export async function expectStepChoices(
  deps: ChoiceDeps,
  draft: StepDraft,
  ranBefore: boolean,
): Promise<ExpectedChoice[]> {
  const { unit, hosts } = draft;
  if (unit.choices.length === 0) return [];
  const here = hosts.some((host) => host.connection === "local") ? await deps.findToolsHere() : null;
  const names = unit.choices.flatMap(({ variable, version }) =>
    version === null ? [variable] : [variable, version],
  );
  const inventory = readHostValues(draft, new Set(names));
  return expectChoices(unit.choices, {
    hosts: hosts.map(({ name, connection }) => ({
      name,
      tools: connection === "local" ? here : null,
      valueOf: (variable) => valueOf(variable, { draft, inventory: inventory.get(name) }),
    })),
    ranBefore,
  });
}

/** The value by Ansible's precedence: passed by Chiffon, of the play, of the inventory for this host, a default. */
function valueOf(
  name: string,
  from: { draft: StepDraft; inventory: ReadonlyMap<string, string> | undefined },
): KnownValue | undefined {
  const { draft, inventory } = from;
  const passed = draft.vars.find((each) => each.name === name);
  if (passed !== undefined) return { value: scalar(passed.value), said: "as asked for" };
  const own = draft.unit.vars.find((variable) => variable.name === name);
  const listed = inventory?.get(name);
  if (listed !== undefined && yieldsToInventory(own))
    return { value: plain(listed), said: "set in the inventory" };
  return own === undefined ? undefined : defaultOf(own);
}

function defaultOf(variable: Unit["vars"][number]): KnownValue {
  const value = variable.default === undefined ? null : scalar(variable.default);
  return { value: value === null ? null : plain(value), said: `set at ${variable.source}` };
}

function scalar(value: unknown): string | null {
  if (value === null) return "";
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}

/** Undecided where Ansible has to work it out. */
const plain = (value: string): string | null => (/\{\{|\{%/.test(value) ? null : value);
