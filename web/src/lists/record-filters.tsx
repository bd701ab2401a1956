import { useEffect, useEffectEvent, useState, type ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { Field, Input, Select } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import {
  changeFilter,
  fromLocalField,
  toLocalField,
  type FilterName,
  type RecordFilter,
} from "./record-filter.ts";

interface RecordFiltersProps {
  readonly filter: RecordFilter;
  /** Gets what the filter becomes out of what it is by then: two fields may change at once. */
  readonly onChange: (edit: (before: RecordFilter) => RecordFilter) => void;
}

const statuses: readonly (readonly [value: string, text: string])[] = [
  ["", "Any"],
  ["failed,unknown", "Failed or unknown"],
  ["succeeded", "Succeeded"],
  ["failed", "Failed"],
  ["unknown", "Unknown"],
  ["cancelled", "Cancelled"],
  ["approved", "Approved"],
  ["rejected", "Rejected"],
];

/** All given conditions hold together. */
export function RecordFilters({ filter, onChange }: RecordFiltersProps): ReactNode {
  const set = (name: FilterName) => (value: string) =>
    onChange((before) => changeFilter(before, name, value));
  const known = statuses.some(([value]) => value === (filter.status ?? ""));
  return (
    <section aria-label="Filters" className="flex flex-col gap-3">
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Field label="Text" className="col-span-2 sm:col-span-1">
          {(ids) => (
            <TypedInput
              {...ids}
              type="search"
              data-search
              placeholder="Anywhere ( / )"
              text={filter.q}
              onText={set("q")}
            />
          )}
        </Field>
        <Field label="Status">
          {(ids) => (
            <Select
              {...ids}
              value={filter.status ?? ""}
              onChange={(event) => set("status")(event.target.value)}
            >
              {statuses.map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
              {known ? null : <option value={filter.status}>{filter.status}</option>}
            </Select>
          )}
        </Field>
        <Field label="Service">
          {(ids) => <TypedInput {...ids} text={filter.service} onText={set("service")} />}
        </Field>
        <Field label="Who" className="col-span-2 sm:col-span-1">
          {(ids) => <TypedInput {...ids} text={filter.actor} onText={set("actor")} />}
        </Field>
        <Field label="From" className="col-span-2 sm:col-span-1">
          {(ids) => <TimeInput {...ids} instant={filter.since} onInstant={set("since")} />}
        </Field>
        <Field label="To" className="col-span-2 sm:col-span-1">
          {(ids) => <TimeInput {...ids} instant={filter.until} onInstant={set("until")} />}
        </Field>
      </div>
      <Chips filter={filter} onChange={onChange} />
    </section>
  );
}

/** Conditions that come from links of other pages. */
function Chips({ filter, onChange }: RecordFiltersProps): ReactNode {
  const given = (["run", "task"] as const).filter((name) => filter[name] !== undefined);
  if (Object.keys(filter).length === 0) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {given.map((name) => (
        <Button key={name} size="small" onClick={() => onChange((before) => changeFilter(before, name, ""))}>
          Only {name} <span className="font-mono">{filter[name]?.slice(0, 8)}</span>
          <Icon name="cross" label="take away" />
        </Button>
      ))}
      <Button size="small" variant="ghost" onClick={() => onChange(() => ({}))}>
        Take all filters away
      </Button>
    </div>
  );
}

interface TypedInputProps {
  readonly id: string;
  readonly type?: string;
  readonly placeholder?: string;
  readonly text: string | undefined;
  readonly onText: (text: string) => void;
}

const pause = 300;

/** Tells what was typed after a short pause, and shows what was changed elsewhere. */
function TypedInput({ text = "", onText, ...props }: TypedInputProps): ReactNode {
  const [typed, setTyped] = useState(text);
  const [before, setBefore] = useState(text);
  if (text !== before) {
    setBefore(text);
    if (text !== typed.trim()) setTyped(text);
  }
  const tell = useEffectEvent((value: string) => {
    if (value.trim() !== text) onText(value);
  });
  useEffect(() => {
    const timer = setTimeout(() => tell(typed), pause);
    return () => clearTimeout(timer);
  }, [typed]);
  return <Input {...props} value={typed} onChange={(event) => setTyped(event.target.value)} />;
}

interface TimeInputProps {
  readonly id: string;
  readonly instant: string | undefined;
  readonly onInstant: (instant: string) => void;
}

/** Before it, the year is still being typed. */
const firstYear = 1970;
const timePause = 800;

/** Follows what is typed or picked after a pause, and at once on Enter or when it is left. */
function TimeInput({ instant, onInstant, ...props }: TimeInputProps): ReactNode {
  const [typed, setTyped] = useState(() => toLocalField(instant));
  const [before, setBefore] = useState(instant);
  if (instant !== before) {
    setBefore(instant);
    if (toLocalField(instant) !== typed) setTyped(toLocalField(instant));
  }
  const tell = useEffectEvent((value: string) => {
    if (value === toLocalField(instant) || Number(value.slice(0, 4) || firstYear) < firstYear) return;
    onInstant(fromLocalField(value));
  });
  useEffect(() => {
    const timer = setTimeout(() => tell(typed), timePause);
    return () => clearTimeout(timer);
  }, [typed]);
  const tellNow = (): void => {
    if (typed !== toLocalField(instant)) onInstant(fromLocalField(typed));
  };
  return (
    <Input
      {...props}
      type="datetime-local"
      max="9999-12-31T23:59"
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={tellNow}
      onKeyDown={(event) => {
        if (event.key === "Enter") tellNow();
      }}
    />
  );
}
