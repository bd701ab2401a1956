import Anser from "anser";
import { memo, useState, type ReactNode } from "react";
import { firstLook } from "./line-grid.ts";
import type { LogLine } from "./log-lines.ts";
import { shadeOf, type Shade } from "./log-text.ts";

const shades: Readonly<Record<Shade, string>> = {
  red: "text-bad",
  green: "text-ok",
  yellow: "text-warn",
  blue: "text-info",
  cyan: "text-info",
  magenta: "text-warn",
  grey: "text-muted",
};

interface LogLineProps {
  readonly line: LogLine;
  /** Letters that the number of the last line takes. */
  readonly digits: number;
  /** Number of the step, where there is more than one. */
  readonly step: number | null;
  /** Whether the words that are searched for are in it; `current` is the one that was gone to. */
  readonly found: "no" | "yes" | "current";
}

const marks: Readonly<Record<LogLineProps["found"], string>> = {
  no: "border-transparent",
  yes: "border-accent",
  current: "border-accent bg-raised",
};

/** One line of output in the page's own shades: a stranger's text chooses neither backgrounds nor invisible letters. */
export const LogLineRow = memo(function LogLineRow({ line, digits, step, found }: LogLineProps): ReactNode {
  const [whole, setWhole] = useState(false);
  const cut = !whole && line.text.length > firstLook;
  const text = cut ? line.text.slice(0, firstLook) : line.text;
  return (
    <div className={`flex gap-2 border-l-4 px-2 contain-paint ${marks[found]}`}>
      <span
        aria-hidden
        style={{ width: `${digits}ch` }}
        className="shrink-0 text-right text-muted tabular-nums select-none"
      >
        {line.number}
      </span>
      {step === null ? null : (
        <span className="min-w-[2ch] shrink-0 text-muted select-none" title={`Step ${step + 1}`}>
          s{step + 1}
        </span>
      )}
      <span dir="ltr" className="min-w-0 flex-1 break-all whitespace-pre-wrap [unicode-bidi:isolate]">
        {Anser.ansiToJson(text, { json: true, use_classes: true, remove_empty: true }).map((part, index) => (
          // Keys by place: a line never changes
          <span key={index} className={lookOf(part)}>
            {part.content}
          </span>
        ))}
        {cut ? (
          <button type="button" className="ml-1 text-accent underline" onClick={() => setWhole(true)}>
            {(line.text.length - firstLook).toLocaleString()} more characters
          </button>
        ) : null}
        {line.cut > 0 && !cut ? (
          <span className="text-muted">
            {" "}
            … {line.cut.toLocaleString()} more characters are in the download
          </span>
        ) : null}
      </span>
    </div>
  );
});

function lookOf({ fg, decorations }: { fg: string | null; decorations: readonly string[] }): string {
  const shade = shadeOf(fg);
  const bold = decorations.includes("bold") ? "font-semibold" : "";
  return shade === undefined ? bold : `${shades[shade]} ${bold}`;
}
