import type { ReactNode } from "react";
import type { Run, Task } from "../../../src/contracts/run.ts";
import { useMay } from "../api/use-may.ts";
import { Icon } from "../ui/icon.tsx";
import { CancelRun } from "./cancel-run.tsx";
import { plainText } from "./log-text.ts";
import { lastWordsOf, lostTasks, mayStillRun, tracesOf } from "./lost.ts";
import { MarkRun } from "./mark-run.tsx";
import { AskAgain } from "./next-steps.tsx";
import { ProbeRun } from "./probe-run.tsx";
import { RetryRun } from "./retry-run.tsx";
import type { RunView } from "./run-view.ts";

/** Nobody knows how it ended: said plainly, with what is known and what a person can decide. */
export function UnknownPanel({ view }: { readonly view: RunView }): ReactNode {
  const { run } = view;
  if (run === null) return null;
  const lost = lostTasks(run);
  if (lost.length === 0) return null;
  return (
    <section aria-labelledby="not-known" className="rounded-lg border border-warn bg-surface p-4">
      <h2 id="not-known" className="mb-2 flex items-center gap-2 text-base font-semibold text-warn">
        <Icon name="question" />
        Nobody knows how this ended
      </h2>
      <ul className="flex flex-col gap-3">
        {lost.map((task) => (
          <li key={task.id} className="min-w-0 wrap-anywhere">
            <Lost view={view} task={task} />
          </li>
        ))}
      </ul>
      {run.state === "unknown" ? <Decisions run={run} /> : null}
    </section>
  );
}

function Lost({ view, task }: { readonly view: RunView; readonly task: Task }): ReactNode {
  const { at, changed, touched, unseen } = tracesOf(view, task);
  const said = lastWordsOf(view.log, task.id);
  return (
    <>
      <h3 className="font-medium">
        Step {task.step + 1}, {plainText(task.name)}
      </h3>
      <p>
        {mayStillRun(task)
          ? "It may have finished, stopped half way, or still run. If its agent comes back, the result appears here by itself."
          : "It may have finished or stopped half way. Its agent has looked: nothing of it runs any more."}
      </p>
      <dl className="mt-1 flex flex-col gap-1 text-sm">
        <Trace name="Last seen at work" values={at} />
        <Trace name="Has been changed" values={changed} />
        <Trace name="May have been changed" values={touched} />
        <Trace name="Not seen at work" values={unseen} />
      </dl>
      {said.length === 0 ? (
        <p className="mt-1 text-sm text-muted">Ansible has said nothing that arrived here.</p>
      ) : (
        <>
          <p className="mt-1 text-sm text-muted">The last that Ansible said:</p>
          <pre
            dir="ltr"
            className="mt-1 rounded bg-raised p-2 font-mono text-[0.8rem] whitespace-pre-wrap [unicode-bidi:isolate]"
          >
            {said.join("\n")}
          </pre>
        </>
      )}
    </>
  );
}

const mostValues = 8;

function Trace({ name, values }: { readonly name: string; readonly values: readonly string[] }): ReactNode {
  if (values.length === 0) return null;
  const more = values.length - mostValues;
  return (
    <div className="grid gap-x-3 sm:grid-cols-[11rem_minmax(0,1fr)]">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">
        {values.slice(0, mostValues).join("; ")}
        {more > 0 ? ` and ${more} more` : ""}
      </dd>
    </div>
  );
}

function Decisions({ run }: { readonly run: Run }): ReactNode {
  const open = lostTasks(run).some(mayStillRun);
  const left = run.tasks.filter((task) => task.state === "pending").map((task) => task.step + 1);
  const mayAsk = useMay("propose") && run.purpose === "change";
  return (
    <div className="mt-3 border-t border-line pt-3">
      <h3 className="font-medium">What you can decide</h3>
      <ul className="mb-3 list-disc pl-5">
        <li>
          Look at the hosts first: the plan for that shows their facts and how the services are, and changes
          nothing. Chiffon runs nothing again by itself.
        </li>
        <li>
          Say how it ended when you have seen it
          {open ? ", once its agent has answered or half an hour is over" : ""}: what waits for it goes on by
          your word.
        </li>
        {mayAsk ? (
          <li>
            Ask again: you get a new plan to read.
            {open ? " Its run waits for these hosts until the agent has answered, at most half an hour." : ""}
          </li>
        ) : null}
        {mayAsk && left.length === 0 ? (
          <li>After that look, retry what is left: you get a plan to read, of these hosts.</li>
        ) : null}
        {left.length === 0 ? null : (
          <li>Cancel the rest: step {left.join(", ")} waits for this and then never runs.</li>
        )}
        {open ? <li>Cancel: should it still run when its agent comes back, it is stopped then.</li> : null}
      </ul>
      <div className="flex flex-wrap gap-2">
        <ProbeRun run={run} />
        {lostTasks(run).map((task) => (
          <MarkRun key={task.id} run={run} task={task} />
        ))}
        <RetryRun run={run} />
        <AskAgain run={run} />
        {open || left.length > 0 ? (
          <CancelRun
            run={run}
            label={left.length > 0 ? "Cancel the rest" : "Cancel run"}
            description="Nothing more of it begins. Should anything of it still run when its agent comes back, it is stopped then. How the lost step ended stays unknown."
          />
        ) : null}
      </div>
    </div>
  );
}
