import type { HostResult, Run, RunStop } from "../contracts/run.ts";
import { isEnded } from "../domain/run/states.ts";
import type { Api } from "./api.ts";
import type { Style } from "./plan-card.ts";
import { describeRun } from "./run-view.ts";
import { count, oneLine, plain, shellWord, shortId } from "./text.ts";

/** How many lines of one diff are shown; the rest is in the preview's output. */
const maxDiffLines = 200;
const eventsPerPage = 1_000;

interface Diff {
  readonly host: string;
  readonly name: string;
  readonly text: string;
}

/** What a stop's preview has shown so far. */
export interface Preview {
  readonly run: Run;
  readonly hosts: readonly HostResult[];
  readonly diffs: readonly Diff[];
}

export async function getPreview(
  api: Api,
  stop: RunStop,
  signal?: AbortSignal,
): Promise<Preview | undefined> {
  if (stop.previewRunId === null) return undefined;
  const run = await api.runs.get(stop.previewRunId, signal);
  return { run, hosts: await api.runs.hosts(run.id), diffs: await listDiffs(api, run.id) };
}

async function listDiffs(api: Api, runId: string): Promise<Diff[]> {
  const names = new Map<string, string>();
  const diffs: Diff[] = [];
  for (let after = 0; ;) {
    const { items } = await api.runs.events(runId, { after, limit: eventsPerPage });
    for (const { type, data } of items) {
      if (type === "ansible.task") names.set(data.key, data.name);
      if (type === "host.diff")
        diffs.push({ host: data.host, name: names.get(data.key) ?? "an Ansible task", text: data.text });
    }
    const last = items.at(-1);
    if (last === undefined || items.length < eventsPerPage) return diffs;
    after = last.seq;
  }
}

/** A preview as a person reads it before the second approval: every host, every diff. */
export function describePreview(
  preview: Preview,
  seen: { now: number; style: Style; width: number | undefined },
): string[] {
  const { run, hosts, diffs } = preview;
  const none = run.state === "succeeded" ? ["No diff: nothing that check mode can show would change."] : [];
  return [
    ...describeRun(run, { ...seen, hosts }),
    "",
    ...(diffs.length === 0 ? none : diffs.flatMap((diff) => describeDiff(diff, seen.style))),
  ];
}

function describeDiff({ host, name, text }: Diff, style: Style): string[] {
  const lines = plain(text).replace(/\n$/, "").split("\n");
  const rest = lines.length - maxDiffLines;
  return [
    style("bold", `${oneLine(host)}: ${oneLine(name)}`),
    ...lines.slice(0, maxDiffLines).map((line) => `  ${coloured(line, style)}`),
    ...(rest > 0 ? [`  … and ${count(rest, "line")} more`] : []),
  ];
}

function coloured(line: string, style: Style): string {
  if (line.startsWith("+")) return style("green", line);
  return line.startsWith("-") ? style("red", line) : line;
}

/** Whether nothing of the run happens until a person has decided: no step runs, and previews of its stops have ended. */
export async function waitsForPerson(api: Api, run: Run, signal?: AbortSignal): Promise<boolean> {
  if (run.state !== "paused" || run.tasks.some((task) => task.state === "running")) return false;
  for (const stop of run.stops) {
    if (stop.state !== "waiting" || stop.previewRunId === null) continue;
    if (!isEnded((await api.runs.get(stop.previewRunId, signal)).state)) return false;
  }
  return true;
}

/** The command that approves the step of exactly this stop. */
export function continueCommand(
  run: Run,
  stop: RunStop,
  given: { me: string; typed: string | null },
): string {
  const several = run.stops.filter((each) => each.state === "waiting").length > 1;
  const step = several ? ` --step ${stop.step + 1}` : "";
  const type = given.typed === null ? "" : ` --type ${shellWord(plain(given.typed))}`;
  return `${given.me} run continue ${shortId(run.id)}${step} --hash ${stop.hash.slice(0, 12)}${type}`;
}
