import { useEffect, useEffectEvent, useSyncExternalStore } from "react";
import type { EventList, StreamTicket } from "../../../src/contracts/api.ts";
import type { LiveEvent } from "../../../src/contracts/live.ts";
import { api } from "../api/client.ts";
import { createLive, type ConnectionState } from "./create-live.ts";

export const live = createLive({
  getTicket: async () => (await api.post<StreamTicket>("/stream/ticket")).ticket,
  openSocket: (ticket) => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    return new WebSocket(`${scheme}://${location.host}/api/v1/stream?ticket=${encodeURIComponent(ticket)}`);
  },
  fetchEvents: async (runId, after) =>
    (await api.get<EventList>(`/runs/${runId}/events?after=${after}`)).items,
  random: Math.random,
});

interface TopicOptions {
  /** Number of the newest event that is known already; without it a run begins at its start, hints where this page was. */
  readonly after?: number;
  readonly onEvent: (event: LiveEvent) => void;
  readonly enabled?: boolean;
}

/** Follows a topic while the component is shown: every event once, in order, without a gap across lost connections. */
export function useTopic(topic: string, { after, onEvent, enabled = true }: TopicOptions): void {
  const tell = useEffectEvent(onEvent);
  const start = useEffectEvent(() => after ?? (topic.startsWith("run:") ? 0 : live.seen(topic)));
  useEffect(() => {
    if (!enabled) return;
    return live.follow(topic, { last: start(), onEvent: (event) => tell(event) });
  }, [topic, enabled]);
}

/** Calls back when there is something new on a topic, a few hints at once; for lists that fetch themselves again. */
export function useHints(topic: string, onHint: () => void): void {
  const tell = useEffectEvent(onHint);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onEvent = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        tell();
      }, 200);
    };
    const stop = live.follow(topic, { last: live.seen(topic), onEvent });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [topic]);
}

/** How events reach this page right now. */
export function useConnection(): ConnectionState {
  return useSyncExternalStore(live.onState, live.state);
}
