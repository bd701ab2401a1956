import type { Intent } from "../contracts/intent.ts";
import type { IndexedUnit, UnitIndex } from "./unit-index.ts";

/** Units that a wish names by their file ("site.yml", "playbooks/web.yml") or, with the word playbook, by a general name. */
export function findByPath(intent: Intent, index: UnitIndex): IndexedUnit[] {
  const text = intent.text.toLowerCase();
  const files = text.match(/[\w./-]+\.ya?ml\b/g) ?? [];
  const named = /\b(?:the )?([\w-]+) playbook\b|\bplaybook ([\w-]+)/.exec(text);
  const name = named?.[1] ?? named?.[2];
  return index.items.filter(({ unit }) => {
    const path = unit.path.toLowerCase();
    if (files.some((file) => path === file || path.endsWith(`/${file.replace(/^\.?\//, "")}`))) return true;
    return name !== undefined && unit.name.toLowerCase() === name;
  });
}
