/** What the Record page is filtered by; it is the query of its address. */
export interface RecordFilter {
  readonly status?: string;
  readonly service?: string;
  readonly actor?: string;
  readonly q?: string;
  readonly since?: string;
  readonly until?: string;
  readonly run?: string;
  readonly task?: string;
}

const names = ["status", "service", "actor", "q", "since", "until", "run", "task"] as const;
export type FilterName = (typeof names)[number];

/** The filter that an address asks for; what is no text, or empty, is left out. */
export function parseRecordFilter(search: Readonly<Record<string, unknown>>): RecordFilter {
  const filter: { -readonly [Name in FilterName]?: string } = {};
  for (const name of names) {
    const value = search[name];
    // The router reads a digit-only word as a number.
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text !== "string" || text.trim() === "") continue;
    if ((name === "since" || name === "until") && Number.isNaN(Date.parse(text))) continue;
    filter[name] = text.trim();
  }
  return filter;
}

/** The filter with one part changed; an empty value takes the part away. */
export function changeFilter(filter: RecordFilter, name: FilterName, value: string): RecordFilter {
  return parseRecordFilter({ ...filter, [name]: value });
}

/** `2026-11-22T15:33` in the browser's time zone, as the field for a time wants it. */
export function toLocalField(instant: string | undefined): string {
  if (instant === undefined) return "";
  const date = new Date(instant);
  const pad = (value: number, length = 2): string => String(value).padStart(length, "0");
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** The instant of such a field; empty while it is not complete. */
export function fromLocalField(value: string): string {
  // `Date` reads half a date as the first of the month.
  if (!/^\d{4,}-\d\d-\d\dT\d\d:\d\d/.test(value)) return "";
  const time = new Date(value).getTime();
  return Number.isNaN(time) ? "" : new Date(time).toISOString();
}
