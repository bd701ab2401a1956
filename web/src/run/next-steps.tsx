import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Run } from "../../../src/contracts/run.ts";
import { useMay } from "../api/use-may.ts";
import { useSayElsewhere } from "../plan/use-say-elsewhere.ts";
import { Button } from "../ui/button.tsx";
import { RetryRun } from "./retry-run.tsx";
import { hasBegun } from "./run-facts.ts";

/** What a person can do about a run that waits, or that did not end well. The stop and the unknown end have panels of their own. */
export function NextSteps({ run }: { readonly run: Run }): ReactNode {
  const words = wordsOf(run);
  const holder = run.state === "queued" ? holderOf(run.reason) : undefined;
  if (words === null) return null;
  return (
    <section aria-label="What now" className="flex flex-wrap items-center gap-3">
      <p className="min-w-0 text-muted">{words}</p>
      {holder === undefined ? null : (
        <Link to="/runs/$runId" params={{ runId: holder }}>
          Open the run that it waits for
        </Link>
      )}
      {run.state === "queued" ? null : (
        <>
          <RetryRun run={run} />
          <AskAgain run={run} />
        </>
      )}
    </section>
  );
}

/** Puts the same sentence into the box of a new conversation. */
export function AskAgain({ run }: { readonly run: Run }): ReactNode {
  const say = useSayElsewhere();
  // A preview is made by the run that waits for it, never asked for.
  if (!useMay("propose") || run.purpose === "preview") return null;
  return <Button onClick={() => void say(run.requestText)}>Ask again</Button>;
}

function wordsOf(run: Run): string | null {
  const untouched = run.purpose === "preview" || !hasBegun(run);
  switch (run.state) {
    case "queued":
      return "It begins by itself when that is over. Until then nothing is changed.";
    case "failed":
      return untouched
        ? "Nothing was changed on any host."
        : "What was changed before stays changed: Chiffon takes nothing back by itself. Mend the cause, then retry what is left or ask again: you get a new plan to read.";
    case "cancelled":
      return untouched
        ? "Nothing was changed on any host."
        : "What was changed before it was stopped stays changed. Retrying what is left, or asking again, makes a new plan to read.";
    case "running":
    case "paused":
    case "succeeded":
    case "unknown":
      return null;
    default:
      return run.state satisfies never;
  }
}

/** The beginning of the id of the run that holds a host. */
function holderOf(reason: string | null): string | undefined {
  return /locked by run ([0-9a-f]{8})\b/.exec(reason ?? "")?.[1];
}
