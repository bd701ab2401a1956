/** A mapping as read from YAML; use {@link field}: names such as `constructor` must not reach the prototype. */
export type YamlMapping = Record<string, unknown>;

/** Stands for a `!vault` value: there is one, and Chiffon never looks inside. */
export const vaulted = Object.freeze({ vaulted: true });

export function isVaulted(value: unknown): boolean {
  return value === vaulted;
}

export function isMapping(value: unknown): value is YamlMapping {
  return typeof value === "object" && value !== null && !Array.isArray(value) && value !== vaulted;
}

/** True for a vaulted value, and for a list or mapping with one inside. */
export function holdsVaulted(value: unknown, depth = 20): boolean {
  if (value === vaulted) return true;
  if (typeof value !== "object" || value === null || depth === 0) return false;
  return Object.values(value).some((part) => holdsVaulted(part, depth - 1));
}

/** Own field of a mapping, or undefined. */
export function field(mapping: YamlMapping, name: string): unknown {
  return Object.hasOwn(mapping, name) ? mapping[name] : undefined;
}

/** Text of a scalar (string, number, boolean), else undefined. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return undefined;
}

/** True when Ansible would render it before use, so that parsing alone cannot know the value. */
export function isTemplated(text: string): boolean {
  return text.includes("{{") || text.includes("{%");
}

/** Texts of a scalar or of a list of scalars; other items are left out. */
export function textList(value: unknown): string[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.map(scalarText).filter((text) => text !== undefined);
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Plain JSON of a value; undefined when some of it is vaulted or it has more than `budget` parts. */
export function jsonOf(value: unknown, budget = 2_000): Json | undefined {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const left = { parts: budget };
  const walk = (part: unknown): Json | undefined => {
    left.parts -= 1;
    if (left.parts < 0 || part === undefined || part === vaulted) return undefined;
    if (part === null || typeof part === "string" || typeof part === "boolean") return part;
    if (typeof part === "number") return Number.isFinite(part) ? part : String(part);
    const entries = Array.isArray(part)
      ? part.map((item: unknown, index) => [String(index), item] as const)
      : Object.entries(part);
    const made: [string, Json][] = [];
    for (const [name, item] of entries) {
      const json = walk(item);
      if (json === undefined) return undefined;
      made.push([name, json]);
    }
    return Array.isArray(part) ? made.map(([, item]) => item) : Object.fromEntries(made);
  };
  return walk(value);
}
