import { useState, type ReactNode } from "react";
import { Button } from "./button.tsx";

const firstLines = 200;
const longestLine = 2_000;

/** A unified diff, its lines marked by sign and colour. */
export function DiffText({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  const [all, setAll] = useState(false);
  const lines = text.split("\n");
  const shown = all ? lines : lines.slice(0, firstLines);
  return (
    <>
      <section
        tabIndex={0}
        aria-label={label}
        className="max-h-96 overflow-auto border-t border-line p-2 font-mono text-[0.8rem]/5 whitespace-pre-wrap wrap-anywhere"
      >
        {shown.map((line, index) => (
          // Keys by place: a difference never changes
          <span key={index} dir="ltr" className={`block min-h-5 [unicode-bidi:isolate] ${shadeOf(line)}`}>
            {line.slice(0, longestLine)}
            {line.length > longestLine ? ` … ${line.length - longestLine} more characters` : ""}
          </span>
        ))}
      </section>
      {shown.length === lines.length ? null : (
        <Button size="small" className="m-2" onClick={() => setAll(true)}>
          Show all {lines.length} lines
        </Button>
      )}
    </>
  );
}

function shadeOf(line: string): string {
  if (line.startsWith("+")) return "text-ok";
  return line.startsWith("-") ? "text-bad" : "";
}
