import type { LiveEvent } from "../contracts/live.ts";
import type { CliWritable } from "./context.ts";
import { duration, fit, oneLine } from "./text.ts";

interface Cell {
  readonly task: string;
  readonly host: string;
  readonly since: number;
}

/** What runs at the moment, by the events of a run. */
export interface Running {
  see(event: LiveEvent): void;
  /** "running: Install nginx on web1 12 s, and 2 more"; empty when nothing runs. */
  describe(now: number): string;
}

export function createRunning(): Running {
  const names = new Map<string, string>();
  const cells = new Map<string, Cell>();
  return {
    see: (event) => {
      switch (event.type) {
        case "ansible.task":
          names.set(`${event.data.taskId} ${event.data.attempt} ${event.data.key}`, event.data.name);
          return;
        case "host.started": {
          const { taskId, attempt, key, host, at } = event.data;
          const task = names.get(`${taskId} ${attempt} ${key}`) ?? "an Ansible task";
          cells.set(`${taskId} ${attempt} ${key} ${host}`, { task, host, since: Date.parse(at) });
          return;
        }
        case "host.result": {
          const { taskId, attempt, key, host, item } = event.data;
          // One item of a loop is not the end of the task.
          if (item === null) cells.delete(`${taskId} ${attempt} ${key} ${host}`);
          return;
        }
        case "attempt.ended":
          for (const id of cells.keys()) if (id.startsWith(`${event.data.taskId} `)) cells.delete(id);
          return;
        default:
      }
    },
    describe: (now) => {
      const [longest] = [...cells.values()].toSorted((a, b) => a.since - b.since);
      if (longest === undefined) return "";
      const more = cells.size > 1 ? `, and ${cells.size - 1} more` : "";
      return `running: ${oneLine(longest.task)} on ${oneLine(longest.host)} ${duration(Math.floor(Math.max(0, now - longest.since) / 1_000) * 1_000)}${more}`;
    },
  };
}

/** A line at the bottom of a terminal that is written anew every second; other text goes above it. */
export interface StatusLine extends Disposable {
  /** Writes text with the line out of the way. */
  around(write: () => void): void;
}

export function createStatusLine(stream: CliWritable, describe: () => string): StatusLine {
  if (stream.isTTY !== true) return { around: (write) => write(), [Symbol.dispose]: () => undefined };
  let shown = "";
  const clear = (): void => {
    if (shown !== "") stream.write("\r\u001b[K");
    shown = "";
  };
  const draw = (): void => {
    const text = fit(describe(), Math.max(20, (stream.columns ?? 80) - 1));
    if (text === shown) return;
    clear();
    shown = text;
    stream.write(text);
  };
  const timer = setInterval(draw, 1_000);
  return {
    around: (write) => {
      clear();
      write();
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      clear();
    },
  };
}
