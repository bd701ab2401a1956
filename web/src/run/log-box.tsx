import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
  type RefObject,
} from "react";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty } from "../ui/states.tsx";
import { heightOfLine, useLineGrid } from "./line-grid.ts";
import { LogLineRow } from "./log-line.tsx";
import { lineAt, type LogLine, type LogLines } from "./log-lines.ts";
import { hasBegun, isAtRest } from "./run-facts.ts";
import { plainText } from "./log-text.ts";
import type { RunView } from "./run-view.ts";

interface LogBoxProps {
  readonly view: RunView;
  /** Indexes of the lines to show; null = all. */
  readonly shown: readonly number[] | null;
  readonly hits: readonly number[];
  readonly current: number | null;
  readonly searching: boolean;
}

/** The lines themselves, in a box of their own. */
export function LogBox({ view, shown, hits, current, searching }: LogBoxProps): ReactNode {
  const { log, run } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const count = shown === null ? log.count : shown.length;
  const digits = Math.max(3, String(log.dropped + log.count).length);
  const steps = new Map((run?.tasks ?? []).map((task) => [task.id, task.step]));
  const { rows, lineOf } = useRows({ log, shown, scroller, digits, withStep: steps.size > 1 });
  const { following, setFollowing, onScroll } = useFollow({ rows, count, scroller, paused: searching });
  useEffect(() => {
    if (current !== null) rows.scrollToIndex(current, { align: "center" });
    // The virtualiser is one object for the life of the list.
  }, [current, rows]);
  const found = useMemo(() => new Set(hits), [hits]);
  if (count === 0)
    return (
      <Empty
        title={
          shown !== null
            ? "No output belongs to this."
            : run !== null && isAtRest(run.state)
              ? run.removed == null
                ? "No output."
                : "The output is no longer stored."
              : "No output yet."
        }
      >
        {silenceOf(run)}
      </Empty>
    );
  return (
    <div className="relative">
      <div
        ref={scroller}
        role="log"
        aria-live="polite"
        aria-label="Output of Ansible"
        tabIndex={0}
        onScroll={onScroll}
        className="max-h-[60vh] overflow-y-auto rounded-md border border-line bg-surface py-1 font-mono text-[0.8rem]/5"
      >
        <div className="relative w-full" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => {
            const line = lineOf(item.index);
            if (line === undefined) return null;
            return (
              <div
                key={item.key}
                data-index={item.index}
                ref={rows.measureElement}
                className="absolute top-0 left-0 w-full"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <LogLineRow
                  line={line}
                  digits={digits}
                  step={steps.size > 1 ? (steps.get(line.taskId) ?? null) : null}
                  found={item.index === current ? "current" : found.has(item.index) ? "yes" : "no"}
                />
              </div>
            );
          })}
        </div>
      </div>
      {following ? null : (
        <Button
          size="small"
          variant="primary"
          className="absolute right-4 bottom-3 shadow-md"
          onClick={() => setFollowing(true)}
        >
          <Icon name="down" />
          Follow
        </Button>
      )}
    </div>
  );
}

interface RowsOptions {
  readonly log: LogLines;
  readonly shown: readonly number[] | null;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly digits: number;
  readonly withStep: boolean;
}

/** The lines as rows of which only those in sight are in the page. */
function useRows({ log, shown, scroller, digits, withStep }: RowsOptions): {
  readonly rows: Virtualizer<HTMLDivElement, Element>;
  readonly lineOf: (index: number) => LogLine | undefined;
} {
  const count = shown === null ? log.count : shown.length;
  const grid = useLineGrid({ scroller, present: count > 0, digits, withStep });
  const lineOf = useCallback(
    (index: number) => lineAt(log, shown === null ? index : (shown[index] ?? -1)),
    [log, shown],
  );
  // What was measured belongs to the line, not to its place among those that are shown.
  const keyOf = useCallback((index: number) => lineOf(index)?.number ?? -index, [lineOf]);
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    getItemKey: keyOf,
    estimateSize: (index) => heightOfLine(lineOf(index)?.letters ?? 0, grid),
    overscan: 12,
    initialRect: { width: 800, height: 400 },
  });
  useLayoutEffect(() => rows.measure(), [grid, rows]);
  return { rows, lineOf };
}

/** Why there is nothing to read. */
function silenceOf(run: RunView["run"]): string {
  if (run === null || !isAtRest(run.state)) return "It appears here as Ansible works.";
  if (run.removed != null)
    return `Output and events were ${plainText(run.removed.reason)}. The record and the results per host stay.`;
  return hasBegun(run) ? "Ansible has said nothing." : "Ansible was not started.";
}

/** Pixels from the end within which somebody reads the newest lines. */
const nearEnd = 24;

interface FollowOptions {
  readonly rows: Virtualizer<HTMLDivElement, Element>;
  readonly count: number;
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** While somebody goes from place to place, new lines pull nobody away. */
  readonly paused: boolean;
}

interface Follow {
  readonly following: boolean;
  readonly setFollowing: (following: boolean) => void;
  readonly onScroll: () => void;
}

/** Keeps the newest line in sight until the reader scrolls up. */
function useFollow({ rows, count, scroller, paused }: FollowOptions): Follow {
  const [following, setFollowing] = useState(true);
  const lastTop = useRef(0);
  const height = rows.getTotalSize();
  useEffect(() => {
    if (following && !paused && count > 0) rows.scrollToIndex(count - 1, { align: "end" });
  }, [following, paused, count, height, rows]);
  const onScroll = (): void => {
    const element = scroller.current;
    if (element === null) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd;
    if (atEnd) setFollowing(true);
    else if (element.scrollTop < lastTop.current - 2) setFollowing(false);
    lastTop.current = element.scrollTop;
  };
  return { following, setFollowing, onScroll };
}
