import type { ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { Field, Input } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";

interface LogSearchProps {
  readonly words: string;
  /** Which of the places was gone to last, from 0; -1 for none. */
  readonly at: number;
  readonly count: number;
  readonly onWords: (words: string) => void;
  readonly onMove: (by: 1 | -1) => void;
}

/** Finds words in the output that is shown; enter goes to the next place. */
export function LogSearch({ words, at, count, onWords, onMove }: LogSearchProps): ReactNode {
  return (
    <search>
      <form
        className="mb-2 flex flex-wrap items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          onMove(1);
        }}
      >
        <Field label="Search the output" hideLabel className="min-w-40 flex-1">
          {(ids) => (
            <Input
              {...ids}
              data-search
              type="search"
              placeholder="Search the output"
              value={words}
              onChange={(event) => onWords(event.target.value)}
            />
          )}
        </Field>
        <span aria-live="polite" className="text-sm text-muted tabular-nums">
          {words === "" ? "" : count === 0 ? "Not found" : `${at + 1} of ${count.toLocaleString()}`}
        </span>
        <Button size="small" aria-label="Place before" disabled={count === 0} onClick={() => onMove(-1)}>
          <Icon name="up" />
        </Button>
        <Button size="small" type="submit" aria-label="Next place" disabled={count === 0}>
          <Icon name="down" />
        </Button>
      </form>
    </search>
  );
}
