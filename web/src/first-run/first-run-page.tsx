import { Link } from "@tanstack/react-router";
import { useEffect, useRef, type ReactNode } from "react";
import { Page } from "../frame/page.tsx";
import { useHash } from "../plan/use-hash.ts";
import { Button, buttonClass } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Icon } from "../ui/icon.tsx";
import { DoneStep } from "./done-step.tsx";
import { FactsStep } from "./facts-step.tsx";
import { MachinesStep } from "./machines-step.tsx";
import { RepositoryStep } from "./repository-step.tsx";
import { firstRunSteps, nextStep, previousStep, stepTitles, type FirstRunStep } from "./steps.ts";

/** From nothing to a first, harmless run. Every step can be left out. */
export function FirstRunPage(): ReactNode {
  const [step, setStep] = useHash<FirstRunStep>(firstRunSteps, "repository");
  const heading = useRef<HTMLHeadingElement>(null);
  const moved = useRef(false);
  const go = (next: FirstRunStep): void => {
    moved.current = true;
    setStep(next);
  };
  // A new step begins at its heading, for eyes and for screen readers; the page's own beginning is left alone.
  useEffect(() => {
    if (moved.current) heading.current?.focus();
  }, [step]);
  const back = previousStep(step);
  return (
    <Page
      title="First run"
      actions={
        step === "done" ? null : (
          <Link to="/" className={buttonClass("ghost", "small")}>
            Skip all of this
          </Link>
        )
      }
    >
      <Progress current={step} />
      <Card>
        <h2 ref={heading} tabIndex={-1} className="mb-2 text-lg font-semibold outline-none">
          {stepTitles[step]}
        </h2>
        <StepContent step={step} onNext={() => go(nextStep(step))} />
        {step === "done" ? null : (
          <div className="mt-6 flex flex-wrap justify-between gap-2 border-t border-line pt-3">
            {back === undefined ? <span /> : <Button onClick={() => go(back)}>Back</Button>}
            <Button variant="ghost" onClick={() => go(nextStep(step))}>
              Skip this step
            </Button>
          </div>
        )}
      </Card>
    </Page>
  );
}

function Progress({ current }: { readonly current: FirstRunStep }): ReactNode {
  const at = firstRunSteps.indexOf(current);
  return (
    <ol aria-label="Steps" className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
      {firstRunSteps.map((step, index) => (
        <li
          key={step}
          aria-current={step === current ? "step" : undefined}
          className={`flex items-center gap-1 ${step === current ? "font-semibold" : "text-muted"}`}
        >
          {index < at ? <Icon name="check" label="passed" className="text-ok" /> : `${index + 1}. `}
          {stepTitles[step]}
        </li>
      ))}
    </ol>
  );
}

interface StepContentProps {
  readonly step: FirstRunStep;
  readonly onNext: () => void;
}

function StepContent({ step, onNext }: StepContentProps): ReactNode {
  switch (step) {
    case "repository":
      return <RepositoryStep onNext={onNext} />;
    case "machines":
      return <MachinesStep onNext={onNext} />;
    case "facts":
      return <FactsStep onNext={onNext} />;
    case "done":
      return <DoneStep />;
    default:
      return step satisfies never;
  }
}
