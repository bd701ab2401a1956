/** Most statements that a connection keeps: each costs PostgreSQL some ten kilobytes. */
const maxNames = 300;
/** Longer ones are lists whose length differs from call to call: the next is another statement. */
const maxParameters = 24;

/**
 * Names for the texts of statements: under a name a connection reads and plans a text once and not at every call. Undefined for
 * what is not worth it: nothing to fill in, a long list, or too many already.
 */
export function createStatementNames(): (text: string, parameters: readonly unknown[]) => string | undefined {
  const names = new Map<string, string>();
  return (text, { length }) => {
    if (length === 0 || length > maxParameters) return undefined;
    const known = names.get(text);
    if (known !== undefined || names.size >= maxNames) return known;
    const name = `s${names.size}`;
    names.set(text, name);
    return name;
  };
}
