/** One empty list for all that have nothing to say: a large repository would have a hundred thousand of them. */
export const none: never[] = Object.freeze<never[]>([]) as never[];

/** The list, or {@link none} when there is nothing in it. */
export function orNone<Item>(list: Item[]): Item[] {
  return list.length === 0 ? none : list;
}
