import type { Parallel } from "../../contracts/vocabulary.ts";
import type { WaitingTask } from "./queue.ts";

/** A task for tests of the queue: `web1 web2` are hosts, `web1/nginx` is a service there, `web1?` only reads there. */
export function waitingTask(name: string, wants: string, run = name): WaitingTask {
  const words = wants.split(" ");
  const isOf = (mark: string) => words.every((word) => word.includes(mark));
  const parallel: Parallel | null = isOf("/") ? "service" : isOf("?") ? "read" : null;
  return {
    id: name,
    here: false,
    runId: run.padEnd(8, "0"),
    step: 0,
    hosts: words.map((word) => word.replace(/[/?].*/, "")),
    services: words.flatMap((word) => word.split("/")[1] ?? []),
    parallel,
  };
}
