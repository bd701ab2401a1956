import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { FileDiff, PlanDiff, StepDiff } from "../../../src/contracts/plan-diff.ts";
import type { Plan } from "../../../src/contracts/plan.ts";
import { api } from "../api/client.ts";
import { Badge } from "../ui/badge.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { count } from "./plan-words.ts";
import { Fact } from "./step-view.tsx";

type Against = "previous" | "last-run";
const mostLines = 4;

function useDiff(plan: Pick<Plan, "id">, against: Against): UseQueryResult<PlanDiff> {
  return useQuery({
    queryKey: ["plan-diff", plan.id, against],
    queryFn: ({ signal }) => api.get<PlanDiff>(`/plans/${plan.id}/diff?against=${against}`, { signal }),
    // Neither the plan nor what it is compared with changes any more.
    staleTime: 300_000,
  });
}

/** For the card: what the revision changed, and whether exactly this has run before. */
export function ChangedSince({ plan }: { readonly plan: Plan }): ReactNode {
  const against = plan.revision > 1 ? "previous" : "last-run";
  const diff = useDiff(plan, against).data;
  if (diff === undefined || diff.against === null || (against === "last-run" && !diff.same)) return null;
  const more = diff.summary.length - mostLines;
  return (
    <section aria-label="What changed" className="mt-2 rounded-md bg-quiet-soft px-3 py-2 text-sm">
      <p className="font-medium">{diff.same ? "Nothing new" : `What changed since ${diff.against.text}`}</p>
      <ul className="list-disc pl-5">
        {diff.summary.slice(0, mostLines).map((line) => (
          <li key={line} className="wrap-anywhere">
            {line}
          </li>
        ))}
        {more > 0 ? <li>and {more} more</li> : null}
      </ul>
    </section>
  );
}

/** How the plan differs from the revision before it, and from what was approved and run last. */
export function ChangesTab({ plan }: { readonly plan: Plan }): ReactNode {
  return (
    <div className="flex flex-col gap-6">
      {plan.revision > 1 ? (
        <Comparison
          plan={plan}
          against="previous"
          title={`What changed since revision ${plan.revision - 1}`}
        />
      ) : null}
      <Comparison plan={plan} against="last-run" title="Compared with the last approved run" />
    </div>
  );
}

interface ComparisonProps {
  readonly plan: Plan;
  readonly against: Against;
  readonly title: string;
}

function Comparison({ plan, against, title }: ComparisonProps): ReactNode {
  const { data: diff, error, refetch } = useDiff(plan, against);
  return (
    <section aria-label={title}>
      <h2 className="mb-2 font-semibold">{title}</h2>
      {diff !== undefined ? (
        <Differences diff={diff} />
      ) : error === null ? (
        <Loading label="Comparing" />
      ) : (
        <Failed error={error} onRetry={() => void refetch()} />
      )}
    </section>
  );
}

