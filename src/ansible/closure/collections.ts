/** A module that tasks name, and the first place where one does. */
export interface NamedModule {
  /** As written: `copy`, `docker_container`, `community.docker.docker_container`. */
  readonly name: string;
  /** `file:line`. */
  readonly source: string;
}

const inFull = /^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/;
/* Of a play, block, task or role. */
const keyword = /^[ \t]*(?:-[ \t]+)?collections[ \t]*:[ \t]*/gm;
/* A list in brackets, or what stands on the line with the lines of a list below it. */
const bracketed = /^\[[^\]]*\]/;
const listed = /^[^\n]*(?:\n[ \t]*(?:-[ \t][^\n]*|#[^\n]*)?)*/;
const comment = /(?:^|[ \t])#[^\n]*/gm;
const longest = 20_000;

/**
 * The collections in which a YAML text lets short names of modules be looked up: rather one too many than one too few. Ansible's own
 * are left out.
 */
export function findListedCollections(text: string): string[] {
  if (!text.includes("collections")) return [];
  const found = new Set<string>();
  for (const match of text.matchAll(keyword)) {
    const from = match.index + match[0].length;
    const rest = text.slice(from, from + longest);
    const [list = ""] = bracketed.exec(rest) ?? listed.exec(rest) ?? [];
    for (const [name] of list.replaceAll(comment, "").matchAll(/[\w.]+/g))
      if (inFull.test(name)) found.add(name);
  }
  return [...found].filter((name) => !/^ansible\.(?:builtin|legacy)$/.test(name));
}
