import type { ReactNode } from "react";
import { Icon } from "../ui/icon.tsx";
import { plainText } from "./log-text.ts";
import { attemptsOf, failuresOf, type Failure } from "./run-facts.ts";
import type { RunView } from "./run-view.ts";
import type { Selection } from "./selection.ts";

const mostFailures = 20;

interface FailurePanelProps {
  readonly view: RunView;
  readonly onSelect: (selection: Selection) => void;
}

/** What failed, where, and in its own words. */
export function FailurePanel({ view, onSelect }: FailurePanelProps): ReactNode {
  const failures = failuresOf(view);
  const failed = (view.run?.tasks ?? []).filter((task) => task.state === "failed");
  if (failures.length === 0 && failed.length === 0) return null;
  const explained = new Set(failures.map((failure) => failure.task?.id));
  return (
    <section aria-labelledby="what-failed" className="rounded-lg border border-bad bg-surface p-4">
      <h2 id="what-failed" className="mb-2 flex items-center gap-2 text-base font-semibold text-bad">
        <Icon name="warning" />
        What failed
      </h2>
      <ul className="flex flex-col gap-3">
        {failed
          .filter((task) => !explained.has(task.id))
          .map((task) => (
            <li key={task.id} className="wrap-anywhere">
              <span className="font-medium">
                Step {task.step + 1}, {plainText(task.name)}:
              </span>{" "}
              {plainText(attemptsOf(view, task.id).at(-1)?.reason ?? task.reason ?? "it ended with an error")}
            </li>
          ))}
        {failures.slice(0, mostFailures).map((failure) => (
          <FailureItem
            key={`${failure.task?.id} ${failure.cell.key} ${failure.cell.host}`}
            failure={failure}
            onSelect={onSelect}
          />
        ))}
      </ul>
      {failures.length <= mostFailures ? null : (
        <p className="mt-2 text-sm">{failures.length - mostFailures} more are in the table below.</p>
      )}
    </section>
  );
}

function FailureItem({
  failure: { task, attempt, ansibleTask, cell },
  onSelect,
}: {
  readonly failure: Failure;
  readonly onSelect: FailurePanelProps["onSelect"];
}): ReactNode {
  const select = (): void => {
    if (task !== undefined) onSelect({ taskId: task.id, attempt, key: cell.key, host: cell.host });
  };
  return (
    <li className="wrap-anywhere">
      <p>
        <span className="font-medium">{cell.host}</span>{" "}
        {cell.status === "unreachable" ? "could not be reached in" : "failed in"}{" "}
        <span className="font-medium">{ansibleTask.name}</span>
        {task === undefined ? "" : ` (step ${task.step + 1})`}
      </p>
      {ansibleTask.source === "" ? null : (
        <p className="font-mono text-sm text-muted">
          {ansibleTask.source} · {ansibleTask.module}
        </p>
      )}
      {cell.message === null ? null : (
        <pre className="mt-1 max-h-60 overflow-y-auto rounded bg-raised p-2 font-mono text-[0.8rem] whitespace-pre-wrap">
          {cell.message}
        </pre>
      )}
      <button type="button" className="mt-1 text-sm text-accent underline" onClick={select}>
        Show its output
      </button>
    </li>
  );
}
