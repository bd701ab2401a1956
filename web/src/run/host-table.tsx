import { useState, type ReactNode } from "react";
import type { Run, Task } from "../../../src/contracts/run.ts";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Field, Select } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { lookOf, type Look, type Tone } from "../ui/states-of-things.ts";
import { Empty } from "../ui/states.tsx";
import { formatDuration } from "../ui/time.tsx";
import { plainText } from "./log-text.ts";
import { attemptsOf, hasBegun, hostsOf, isAtRest, statusOf } from "./run-facts.ts";
import { cellId, type AnsibleTaskView, type AttemptView, type Cell, type RunView } from "./run-view.ts";
import { sameSelection, type Selection } from "./selection.ts";
import { useNow } from "./use-now.ts";

interface Choice {
  readonly selection: Selection | null;
  readonly onSelect: (selection: Selection | null) => void;
}

/** Rows and columns that are shown before somebody asks for the rest. */
const mostRows = 60;
const mostHosts = 24;

/** What happened on which host in which ansibleTask; choosing a row or a cell filters the log. */
export function HostTables({ view, ...choice }: Choice & { readonly view: RunView }): ReactNode {
  const tasks = view.run?.tasks ?? [];
  const begun = tasks.filter((task) => attemptsOf(view, task.id).some((attempt) => attempt.cells.size > 0));
  const running = [...view.attempts.values()].some((attempt) => !attempt.ended);
  const now = useNow(running);
  return (
    <Card title="Hosts">
      {begun.length === 0 ? (
        <NothingYet run={view.run} />
      ) : (
        <div className="flex flex-col gap-5">
          {begun.map((task) => (
            <StepTable key={task.id} task={task} attempts={attemptsOf(view, task.id)} now={now} {...choice} />
          ))}
        </div>
      )}
    </Card>
  );
}

function NothingYet({ run }: { readonly run: Run | null }): ReactNode {
  if (run === null || !isAtRest(run.state))
    return <Empty title="No host has reported yet.">Results appear here as Ansible works.</Empty>;
  return <Empty title="No host has reported.">{hasBegun(run) ? undefined : "Nothing was begun."}</Empty>;
}

interface StepTableProps extends Choice {
  readonly task: Task;
  readonly attempts: readonly AttemptView[];
  readonly now: number;
}

function StepTable({ task, attempts, now, ...choice }: StepTableProps): ReactNode {
  const [chosen, setChosen] = useState<number | null>(null);
  const attempt = attempts.find((each) => each.number === chosen) ?? attempts.at(-1);
  if (attempt === undefined) return null;
  const title = `${task.step + 1}. ${plainText(task.name)}`;
  return (
    <section>
      <div className="mb-1 flex flex-wrap items-end justify-between gap-2">
        <h3 className="font-medium wrap-anywhere">{title}</h3>
        {attempts.length < 2 ? null : (
          <Field label="Attempt">
            {(ids) => (
              <Select
                {...ids}
                value={attempt.number}
                onChange={(event) => setChosen(Number(event.target.value))}
              >
                {attempts.map(({ number }) => (
                  <option key={number}>{number}</option>
                ))}
              </Select>
            )}
          </Field>
        )}
      </div>
      <Grid attempt={attempt} title={title} now={now} {...choice} />
    </section>
  );
}

interface GridProps extends Choice {
  readonly attempt: AttemptView;
  readonly title: string;
  readonly now: number;
}

