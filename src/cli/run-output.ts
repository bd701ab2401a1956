import { createTerminalSanitiser, type TerminalSanitiser } from "../domain/terminal-text.ts";
import { stripVTControlCharacters } from "node:util";
import type { LiveEvent } from "../contracts/live.ts";

type OutputEvent = Extract<LiveEvent, { type: "output" }>["data"];

interface Tap {
  readonly sanitiser: TerminalSanitiser;
  /** The line that has not ended yet. */
  open: string;
  endedWithReturn: boolean;
}

/** Whole lines of Ansible's output, and of which task they are when that is another one than before. */
export interface Piece {
  /** Set where the text belongs to another task than the piece before. */
  readonly taskId: string | undefined;
  /** Whole lines; harmless for a terminal. */
  readonly text: string;
}

/** Puts pieces of the outputs of several tasks together so that no line is torn by another task's. */
export interface RunOutput {
  push(event: OutputEvent): Piece | undefined;
  /** The unfinished line of a task whose attempt has ended. */
  end(taskId: string): Piece | undefined;
}

export function createRunOutput({ colours }: { colours: boolean }): RunOutput {
  const taps = new Map<string, Tap>();
  let last: string | undefined;
  const piece = (taskId: string, text: string): Piece | undefined => {
    if (text === "") return undefined;
    const changed = last !== taskId;
    last = taskId;
    return { taskId: changed ? taskId : undefined, text };
  };
  return {
    push: ({ taskId, text }) => {
      const tap = taps.get(taskId) ?? {
        sanitiser: createTerminalSanitiser(),
        open: "",
        endedWithReturn: false,
      };
      taps.set(taskId, tap);
      const harmless = tap.sanitiser.push(text);
      tap.open += straighten(tap, colours ? harmless : stripVTControlCharacters(harmless));
      const end = tap.open.lastIndexOf("\n") + 1;
      const lines = tap.open.slice(0, end);
      tap.open = tap.open.slice(end);
      return piece(taskId, lines);
    },
    end: (taskId) => {
      const open = taps.get(taskId)?.open ?? "";
      taps.delete(taskId);
      return piece(taskId, open === "" ? "" : `${open}\n`);
    },
  };
}

/** A carriage return alone would write over the line before; it becomes a line end. */
function straighten(tap: Tap, text: string): string {
  if (text === "") return "";
  const joined = tap.endedWithReturn && text.startsWith("\n") ? text.slice(1) : text;
  tap.endedWithReturn = text.endsWith("\r");
  return joined.replace(/\r\n?/g, "\n");
}
