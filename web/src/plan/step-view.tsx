import type { ReactNode } from "react";
import type { PlanStep } from "../../../src/contracts/plan.ts";
import { RiskBadge } from "../ui/badge.tsx";
import { Icon } from "../ui/icon.tsx";
import { formatDuration } from "../ui/time.tsx";
import {
  alsoOn,
  choiceName,
  confidenceOf,
  count,
  expectedOfStep,
  locksOf,
  openAtRunTime,
  originOf,
  previewOf,
  resourceLines,
  titleOf,
  valueOf,
  waitsFor,
} from "./plan-words.ts";

const mostHosts = 12;
const longValue = 160;

/** One fact of a step: its name and what it is. */
export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <div className="grid grid-cols-1 items-baseline gap-x-3 sm:grid-cols-[6.5rem_minmax(0,1fr)]">
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

export function HostNames({ hosts }: { readonly hosts: readonly string[] }): ReactNode {
  if (hosts.length === 0) return <>none</>;
  if (hosts.length <= mostHosts) return <>{hosts.join(", ")}</>;
  return (
    <details>
      <summary className="cursor-pointer">
        {count(hosts.length, "host")}: {hosts.slice(0, 3).join(", ")} and {hosts.length - 3} more
      </summary>
      {hosts.join(", ")}
    </details>
  );
}

export function VariableValue({ value }: { readonly value: PlanStep["vars"][number]["value"] }): ReactNode {
  const text = valueOf(value);
  const code = <code className="font-mono text-sm break-all whitespace-pre-wrap">{text}</code>;
  if (text.length <= longValue) return code;
  const what = Array.isArray(value) ? `list of ${value.length}` : `${text.length} characters`;
  return (
    <details className="inline-block max-w-full align-top">
      <summary className="cursor-pointer">{what}</summary>
      {code}
    </details>
  );
}

function AlsoOn({ step }: { readonly step: PlanStep }): ReactNode {
  const others = alsoOn(step);
  if (others.length === 0) return null;
  return (
    <Fact name="Also on">
      <ul>
        {others.map((other) => (
          <li key={other}>{other}</li>
        ))}
      </ul>
    </Fact>
  );
}

function Variables({ step }: { readonly step: PlanStep }): ReactNode {
  if (step.vars.length === 0) return null;
  return (
    <Fact name="Variables">
      <ul className="flex flex-col gap-0.5">
        {step.vars.map((variable) => (
          <li key={variable.name}>
            <code className="font-mono text-sm">{variable.name}</code> ={" "}
            <VariableValue value={variable.value} />{" "}
            <span className="text-sm text-muted">from {variable.source}</span>
          </li>
        ))}
      </ul>
    </Fact>
  );
}

/** The playbook that no repository holds, whole: it is what gets approved. */
function Written({ step }: { readonly step: PlanStep }): ReactNode {
  const { written } = step;
  if (written === undefined) return null;
  return (
    <Fact name="Playbook">
      runs <code className="font-mono text-sm break-all">{written.file}</code> of{" "}
      <code className="font-mono text-sm break-all">{written.from}</code> by a playbook that Chiffon wrote:
      <pre className="mt-1 overflow-x-auto rounded border border-line p-2 font-mono text-sm">
        {written.text}
      </pre>
    </Fact>
  );
}

/** What Chiffon does not pass and the run reads all the same, with file and line. */
function Settings({ step }: { readonly step: PlanStep }): ReactNode {
  const { settings = [] } = step;
  if (settings.length === 0) return null;
  return (
    <Fact name="Settings">
      <details>
        <summary className="cursor-pointer">{count(settings.length, "variable")} as written</summary>
        <ul className="flex flex-col gap-0.5">
          {settings.map((each) => (
            <li key={`${each.name}:${each.hosts.join()}`}>
              <code className="font-mono text-sm">{each.name}</code> ={" "}
              {each.value === null ? "(not shown)" : <VariableValue value={each.value} />}{" "}
              <span className="text-sm text-muted">
                {each.origin}, {each.source}
                {each.hosts.length === 0 ? "" : `, on ${each.hosts.join(", ")}`}
              </span>
            </li>
          ))}
        </ul>
      </details>
    </Fact>
  );
}

