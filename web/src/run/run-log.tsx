import { useMutation } from "@tanstack/react-query";
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import {
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
  type RefObject,
} from "react";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty, Failed } from "../ui/states.tsx";
import { downloadLog } from "./download-log.ts";
import { LogLineRow } from "./log-line.tsx";
import { filterLines, lineAt, searchLines } from "./log-lines.ts";
import { LogSearch } from "./log-search.tsx";
import { isOver } from "./run-facts.ts";
import type { RunView } from "./run-view.ts";
import { describeSelection, filterOf, type Selection } from "./selection.ts";

interface RunLogProps {
  readonly view: RunView;
  readonly runId: string;
  readonly selection: Selection | null;
  readonly onClear: () => void;
}

/** Ansible's own output as it comes, all of it or of what was chosen in the table. */
export function RunLog({ view, runId, selection, onClear }: RunLogProps): ReactNode {
  const { log } = view;
  const [words, setWords] = useState("");
  const [place, setPlace] = useState(0);
  const download = useMutation({ mutationFn: () => downloadLog(runId) });
  const shown = useMemo(
    () => (selection === null ? null : filterLines(log, filterOf(view, selection))),
    [log, selection, view],
  );
  const wanted = useDeferredValue(words);
  const hits = useMemo(() => searchLines(log, shown, wanted), [log, shown, wanted]);
  const at = hits.length === 0 ? -1 : place % hits.length;
  return (
    <Card
      title="Output"
      actions={
        <Button size="small" busy={download.isPending} onClick={() => download.mutate()}>
          <Icon name="download" />
          Download
        </Button>
      }
    >
      <LogSearch
        words={words}
        at={at}
        count={hits.length}
        onWords={(next) => {
          setWords(next);
          setPlace(0);
        }}
        onMove={(by) => setPlace(at + by + hits.length)}
      />
      {selection === null ? null : (
        <p className="mb-2 flex flex-wrap items-center gap-2 text-sm">
          <Badge tone="info" icon="search">
            Only {describeSelection(view, selection)}
          </Badge>
          <Button size="small" variant="ghost" onClick={onClear}>
            Show everything
          </Button>
        </p>
      )}
      {download.error === null ? null : <Failed error={download.error} onRetry={() => download.mutate()} />}
      {log.dropped === 0 ? null : (
        <p className="mb-2 text-sm text-muted">
          The first {log.dropped.toLocaleString()} lines are in the download; the search does not see them.
        </p>
      )}
      <Lines view={view} shown={shown} hits={hits} current={hits[at] ?? null} searching={wanted !== ""} />
    </Card>
  );
}

interface LinesProps {
  readonly view: RunView;
  /** Indexes of the lines to show; null = all. */
  readonly shown: readonly number[] | null;
  readonly hits: readonly number[];
  readonly current: number | null;
  readonly searching: boolean;
}

function Lines({ view, shown, hits, current, searching }: LinesProps): ReactNode {
  const { log, run } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const count = shown === null ? log.count : shown.length;
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    overscan: 12,
    initialRect: { width: 800, height: 400 },
  });
  const { following, setFollowing, onScroll } = useFollow({ rows, count, scroller, paused: searching });
  useEffect(() => {
    if (current !== null) rows.scrollToIndex(current, { align: "center" });
    // The virtualiser is one object for the life of the list.
  }, [current, rows]);
  const found = useMemo(() => new Set(hits), [hits]);
  const steps = new Map((run?.tasks ?? []).map((task) => [task.id, task.step]));
  if (count === 0)
    return (
      <Empty title={shown === null ? "No output yet." : "No output belongs to this."}>
        {run !== null && isOver(run.state)
          ? "Ansible has said nothing."
          : "It appears here as Ansible works."}
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
        className="h-[60vh] min-h-60 overflow-y-auto rounded-md border border-line bg-surface py-1 font-mono text-[0.8rem]/5"
      >
        <div className="relative w-full" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => {
            const line = lineAt(log, shown === null ? item.index : (shown[item.index] ?? -1));
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
