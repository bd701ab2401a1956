import type { ReactNode } from "react";
import type { Attempt, Task } from "../../../src/contracts/run.ts";
import { StateBadge } from "../ui/badge.tsx";
import { Card } from "../ui/card.tsx";
import { formatDuration } from "../ui/time.tsx";
import { plainText } from "./log-text.ts";
import { elapsedOf } from "./run-facts.ts";
import { useNow } from "./use-now.ts";

/** The steps in order: how each stands, why, and how often it was tried. */
export function StepsList({ tasks }: { readonly tasks: readonly Task[] }): ReactNode {
  const now = useNow(tasks.some((task) => task.startedAt !== null && task.endedAt === null));
  return (
    <Card title="Steps">
      <ol className="flex flex-col">
        {tasks.map((task) => (
          <Step key={task.id} task={task} now={now} />
        ))}
      </ol>
    </Card>
  );
}

function Step({ task, now }: { readonly task: Task; readonly now: number }): ReactNode {
  const elapsed = elapsedOf(task, now);
  return (
    <li className="border-t border-line py-2 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium wrap-anywhere">
          {task.step + 1}. {plainText(task.name)}
        </span>
        <StateBadge kind="task" state={task.state} />
        {elapsed === null ? null : <span className="text-sm text-muted">{formatDuration(elapsed)}</span>}
        <span className="min-w-0 text-sm wrap-anywhere text-muted">{whereOf(task.hosts)}</span>
      </div>
      {task.reason === null ? null : <p className="text-sm wrap-anywhere">{plainText(task.reason)}</p>}
      {task.attempts.length < 2 ? null : (
        <ul className="mt-1 text-sm">
          {task.attempts.map((attempt) => (
            <li key={attempt.number} className="wrap-anywhere">
              Attempt {attempt.number}: {wordsOf(attempt)}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function whereOf(hosts: readonly string[]): string {
  if (hosts.length === 0) return "";
  const shown = hosts.slice(0, 4).map(plainText).join(", ");
  return hosts.length > 4 ? `on ${shown} and ${hosts.length - 4} more` : `on ${shown}`;
}

function wordsOf(attempt: Attempt): string {
  const exit = attempt.exitCode === null ? "" : `, exit code ${attempt.exitCode}`;
  const error = attempt.error === null ? "" : `, ${attempt.error.code} ${plainText(attempt.error.message)}`;
  return `${attempt.outcome ?? attempt.state}${exit}${error}`;
}
