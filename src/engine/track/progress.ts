import type { Progress } from "../../contracts/agent-protocol.ts";
import type { RunEventBody } from "../../contracts/live.ts";
import type { CoreDeps } from "../core-deps.ts";
import { storePiece, type AttemptKey, type Cell, type OwnAttempt } from "./sql.ts";

/** Stores progress in order: the events of the run's topic, and the table of results that follows from them. */
export async function storeProgress(
  deps: CoreDeps,
  key: OwnAttempt,
  work: { from: number; progress: readonly Progress[] },
): Promise<boolean> {
  const { from, progress } = work;
  const heads = progress.flatMap((each, index) => {
    if (each.kind !== "ansible-task") return [];
    const { key: id, name, module, source } = each;
    return [{ position: from + index, key: id, name, module, source }];
  });
  return await storePiece(deps.db, key, {
    at: deps.clock.now(),
    from,
    heads,
    cells: collectCells(progress),
    bodies: progress.map((each) => toEvent(key, each)),
  });
}

/** One cell per host and ansibleTask: the last word in this batch, with the time of its start if that is in it too. */
export function collectCells(progress: readonly Progress[]): Cell[] {
  const cells = new Map<string, Cell>();
  for (const each of progress) {
    if (each.kind !== "host-started" && each.kind !== "host-result") continue;
    // Results of single loop items are events; the cell waits for the result of the whole loop.
    if (each.kind === "host-result" && each.item !== null) continue;
    const id = JSON.stringify([each.key, each.host]);
    const { key, host } = each;
    if (each.kind === "host-started")
      cells.set(id, { key, host, status: "running", startedAt: each.at, endedAt: null, message: null });
    else
      cells.set(id, {
        key,
        host,
        status: each.status,
        startedAt: cells.get(id)?.startedAt ?? null,
        endedAt: each.at,
        message: each.message,
      });
  }
  return [...cells.values()];
}

function toEvent(attempt: AttemptKey, progress: Progress): RunEventBody {
  const of = { taskId: attempt.taskId, attempt: attempt.attempt };
  switch (progress.kind) {
    case "play":
      return { type: "ansible.play", data: { ...of, name: progress.name } };
    case "ansible-task": {
      const { kind: _, ...rest } = progress;
      return { type: "ansible.task", data: { ...of, ...rest } };
    }
    case "host-started": {
      const { kind: _, ...rest } = progress;
      return { type: "host.started", data: { ...of, ...rest } };
    }
    case "host-result": {
      const { kind: _, duration_ms, ...rest } = progress;
      return { type: "host.result", data: { ...of, ...rest, durationMs: duration_ms } };
    }
    case "diff": {
      const { kind: _, ...rest } = progress;
      return { type: "host.diff", data: { ...of, ...rest } };
    }
  }
}
