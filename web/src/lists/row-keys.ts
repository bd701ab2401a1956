/** Which row j or k leads to; undefined when the key means nothing here. `current` is -1 when no row has the focus. */
export function decideRow(key: string, current: number, count: number): number | undefined {
  if (count === 0) return undefined;
  if (key === "j") return Math.min(current + 1, count - 1);
  if (key === "k") return current === -1 ? count - 1 : Math.max(current - 1, 0);
  return undefined;
}