function Differences({ diff }: { readonly diff: PlanDiff }): ReactNode {
  const { against } = diff;
  if (against === null || diff.same || diff.steps.every((step) => step.change === "same"))
    return <p className="wrap-anywhere">{sentence(diff.summary.join("; "))}</p>;
  const same = diff.steps.filter((step) => step.change === "same").length;
  return (
    <div className="flex flex-col gap-3">
      {against.run === null ? null : (
        <p className="text-sm text-muted wrap-anywhere">
          With {against.text}.{" "}
          <Link to="/runs/$runId" params={{ runId: against.run.id }}>
            Open that run
          </Link>
        </p>
      )}
      {diff.risk === null ? null : (
        <p>
          Risk of the whole: {diff.risk.was} → {diff.risk.is}
        </p>
      )}
      {diff.steps
        .filter((step) => step.change !== "same")
        .map((step) => (
          <StepChanges key={`${step.step}:${step.was}`} step={step} />
        ))}
      {same === 0 ? null : <p className="text-muted">{count(same, "step")} as before</p>}
    </div>
  );
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function StepChanges({ step }: { readonly step: StepDiff }): ReactNode {
  const number = step.step === null ? `Formerly ${(step.was ?? 0) + 1}` : String(step.step + 1);
  return (
    <section className="border-t border-line pt-2">
      <h3 className="flex flex-wrap items-center gap-2 font-medium wrap-anywhere">
        {number}. {step.name}
        {step.change === "added" ? <Badge tone="ok">added</Badge> : null}
        {step.change === "removed" ? <Badge tone="bad">left out</Badge> : null}
      </h3>
      <dl className="mt-1 flex flex-col gap-1">
        {step.nameWas === null ? null : (
          <Fact name="Playbook">
            {step.nameWas} → {step.name}
          </Fact>
        )}
        {step.moved ? <Fact name="Order">it was step {(step.was ?? 0) + 1}</Fact> : null}
        <Names name="Hosts" of={step.hosts} />
        <Names name="Tags" of={step.tags} />
        {step.vars.map((variable) => (
          <Fact key={variable.name} name="Variable">
            <code className="font-mono text-sm break-all">
              {variable.name}: {valueWords(variable.was)} → {valueWords(variable.is)}
            </code>
          </Fact>
        ))}
        {step.secrets.map(({ name, was, is }) => (
          <Fact key={name} name="Secret">
            {name}: {versionWords(was)} → {versionWords(is)}
          </Fact>
        ))}
        <Names name="Tasks" of={step.ansibleTasks} />
        {step.risk === null ? null : (
          <Fact name="Risk">
            {step.risk.was} → {step.risk.is}
          </Fact>
        )}
        {step.tools.map((text) => (
          <Fact key={text} name="Tools">
            {text}
          </Fact>
        ))}
        {step.other.map((text) => (
          <Fact key={text} name="Else">
            {text}
          </Fact>
        ))}
      </dl>
      {step.files.map((file) => (
        <FileChange key={file.path} file={file} />
      ))}
      {step.moreFiles === 0 ? null : <p className="text-muted">and {count(step.moreFiles, "more file")}</p>}
    </section>
  );
}

const valueWords = (value: unknown): string =>
  value === undefined ? "its own value" : JSON.stringify(value);
const versionWords = (version: number | null): string =>
  version === null ? "not used" : `version ${version}`;

function Names({ name, of }: { readonly name: string; readonly of: StepDiff["hosts"] }): ReactNode {
  if (of.added.length === 0 && of.removed.length === 0) return null;
  return (
    <Fact name={name}>
      <ul>
        {of.removed.map((each, index) => (
          <li key={`-${index}`} className="text-bad wrap-anywhere">
            − {each}
          </li>
        ))}
        {of.added.map((each, index) => (
          <li key={`+${index}`} className="text-ok wrap-anywhere">
            + {each}
          </li>
        ))}
      </ul>
    </Fact>
  );
}

function FileChange({ file }: { readonly file: FileDiff }): ReactNode {
  const lines = file.text?.split("\n") ?? [];
  const digests = [file.was, file.is].map((digest) => digest?.slice(0, 12) ?? "none").join(" → ");
  return (
    <details open={lines.length > 0 && lines.length <= 30} className="mt-2 rounded-md border border-line">
      <summary className="cursor-pointer px-2 py-1 wrap-anywhere">
        <code className="font-mono text-sm">{file.path}</code>{" "}
        <span className="text-sm text-muted">
          {file.change}
          {file.note === null ? "" : ` (${file.note})`}
        </span>
      </summary>
      <section
        tabIndex={0}
        aria-label={`Changes in ${file.path}`}
        className="max-h-96 overflow-auto border-t border-line p-2 font-mono text-[0.8rem]/5 whitespace-pre-wrap wrap-anywhere"
      >
        {lines.length === 0
          ? digests
          : lines.map((line, index) => (
              // Keys by place: a difference never changes
              <span key={index} dir="ltr" className={`block min-h-5 [unicode-bidi:isolate] ${shadeOf(line)}`}>
                {line}
              </span>
            ))}
      </section>
    </details>
  );
}

function shadeOf(line: string): string {
  if (line.startsWith("+")) return "text-ok";
  return line.startsWith("-") ? "text-bad" : "";
}
