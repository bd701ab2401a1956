import { useEffect, useState, type ReactNode } from "react";
import { describeAge } from "./durations.ts";

export { formatDuration } from "./durations.ts";

/** How long ago; the exact time is its title. */
export function Time({ at }: { readonly at: string }): ReactNode {
  const [now, setNow] = useState(() => Date.now());
  const instant = Date.parse(at);
  const { text, next } = describeAge(instant, now);
  useEffect(() => {
    const timer = setTimeout(() => setNow(Date.now()), next);
    return () => clearTimeout(timer);
  }, [now, next]);
  return (
    <time dateTime={at} title={new Date(instant).toLocaleString()} className="whitespace-nowrap">
      {text}
    </time>
  );
}
