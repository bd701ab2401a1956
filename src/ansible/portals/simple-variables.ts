import { isMapping, scalarText } from "../yaml/values.ts";

const maxDepth = 5;
const maxLength = 4_000;

/** Plain values of variables, for addresses such as `https://wiki.{{ domain }}`. Nothing is evaluated. */
export interface SimpleVariables {
  /** Keeps the scalars of a mapping. `weak`: role defaults, which everything else overrides. */
  keep(mapping: unknown, weak: boolean): void;
  /** The text with `{{ name }}` put in where exactly one value is known; the rest stays as written. */
  fill(text: string): string;
}

export function createSimpleVariables(): SimpleVariables {
  const strong = new Map<string, Set<string>>();
  const weak = new Map<string, Set<string>>();
  const find = (name: string): string | undefined => {
    const values = strong.get(name) ?? weak.get(name);
    // Different hosts may have different values: a guess would point at the wrong machine.
    return values?.size === 1 ? [...values][0] : undefined;
  };
  const fill = (text: string, depth: number): string => {
    if (depth > maxDepth || text.length > maxLength || !text.includes("{{")) return text;
    return text.replaceAll(/\{\{[ \t]{0,20}([A-Za-z_]\w{0,99})[ \t]{0,20}\}\}/g, (written, name: string) => {
      const value = find(name);
      return value === undefined ? written : fill(value, depth + 1);
    });
  };
  return {
    keep(mapping, isWeak) {
      if (!isMapping(mapping)) return;
      const into = isWeak ? weak : strong;
      for (const [name, value] of Object.entries(mapping)) {
        const text = scalarText(value);
        if (text === undefined || text.length > maxLength) continue;
        const values = into.get(name);
        if (values === undefined) into.set(name, new Set([text]));
        else if (values.size < 2) values.add(text);
      }
    },
    fill: (text) => fill(text, 0),
  };
}
