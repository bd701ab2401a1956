import { useId, type ReactNode } from "react";
import type { GaugeFacts } from "./gauges.ts";

const nearlyFull = 0.9;

export function Gauge({ name, share, text }: GaugeFacts): ReactNode {
  const id = useId();
  const percent = Math.round(share * 100);
  return (
    <div className="text-sm">
      <div className="flex justify-between gap-3">
        <span id={id} className="wrap-anywhere">
          {name}
        </span>
        <span className="whitespace-nowrap text-muted">
          {text}
          {share >= nearlyFull ? " · nearly used up" : ""}
        </span>
      </div>
      <div
        role="meter"
        aria-labelledby={id}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuetext={text}
        className="mt-1 h-2 overflow-hidden rounded-full bg-raised"
      >
        <div
          className={`h-full rounded-full ${share >= nearlyFull ? "bg-bad" : "bg-accent"}`}
          style={{ width: `${percent}%` }}
        />
      </div>
    </div>
  );
}
