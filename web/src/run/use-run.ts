import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef } from "react";
import type { LiveEvent } from "../../../src/contracts/live.ts";
import type { HostResult, Run } from "../../../src/contracts/run.ts";
import { api } from "../api/client.ts";
import { useTopic } from "../live/live.ts";
import { emptyRunView, reduceRunView, type RunView } from "./run-view.ts";

/** Events are taken together for this long: a run says hundreds of things a second, a person sees a few. */
const batchMs = 60;
/** And for this long at most while more of them keep coming: a page that draws after every few would never catch up. */
const longestBatchMs = 500;
const changesRun = /^(?:run\.state|task\.state|attempt\.(?:started|ended))$/;

export function runKey(runId: string): readonly string[] {
  return ["run", runId];
}

export interface RunOnPage {
  readonly view: RunView;
  readonly query: UseQueryResult<Run>;
}

/** Calls back when a batch is due and nothing else waits to be done. Returns what takes it back. */
function callWhenQuiet(callback: () => void): () => void {
  let idle: number | undefined;
  const timer = setTimeout(() => {
    // Not every browser tells when it is idle.
    if (typeof requestIdleCallback !== "function") callback();
    else idle = requestIdleCallback(callback, { timeout: longestBatchMs - batchMs });
  }, batchMs);
  return () => {
    clearTimeout(timer);
    if (idle !== undefined) cancelIdleCallback(idle);
  };
}

/** A run as it happens: what is fetched at the start, and every event since, through one reducer. */
export function useRun(runId: string): RunOnPage {
  const [view, change] = useReducer(reduceRunView, emptyRunView);
  const query = useQuery({
    queryKey: runKey(runId),
    queryFn: ({ signal }) => api.get<Run>(`/runs/${runId}`, { signal }),
  });
  const table = useQuery({
    queryKey: [...runKey(runId), "hosts"],
    queryFn: ({ signal }) => api.get<HostResult[]>(`/runs/${runId}/hosts`, { signal }),
    staleTime: Infinity,
  });
  const { refetch } = query;
  const fetchedSeq = useRef(0);
  const waiting = useRef<LiveEvent[]>([]);
  const cancelFlush = useRef<() => void>(undefined);
  const flush = useCallback(() => {
    const events = waiting.current;
    cancelFlush.current = undefined;
    waiting.current = [];
    change({ type: "events", events });
    // Stops, times and resources are in no event: how the run stands is fetched again whenever a state has changed.
    if (events.some((event) => event.seq > fetchedSeq.current && changesRun.test(event.type))) void refetch();
  }, [refetch]);
  const onEvent = useCallback(
    (event: LiveEvent): void => {
      waiting.current.push(event);
      cancelFlush.current ??= callWhenQuiet(flush);
    },
    [flush],
  );
  useEffect(
    () => () => {
      cancelFlush.current?.();
      cancelFlush.current = undefined;
    },
    [],
  );
  // An address may hold only the beginning of the id; the topic needs all of it.
  const wholeId = query.data?.id;
  useTopic(`run:${wholeId ?? runId}`, { after: 0, onEvent, enabled: wholeId !== undefined });
  useEffect(() => {
    if (query.data === undefined) return;
    fetchedSeq.current = query.data.lastSeq;
    change({ type: "fetched", run: query.data });
  }, [query.data]);
  useEffect(() => {
    if (table.data !== undefined) change({ type: "table", cells: table.data });
  }, [table.data]);
  return { view, query };
}
