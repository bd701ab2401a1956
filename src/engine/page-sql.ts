import { sql, type RawBuilder } from "kysely";
import { ChiffonError } from "../domain/errors.ts";
import type { Page } from "./engine.ts";

/**
 * Lists that are ordered by a time, newest first, and by id where times are equal: several things come in the same millisecond.
 * The cursor names the last item of a page by both.
 */
interface Ordered {
  readonly time: string;
  readonly id: string;
}

/** Cuts the extra row off that shows whether there is a next page. */
export function toPage<T extends { readonly id: string }>(
  items: readonly T[],
  { limit, time }: { limit: number; time: (item: T) => string },
): Page<T> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  const more = items.length > limit && last !== undefined;
  return { items: page, next: more ? `${time(last)}~${last.id}` : null };
}

/**
 * What comes behind the cursor.
 * @param columns of time and id, with their table
 * @throws ChiffonError `bad-input` for a cursor of another list
 */
export function isBehind(cursor: string, columns: Ordered): RawBuilder<boolean> {
  const { at, id } = parseCursor(cursor);
  const [time, own] = [sql.ref(columns.time), sql.ref(columns.id)];
  return sql<boolean>`(${time} < ${at} OR (${time} = ${at} AND ${own} > ${id}::uuid))`;
}

function parseCursor(cursor: string): { at: Date; id: string } {
  const [, time = "", id = ""] =
    /^([0-9T:.Z-]{20,30})~([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(cursor) ?? [];
  const at = new Date(time);
  if (id === "" || Number.isNaN(at.getTime()))
    throw new ChiffonError("bad-input", "the cursor is not one of this list", {
      hint: "Ask for the first page without a cursor, then use the `next` of each answer.",
    });
  return { at, id };
}
