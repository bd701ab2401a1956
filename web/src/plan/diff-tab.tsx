import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Plan, PlanStep } from "../../../src/contracts/plan.ts";
import type { PreviewTask, StepPreview } from "../../../src/contracts/preview.ts";
import { useMay } from "../api/use-may.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { DiffText } from "../ui/diff-text.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { count, titleOf } from "./plan-words.ts";
import {
  changingHosts,
  percentOf,
  previewLine,
  progressLine,
  spreadOf,
  titleOfTask,
  unknownsOf,
} from "./preview-words.ts";
import { HostNames } from "./step-view.tsx";
import { usePreview, usePreviewActions } from "./use-preview.ts";

/** What would change, step by step: counts, then each change once for all hosts that share it, then what cannot be known. */
export function DiffTab({ plan }: { readonly plan: Plan }): ReactNode {
  const { data, error, refetch } = usePreview(plan);
  if (data === undefined)
    return error === null ? (
      <Loading label="Loading the preview" />
    ) : (
      <Failed error={error} onRetry={() => void refetch()} />
    );
  return (
    <div className="flex flex-col gap-6">
      {data.steps.map((step) => (
        <StepDiff key={step.step} step={step} plan={plan} />
      ))}
    </div>
  );
}

function StepDiff({ step, plan }: { readonly step: StepPreview; readonly plan: Plan }): ReactNode {
  const shown = plan.steps.find((each) => each.index === step.step);
  const changes = step.tasks.filter((task) => changingHosts(task).length > 0);
  return (
    <section aria-label={`Preview of step ${step.step + 1}`}>
      <h2 className="mb-1 font-semibold wrap-anywhere">
        {step.step + 1}. {shown === undefined ? "" : titleOf(shown)}
      </h2>
      <Counts step={step} />
      <State step={step} plan={plan} shown={shown} />
      <Progress step={step} />
      <Unchecked step={step} />
      {changes.length === 0 ? null : (
        <div className="mt-3 flex flex-col gap-2">
          {changes.map((task) => (
            <TaskChange key={task.number} task={task} />
          ))}
        </div>
      )}
      <Unknowns step={step} />
    </section>
  );
}

function Counts({ step }: { readonly step: StepPreview }): ReactNode {
  if (step.state !== "done" && step.state !== "stopped") return null;
  const { change, same, unknown } = step.counts;
  return (
    <p className="flex flex-wrap gap-2">
      <Badge tone="warn" icon="pencil">
        {change} would change
      </Badge>
      <Badge tone="ok" icon="check">
        {same} would not
      </Badge>
      <Badge tone="quiet" icon="question">
        {unknown} cannot be known
      </Badge>
      <span className="text-sm text-muted">
        {percentOf(step.coverage)} of {count(change + same + unknown, "result")} known,{" "}
        {step.held === "sandbox" ? "looked at in the sandbox" : "looked at under trust in the repository"}
      </span>
    </p>
  );
}

function State({
  step,
  plan,
  shown,
}: {
  readonly step: StepPreview;
  readonly plan: Plan;
  readonly shown: PlanStep | undefined;
}): ReactNode {
  const may = useMay("preview");
  const { start, cancel, isBusy } = usePreviewActions(plan);
  const repository = shown?.unit.repository;
  const needsTrust = step.hint?.includes("repo trust") === true && repository !== undefined;
  return (
    <div className="mt-1" aria-live="polite">
      {step.state === "done" ? null : <p className="wrap-anywhere">{previewLine(step)}</p>}
      {step.hint === null ? null : <p className="text-sm text-muted wrap-anywhere">{step.hint}</p>}
      <p className="mt-2 flex flex-wrap gap-2">
        {needsTrust ? (
          <Link to="/repositories/$name" params={{ name: repository }}>
            Look at what would run, and trust it
          </Link>
        ) : null}
        {!may || plan.state !== "proposed" ? null : step.state === "running" ? (
          <Button size="small" busy={isBusy} onClick={cancel}>
            Stop looking
          </Button>
        ) : (
          <Button size="small" busy={isBusy} onClick={() => start([step.step])}>
            {step.state === "done" || step.state === "stopped" ? "Look again" : "Preview this step"}
          </Button>
        )}
      </p>
    </div>
  );
}

/** Outside of what is read aloud when it changes: it changes every other second. */
function Progress({ step }: { readonly step: StepPreview }): ReactNode {
  const { progress, state } = step;
  if (state !== "running" || progress === undefined) return null;
  const { task, of } = progress;
  return (
    <div className="mt-2 flex flex-col gap-1">
      {task === null || of === null ? null : (
        <progress
          className="h-1.5 w-full max-w-md appearance-none overflow-hidden rounded-full bg-quiet-soft [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-quiet-soft [&::-webkit-progress-value]:bg-accent"
          aria-label="Tasks looked at"
          max={of}
          value={task - 1}
        />
      )}
      <p className="text-sm text-muted wrap-anywhere">{progressLine(progress)}</p>
    </div>
  );
}

/** Held back, and said so: an approved run will do them. */
function Unchecked({ step }: { readonly step: StepPreview }): ReactNode {
  const tasks = step.tasks.filter((task) => task.unchecked);
  if (tasks.length === 0) return null;
  return (
    <div className="mt-3 rounded-md bg-bad-soft px-3 py-2 text-bad">
      <p className="font-medium">
        {count(tasks.length, "task")} would run for real even in check mode. They were held back in this
        preview:
      </p>
      <ul className="list-disc pl-5">
        {tasks.map((task) => (
          <li key={task.number} className="wrap-anywhere">
            {titleOfTask(task)} <code className="font-mono text-sm">{task.source}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

function TaskChange({ task }: { readonly task: PreviewTask }): ReactNode {
  const hosts = changingHosts(task);
  const spread = spreadOf(task);
  const [only] = task.diffs;
  const isOne = task.diffs.length === 1 && only?.hosts.length === hosts.length;
  return (
    <details open={task.diffs.length > 0 && task.diffs.length <= 3} className="rounded-md border border-line">
      <summary className="cursor-pointer px-2 py-1 wrap-anywhere">
        <span className="font-medium">{titleOfTask(task)}</span>{" "}
        <span className="text-sm text-muted">
          {spread ?? count(hosts.length, "host")} · <code className="font-mono">{task.source}</code>
        </span>
      </summary>
      <div className="px-2 pb-1 text-sm text-muted">
        <HostNames hosts={hosts} />
      </div>
      {task.diffs.map((diff, index) => (
        <div key={index}>
          {isOne ? null : (
            <p className="border-t border-line px-2 py-1 text-sm">
              on <HostNames hosts={diff.hosts} />
            </p>
          )}
          <DiffText text={diff.text} label={`Change ${index + 1} of task ${task.number}: ${task.name}`} />
        </div>
      ))}
    </details>
  );
}

function Unknowns({ step }: { readonly step: StepPreview }): ReactNode {
  const unknown = unknownsOf(step);
  if (unknown.length === 0) return null;
  return (
    <div className="mt-3">
      <h3 className="font-medium">Cannot be known before it runs</h3>
      <ul className="flex flex-col">
        {unknown.map((each) => (
          <li key={`${each.number} ${each.reason}`} className="border-t border-line py-1.5 wrap-anywhere">
            {each.title}{" "}
            <span className="block text-sm text-muted">
              {each.reason}
              {each.hosts.length === step.hosts.length ? "" : ` (${each.hosts.join(", ")})`} ·{" "}
              <code className="font-mono">{each.source}</code>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