/** What the step needs and holds while it runs. */
function Demands({ step }: { readonly step: PlanStep }): ReactNode {
  const needs = resourceLines(step);
  const locks = locksOf(step);
  return (
    <>
      {needs.length === 0 ? null : (
        <Fact name="Needs">
          <ul>
            {needs.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </Fact>
      )}
      {locks === "" ? null : <Fact name="Locks">{locks}</Fact>}
    </>
  );
}

/** What the playbook is expected to choose by itself. Plans of earlier versions have none. */
export function Choices({ step }: { readonly step: PlanStep }): ReactNode {
  return step.choices?.map((choice) => (
    <Fact key={choice.variable} name={choiceName(choice.variable)}>
      {choice.text}{" "}
      <span className="text-sm text-muted">
        (<code className="font-mono break-all">{choice.variable}</code>)
      </span>
    </Fact>
  ));
}

function RuntimeFacts({ step }: { readonly step: PlanStep }): ReactNode {
  const open = openAtRunTime(step);
  return (
    <>
      <Fact name="Preview">{previewOf(step)}</Fact>
      {open.length === 0 ? null : (
        <Fact name="Open">
          <ul>
            {open.map((what) => (
              <li key={what}>decided at run time: {what}</li>
            ))}
          </ul>
        </Fact>
      )}
      <Fact name="Expected">{expectedOfStep(step, formatDuration)}</Fact>
      {step.wayBack === undefined ? null : (
        <Fact name="Way back">
          {step.wayBack.kind === "none" ? `none: ${step.wayBack.text}` : step.wayBack.text}
        </Fact>
      )}
      {step.riskReasons.length === 0 ? null : <Fact name="Risk">{step.riskReasons.join("; ")}</Fact>}
    </>
  );
}

interface StepViewProps {
  readonly step: PlanStep;
  readonly steps: readonly PlanStep[];
}

/** Everything that the approval covers of one step. */
export function StepView({ step, steps }: StepViewProps): ReactNode {
  const waits = waitsFor(step, steps);
  return (
    <li className="border-t border-line py-3 first:border-t-0">
      <div className="mb-1 flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-semibold">
          {step.index + 1}. {titleOf(step)}
        </span>
        <RiskBadge tier={step.risk} />
      </div>
      <dl className="flex flex-col gap-1">
        <Fact name="From">“{step.text}”</Fact>
        <Fact name="Runs">
          <span className={step.unit.kind !== "operation" ? "font-mono text-sm break-all" : ""}>
            {originOf(step.unit)}
          </span>
          <span className="text-muted">
            {" "}
            · {count(step.ansibleTasks.length, "Ansible task")} of {count(step.fileCount, "file")}
            {step.become ? " · as another user (become)" : ""}
            {step.tags.length === 0 ? "" : ` · tags ${step.tags.join(", ")}`}
          </span>
        </Fact>
        {step.startAt === undefined ? null : <Fact name="Begins at">{step.startAt}</Fact>}
        <Fact name="Chosen">
          {confidenceOf(step.unit.confidence)}: {step.unit.evidence}
        </Fact>
        <Fact name="Hosts">
          <HostNames hosts={step.hosts} />
        </Fact>
        <AlsoOn step={step} />
        <Written step={step} />
        <Variables step={step} />
        <Settings step={step} />
        <Choices step={step} />
        {step.secrets.length === 0 ? null : (
          <Fact name="Secrets">{step.secrets.join(", ")} (values are never shown)</Fact>
        )}
        {step.vault === undefined ? null : <Fact name="Vault">{step.vault}</Fact>}
        {waits === undefined ? null : (
          <Fact name="When">
            <Icon name="clock" className="mr-1" />
            {waits}
          </Fact>
        )}
        <Demands step={step} />
        <RuntimeFacts step={step} />
      </dl>
    </li>
  );
}
