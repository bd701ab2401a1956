import type { ReactNode } from "react";
import type { Plan, PlanStep } from "../../../src/contracts/plan.ts";
import { Badge, RiskBadge } from "../ui/badge.tsx";
import {
  approvalSentence,
  count,
  hostsOf,
  openAtRunTime,
  previewOf,
  riskWords,
  titleOf,
} from "./plan-words.ts";
import { Choices, VariableValue } from "./step-view.tsx";

interface TabProps {
  readonly plan: Plan;
}

function StepTitle({ step }: { readonly step: PlanStep }): ReactNode {
  return (
    <h2 className="mb-1 font-semibold wrap-anywhere">
      {step.index + 1}. {titleOf(step)}
    </h2>
  );
}

/** Which machine each step touches. */
export function HostsTab({ plan }: TabProps): ReactNode {
  const hosts = hostsOf(plan);
  return (
    <>
      <p className="mb-2 text-muted">{count(hosts.length, "host")}, from the inventories named below.</p>
      <table className="w-full text-left">
        <thead>
          <tr className="border-b border-line text-sm text-muted">
            <th scope="col" className="py-1 pr-3 font-medium">
              Host
            </th>
            <th scope="col" className="py-1 font-medium">
              Steps
            </th>
          </tr>
        </thead>
        <tbody>
          {hosts.map((host) => (
            <tr key={host.name} className="border-b border-line last:border-b-0">
              <th scope="row" className="py-1 pr-3 font-normal wrap-anywhere">
                {host.name}
              </th>
              <td className="py-1">{host.steps.join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ul className="mt-3 text-sm text-muted">
        {plan.steps.map((step) => (
          <li key={step.index} className="wrap-anywhere">
            Step {step.index + 1}: inventory <code className="font-mono">{step.inventory}</code> of{" "}
            {step.unit.repository}
          </li>
        ))}
      </ul>
    </>
  );
}

/** What is passed to Ansible, and where each value comes from. */
export function VariablesTab({ plan }: TabProps): ReactNode {
  return (
    <div className="flex flex-col gap-4">
      {plan.steps.map((step) => (
        <section key={step.index}>
          <StepTitle step={step} />
          {step.vars.length === 0 ? (
            <p className="text-muted">Chiffon passes no variables: the repository's own values hold.</p>
          ) : (
            <dl className="flex flex-col gap-2">
              {step.vars.map((variable) => (
                <div key={variable.name}>
                  <dt className="font-mono text-sm font-semibold wrap-anywhere">{variable.name}</dt>
                  <dd className="wrap-anywhere">
                    <VariableValue value={variable.value} />
                    <p className="text-sm text-muted">from {variable.source}</p>
                  </dd>
                </div>
              ))}
            </dl>
          )}
          {step.choices === undefined || step.choices.length === 0 ? null : (
            <dl className="mt-2">
              <Choices step={step} />
            </dl>
          )}
          {step.secrets.length === 0 ? null : (
            <p className="mt-2">Secrets: {step.secrets.join(", ")} (by name; values are never shown)</p>
          )}
        </section>
      ))}
    </div>
  );
}

/** Every Ansible task in the order in which Ansible comes to it, with its place in the repository. */
export function SourceTab({ plan }: TabProps): ReactNode {
  return (
    <div className="flex flex-col gap-4">
      {plan.steps.map((step) => (
        <section key={step.index}>
          <StepTitle step={step} />
          <p className="mb-2 text-sm text-muted wrap-anywhere">
            {step.unit.repository}: {step.unit.path}, {count(step.fileCount, "file")} frozen as snapshot{" "}
            <code className="font-mono">{step.snapshot.slice(0, 12)}</code>
          </p>
          <ol className="flex flex-col">
            {step.ansibleTasks.map((task, index) => (
              <li key={`${index}:${task.source}`} className="border-t border-line py-1.5">
                <span className="wrap-anywhere">{task.name === "" ? task.module : task.name}</span>
                <span className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm text-muted">
                  <code className="font-mono break-all">{task.source}</code>
                  <span>{task.module}</span>
                  {task.become ? <Badge>become</Badge> : null}
                  {task.dynamic ? (
                    <Badge tone="warn" icon="question">
                      known only at run time
                    </Badge>
                  ) : null}
                  {task.previewable ? null : (
                    <Badge tone="quiet" icon="question">
                      cannot be previewed
                    </Badge>
                  )}
                </span>
              </li>
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

/** Why the plan has its tier, and what nobody can know before. */
export function RiskTab({ plan }: TabProps): ReactNode {
  return (
    <div className="flex flex-col gap-4">
      <div>
        <p className="flex flex-wrap items-center gap-2">
          <RiskBadge tier={plan.risk} /> {riskWords[plan.risk]}
        </p>
        <p className="mt-1 text-muted">{approvalSentence(plan.approvalForm)}</p>
        <ul className="mt-1 list-disc pl-5">
          {plan.riskReasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      </div>
      {plan.steps.map((step) => (
        <section key={step.index}>
          <StepTitle step={step} />
          <p>
            <RiskBadge tier={step.risk} />
          </p>
          <ul className="mt-1 list-disc pl-5">
            {step.riskReasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
            <li>{previewOf(step)}</li>
            {openAtRunTime(step).map((what) => (
              <li key={what}>decided at run time: {what}</li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
