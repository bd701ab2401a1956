/** The file of a `file:line`. */
export const fileOf = (source: string): string => source.slice(0, source.lastIndexOf(":"));

/** Whether a name of a task file or role, as written, can mean this file; rather one too many. */
export function isBrought(path: string, written: string): boolean {
  const name = written.replace(/^(?:\.\.?\/)+/, "");
  if (/\.ya?ml$/.test(name)) {
    const pattern = name.split(/\{\{[^}]*\}\}/);
    return pattern.length === 1
      ? path === name || path.endsWith(`/${name}`)
      : path.includes(pattern[0] ?? "") && path.endsWith(pattern.at(-1) ?? "");
  }
  const role = name.split("/").at(-1) ?? name;
  return path.startsWith(`roles/${role}/`) || path.includes(`/roles/${role}/`);
}
