const maxFound = 200;
const inline = /^\s*(?:-\s+)*(?:["']?([A-Za-z_][\w-]*)["']?\s*:\s*)?!vault(?:-encrypted)?\b/;

/** True for a file that is encrypted as a whole. */
export function isVaultText(text: string): boolean {
  return text.startsWith("$ANSIBLE_VAULT");
}

/** Where a text needs a vault password: name and 1-based line of each `!vault` value, both null for the whole file. */
export function findVaulted(text: string): { name: string | null; line: number | null }[] {
  if (isVaultText(text)) return [{ name: null, line: null }];
  if (!text.includes("!vault")) return [];
  const found: { name: string | null; line: number | null }[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const match = inline.exec(line);
    if (match !== null && found.length < maxFound) found.push({ name: match[1] ?? null, line: index + 1 });
  }
  return found;
}
