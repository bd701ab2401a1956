import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Plan } from "../../../src/contracts/plan.ts";
import { previewLine } from "./preview-words.ts";
import { Fact } from "./step-view.tsx";
import { usePreview } from "./use-preview.ts";

/** What the card says of the preview: one line for each step, and the way to the changes themselves. */
export function PreviewFacts({ plan }: { readonly plan: Plan }): ReactNode {
  const { data } = usePreview(plan);
  const steps = data?.steps.filter((step) => plan.state === "proposed" || step.state !== "none") ?? [];
  if (steps.length === 0) return null;
  return (
    <Fact name="Preview">
      {steps.map((step) => (
        <p key={step.step} aria-live="polite">
          {steps.length === 1 ? "" : `Step ${step.step + 1}: `}
          {previewLine(step)}
        </p>
      ))}
      <Link to="/plans/$planId" params={{ planId: plan.id }} hash="diff" className="text-sm">
        What would change
      </Link>
    </Fact>
  );
}
