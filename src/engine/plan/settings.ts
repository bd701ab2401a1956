import { findVariableSource } from "../../ansible/inventory/find-source.ts";
import type { UnitVariable } from "../../contracts/catalogue.ts";
import type { StepSetting } from "../../contracts/plan.ts";
import type { StepDraft } from "../request/draft.ts";
import { readHostValues, variableFolders, yieldsToInventory } from "./host-values.ts";

const maxSettings = 60;
const maxLength = 500;
const groupVars = /(^|\/)group_vars(\/|\.)/;
/* A repository should not hold them in the open; where it does, a plan does not spread them. */
const secretName = /pass(?:word|wd|phrase)?|secret|token|api_?key|private_?key|credential|salt/i;

type Value = StepSetting["value"];

/** The variables of the unit that Chiffon does not pass, each with the value and the place that count. */
export function listSettings(draft: StepDraft): StepSetting[] {
  const passed = new Set(draft.vars.map((each) => each.name));
  const secrets = new Set(draft.unit.secrets.map((each) => each.name));
  const open = draft.unit.vars.filter(
    ({ name }) => !passed.has(name) && !secrets.has(name) && !name.startsWith("ansible_"),
  );
  if (open.length === 0) return [];
  const listed = readHostValues(draft, new Set(open.map((variable) => variable.name)));
  const found: StepSetting[] = [];
  for (const variable of open) {
    if (found.length >= maxSettings) break;
    found.push(...settingsOf(variable, { draft, listed }));
  }
  return found.slice(0, maxSettings);
}

function settingsOf(
  variable: UnitVariable,
  { draft, listed }: { draft: StepDraft; listed: ReturnType<typeof readHostValues> },
): StepSetting[] {
  const { name, source } = variable;
  const counts = yieldsToInventory(variable);
  const byValue = Map.groupBy(draft.hosts, (host) => (counts ? listed.get(host.name)?.get(name) : undefined));
  return [...byValue].flatMap(([value, hosts]): StepSetting[] => {
    const [first] = hosts;
    const only = byValue.size === 1 ? [] : hosts.map((host) => host.name);
    if (value !== undefined && first !== undefined) {
      const at = { ...placeOf(draft), host: first.name, groups: first.groups, name, value };
      const known = groupVars.test(source) && isWritten(variable.default, value);
      const found = known ? source : (findVariableSource(at) ?? draft.place.inventory.path);
      return [{ name, value: shown(name, value), origin: "inventory", source: found, hosts: only }];
    }
    if (variable.default === undefined) return [];
    const origin = groupVars.test(source) ? "inventory" : "default";
    return [{ name, value: shown(name, variable.default), origin, source, hosts: only }];
  });
}

/** Whether the inventory's text is this default: a number is read as its digits. */
const isWritten = (own: UnitVariable["default"], value: string): boolean =>
  [value, JSON.stringify(value)].includes(JSON.stringify(own) ?? "");

const placeOf = (draft: StepDraft) => ({
  root: draft.place.read.catalogue.root,
  path: draft.place.inventory.path,
  folders: variableFolders(draft),
});

function shown(name: string, value: Value): Value {
  return secretName.test(name) || JSON.stringify(value).length > maxLength ? null : value;
}
