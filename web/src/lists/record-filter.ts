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
    const text = parseWord(value);
    if (text === undefined) continue;
    if (name !== "since" && name !== "until") {
      filter[name] = text;
      continue;
    }
    const instant = parseInstant(text);
    if (instant !== undefined) filter[name] = instant;
  }
  return filter;
}

/** A text of an address; undefined when it is none. The router reads some words as numbers or truth values. */
export function parseWord(value: unknown): string | undefined {
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  if (typeof text !== "string" || text.trim() === "") return undefined;
  return text.trim();
}

/** As the server wants it; undefined for what is no time, or none that four digits name the year of. */
function parseInstant(text: string): string | undefined {
  const time = Date.parse(text);
  if (Number.isNaN(time)) return undefined;
  const instant = new Date(time).toISOString();
  return /^\d{4}-/.test(instant) ? instant : undefined;
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
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)) return "";
  return parseInstant(value) ?? "";
}
