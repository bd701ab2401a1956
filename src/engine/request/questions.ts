import type { Inventory, Unit, UnitVariable } from "../../contracts/catalogue.ts";
import type { MatchedIntent } from "../../contracts/intent.ts";
import type { Question } from "../../contracts/request.ts";
import type { OfferedKey } from "../host-keys/sql.ts";

export function unitQuestion(intent: MatchedIntent, index: number): Question {
  return {
    id: `unit:${index}`,
    kind: "unit",
    step: index,
    text: `What should run for "${intent.text}"?${intent.note === undefined ? "" : ` (${intent.note})`}`,
    options: [
      ...intent.candidates.slice(0, 5).map((candidate) => ({
        value: candidate.id,
        label: `${candidate.name} (${candidate.path}): ${candidate.evidence}`,
      })),
      { value: "leave out", label: "leave this step out" },
    ],
    free: false,
    answer: null,
  };
}

export function variableQuestion(unit: Unit, variable: UnitVariable, id: string): Question {
  return {
    id,
    kind: "variable",
    step: Number(id.split(":")[1]),
    text: `${unit.name} needs a value for ${variable.name} (${variable.source}).${aboutVariable(variable)}`,
    options: valuesOf(variable).map((value) => ({ value, label: value })),
    free: valuesOf(variable).length === 0,
    answer: null,
  };
}

/** What the repository says about it: the text of a prompt, or a role's argument_specs. */
function aboutVariable({ prompt, description, type }: UnitVariable): string {
  const said = [prompt, description].flatMap((text) => (text === undefined ? [] : [` ${text}`])).join("");
  return type === undefined || type === "str" || type === "raw" ? said : `${said} (${type})`;
}

const maxValues = 50;

function valuesOf({ choices, type }: UnitVariable): string[] {
  if (choices !== undefined && choices.length <= maxValues) return choices;
  return type === "bool" ? ["true", "false"] : [];
}

export function hostsQuestion(index: number, inventory: Inventory, text: string): Question {
  const names = inventory.hosts.map((host) => host.name);
  return {
    id: `hosts:${index}`,
    kind: "hosts",
    step: index,
    text,
    options: names.slice(0, 20).map((name) => ({ value: name, label: name })),
    // Several at once: names with commas between them.
    free: true,
    answer: null,
  };
}

export function conditionQuestion(intent: MatchedIntent, index: number): Question {
  return {
    id: `condition:${index}`,
    kind: "condition",
    step: index,
    text: `Chiffon cannot check "${intent.condition ?? ""}" by itself. What about "${intent.text}"?`,
    options: [
      { value: "always", label: "run it in any case" },
      { value: "leave out", label: "leave this step out" },
    ],
    free: false,
    answer: null,
  };
}

export function hostKeyQuestion(host: string, keys: readonly OfferedKey[]): Question {
  const [first] = keys;
  const shown = keys.map((key) => key.fingerprint).join(", ");
  return {
    id: `host_key:${first?.address ?? host}:${first?.port ?? 22}`,
    kind: "host_key",
    step: null,
    text: `${host} is not known yet. It answers with the key ${shown}. Compare it with what the machine itself shows (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub). Is it the right machine?`,
    options: [
      { value: fingerprintsOf(keys), label: "yes, accept this key from now on" },
      { value: "no", label: "no" },
    ],
    free: false,
    answer: null,
  };
}

/** The answer names the fingerprints, so that a key that changes in between is not accepted by an old "yes". */
export function fingerprintsOf(keys: readonly OfferedKey[]): string {
  return keys.map((key) => key.fingerprint).join(", ");
}

export function secretQuestion(unit: Unit, name: string): Question {
  const prompt = unit.secrets.find((secret) => secret.name === name)?.prompt;
  const asked = prompt === undefined ? "" : ` ("${prompt}")`;
  return {
    id: `secret:${name}`,
    kind: "secret",
    step: null,
    text: `${unit.name} needs the secret ${name}${asked}, which is not set. Set it with: chiffon secret set ${name} (then answer "done")`,
    options: [{ value: "done", label: "it is set now" }],
    free: false,
    answer: null,
  };
}

/** Something in the words that no single variable fits. */
export function doubtQuestion(text: string, at: { step: number; number: number }): Question {
  return {
    id: `doubt:${at.step}:${at.number}`,
    kind: "variable",
    step: at.step,
    text,
    options: [{ value: "go on", label: "go on without it" }],
    free: false,
    answer: null,
  };
}

/** The answer that takes every list. */
export const allPortals = "all of them";
const maxPortalOptions = 20;

/** Several lists of portals: only a person knows which one is meant. */
export function portalsQuestion(
  step: { index: number; unit: Unit },
  lists: readonly { value: string; label: string }[],
  merged: number,
): Question {
  const few = lists.slice(0, maxPortalOptions);
  return {
    id: `portals:${step.index}`,
    kind: "portals",
    step: step.index,
    text: `${lists.length} lists of portals were found. Which one should ${step.unit.name} get?`,
    options: [
      ...few,
      { value: allPortals, label: `${allPortals}, without duplicates: ${merged} portals` },
      { value: "leave out", label: "leave this step out" },
    ],
    free: false,
    answer: null,
  };
}