function Grid({ attempt, title, now, ...choice }: GridProps): ReactNode {
  const [all, setAll] = useState(false);
  const hosts = hostsOf(attempt);
  const rows = attempt.ansibleTasks.filter((each) =>
    hosts.some((host) => attempt.cells.has(cellId(each.key, host))),
  );
  const shownHosts = all ? hosts : hosts.slice(0, mostHosts);
  // The newest are what somebody looks at while it runs.
  const shownRows = all ? rows : rows.slice(-mostRows);
  const hidden = rows.length - shownRows.length + hosts.length - shownHosts.length;
  return (
    <>
      <section
        aria-label={`Results of step ${title}`}
        tabIndex={0}
        className="max-h-[60vh] overflow-auto rounded-md border border-line"
      >
        <table className="w-full border-collapse text-sm">
          <thead className="sticky top-0 z-10 bg-raised">
            <tr>
              <th scope="col" className="px-2 py-1 text-left font-medium">
                Ansible task
              </th>
              {shownHosts.map((host) => (
                <th key={host} scope="col" className="px-2 py-1 text-left font-medium whitespace-nowrap">
                  {host}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shownRows.map((row) => (
              <Row key={row.key} row={row} hosts={shownHosts} attempt={attempt} now={now} {...choice} />
            ))}
          </tbody>
        </table>
      </section>
      {hidden === 0 ? null : (
        <Button size="small" className="mt-2" onClick={() => setAll(true)}>
          Show all {rows.length} Ansible tasks and {hosts.length} hosts
        </Button>
      )}
    </>
  );
}

interface RowProps extends Choice {
  readonly row: AnsibleTaskView;
  readonly hosts: readonly string[];
  readonly attempt: AttemptView;
  readonly now: number;
}

function Row({ row, hosts, attempt, now, selection, onSelect }: RowProps): ReactNode {
  const of: Selection = { taskId: attempt.taskId, attempt: attempt.number, key: row.key, host: null };
  const toggle = (wanted: Selection): void => onSelect(sameSelection(selection, wanted) ? null : wanted);
  const rowChosen = sameSelection(selection, of);
  return (
    <tr className="border-t border-line">
      <th scope="row" className="max-w-80 min-w-36 px-1 py-0.5 text-left font-normal">
        <button
          type="button"
          title={row.source}
          aria-pressed={rowChosen}
          onClick={() => toggle(of)}
          className={`min-h-6 w-full rounded px-1 py-0.5 text-left wrap-anywhere hover:bg-raised ${chosenLook(rowChosen)}`}
        >
          {row.name}
        </button>
      </th>
      {hosts.map((host) => {
        const cell = attempt.cells.get(cellId(row.key, host));
        const wanted = { ...of, host };
        const chosen = sameSelection(selection, wanted);
        return (
          <td key={host} className="px-1 py-0.5 whitespace-nowrap">
            {cell === undefined ? null : (
              <button
                type="button"
                title={cell.message ?? undefined}
                aria-pressed={chosen}
                onClick={() => toggle(wanted)}
                className={`min-h-6 rounded px-1 py-0.5 hover:bg-raised ${chosenLook(chosen)}`}
              >
                <CellWords cell={cell} attempt={attempt} now={now} />
              </button>
            )}
          </td>
        );
      })}
    </tr>
  );
}

function chosenLook(chosen: boolean): string {
  return chosen ? "outline-2 outline-accent" : "";
}

const tones: Readonly<Record<Tone, string>> = {
  ok: "text-ok",
  warn: "text-warn",
  bad: "text-bad",
  info: "text-info",
  quiet: "text-muted",
};

const noResult: Look = { tone: "warn", icon: "question", text: "No result" };

function CellWords({ cell, attempt, now }: { cell: Cell; attempt: AttemptView; now: number }): ReactNode {
  const status = statusOf(cell, attempt);
  const { tone, icon, text } = status === "none" ? noResult : lookOf("host", status);
  const end = cell.endedAt === null ? now : Date.parse(cell.endedAt);
  return (
    <span className={`inline-flex items-center gap-1 ${tones[tone]}`}>
      <Icon name={icon} />
      {text}
      {status === "none" ? null : (
        <span className="text-muted tabular-nums">{formatDuration(end - Date.parse(cell.startedAt))}</span>
      )}
      {status === "running" && cell.items > 0 ? (
        <span className="text-muted">· {cell.items} done</span>
      ) : null}
    </span>
  );
}
