import { once } from "node:events";
import { styleText } from "node:util";
import type { CliContext, CliWritable } from "./context.ts";

type Style = Parameters<typeof styleText>[0];

/** How a command speaks: data on stdout, everything else on stderr. Texts are lines without their end. */
export interface Output {
  /** True for `--json`. */
  readonly json: boolean;
  /** Columns of the terminal that data goes to; undefined when it goes elsewhere. */
  readonly width: number | undefined;
  data(...lines: readonly string[]): void;
  /** The object as JSON, for `--json`. */
  object(value: unknown): void;
  /** One object per line, for streams. */
  record(value: unknown): void;
  /** Text as it is; resolves when the stream can take more. */
  text(text: string): Promise<void>;
  note(...lines: readonly string[]): void;
  /** Colours a text for stdout, where that is a terminal and NO_COLOR is not set. */
  style(style: Style, text: string): string;
}

export function createOutput(context: CliContext, json: boolean): Output {
  const { stdout, stderr } = context;
  return {
    json,
    width: stdout.isTTY === true ? Math.max(40, stdout.columns ?? 80) : undefined,
    data: (...lines) => writeLines(stdout, lines),
    object: (value) => writeLines(stdout, [escape(JSON.stringify(value, null, 2))]),
    record: (value) => writeLines(stdout, [escape(JSON.stringify(value))]),
    text: async (text) => {
      if (!stdout.write(text)) await once(stdout, "drain", { signal: context.signal });
    },
    note: (...lines) => writeLines(stderr, lines),
    style: (style, text) => styleText(style, text, { stream: stdout }),
  };
}

function writeLines(stream: CliWritable, lines: readonly string[]): void {
  if (lines.length > 0) stream.write(`${lines.join("\n")}\n`);
}

/** JSON leaves some characters as they are that mean something to a terminal. */
function escape(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
