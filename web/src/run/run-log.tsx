import { useMutation } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState, type ReactNode } from "react";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Icon } from "../ui/icon.tsx";
import { Failed } from "../ui/states.tsx";
import { downloadLog } from "./download-log.ts";
import { LogBox } from "./log-box.tsx";
import { filterLines, searchLines } from "./log-lines.ts";
import { LogSearch } from "./log-search.tsx";
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
  const gone = view.run?.removed != null && log.count === 0;
  return (
    <Card
      title="Output"
      actions={
        gone ? null : (
          <Button size="small" busy={download.isPending} onClick={() => download.mutate()}>
            <Icon name="download" />
            Download
          </Button>
        )
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
      <LogBox view={view} shown={shown} hits={hits} current={hits[at] ?? null} searching={wanted !== ""} />
    </Card>
  );
}
