/**
 * The version that both sides speak: the same major version, and the smaller of the minor versions, because a newer side knows
 * what an older one says. Undefined when there is none.
 */
export function agreeOnVersion(offered: readonly string[], ours: string): string | undefined {
  const mine = parse(ours);
  if (mine === undefined) return undefined;
  const minors = offered.flatMap((text) => {
    const version = parse(text);
    return version?.major === mine.major ? [version.minor] : [];
  });
  return minors.length === 0 ? undefined : `${mine.major}.${Math.min(mine.minor, Math.max(...minors))}`;
}

function parse(text: string): { major: number; minor: number } | undefined {
  const [, major, minor] = /^(\d{1,5})\.(\d{1,5})$/.exec(text) ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}
