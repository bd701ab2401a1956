import { listOperations } from "../../ansible/operations/operations.ts";
import { beginOf } from "../../understand/talk-period.ts";
import type { TalkQuestion } from "../../understand/talk-questions.ts";
import { exampleFor, exampleOf } from "../../understand/talk-words.ts";
import { spokenName } from "../../understand/tokens.ts";
import { listAgents } from "../agents/sql.ts";
import { listPlaybooks } from "../playbooks.ts";
import type { World } from "../request/world.ts";
import type { Database } from "../schema.ts";
import { describeHost, describeService, timeOf } from "./describe.ts";
import { listDoneSteps, listFailedRuns, listOpenRuns, listWaiting } from "./facts-sql.ts";

/** What questions are answered from: the record as it is now, and the catalogue. */
export interface Sources {
  readonly db: Database;
  readonly world: World;
  readonly now: Date;
}

const shown = 10;

/** The answer to one question, in plain text. Changes nothing. */
export async function answerQuestion(sources: Sources, question: TalkQuestion): Promise<string> {
  const { db } = sources;
  switch (question.about) {
    case "host":
      return await answerHost(sources, question);
    case "service":
      return await answerService(sources, question.service);
    case "failures":
      return await answerFailures(sources, question);
    case "running": {
      const runs = await listOpenRuns(db);
      const lines = runs.map((run) => `${run.request_text} (run ${short(run.id)}, ${run.state})`);
      return lines.length === 0 ? "Nothing is running." : list("These runs are not over:", lines);
    }
    case "waiting":
      return await answerWaiting(db);
    case "playbooks":
      return answerPlaybooks(sources.world, question.topic);
    case "hosts":
      return answerHosts(sources.world);
    case "agents": {
      const agents = await listAgents(db);
      const lines = agents.map(
        (agent) =>
          `${agent.name} (${agent.type}): ${agent.status}${agent.reason === null ? "" : `, ${agent.reason}`}`,
      );
      return lines.length === 0 ? "No agent is known." : list("The agents:", lines);
    }
    case "help":
      return tellHelp(sources.world);
    case "nothing":
      return (
        "I did not understand this as a question that I can answer, and I made no plan of it. " +
        tellQuestions(sources.world)
      );
    default:
      return question satisfies never;
  }
}

/** What Chiffon can do, with an example of this catalogue. */
export function tellHelp(world: World): string {
  return (
    `Say what should happen and I make a plan that you approve, for example: ${exampleOf(world.units)}. ` +
    "I also answer from the record and the catalogue: what runs on a host, what failed last week, what is running, what waits for you, which playbooks there are."
  );
}

/** What can be asked, in one line. */
function tellQuestions(world: World): string {
  const [host = "web1"] = hostsOf(world).map((each) => each.name);
  return `You can ask: what runs on ${host}, what failed last week, what is running, what waits for me, which playbooks are there, when was something last deployed. For a change say it as an order, for example: ${exampleOf(world.units)}.`;
}

async function answerHost(
  { db, world, now }: Sources,
  question: Extract<TalkQuestion, { about: "host" }>,
): Promise<string> {
  const { host, period } = question;
  const hosts = hostsOf(world).map((each) => each.name);
  const known = hosts.find((name) => name.toLowerCase() === host);
  const wish = {
    ...(host === null ? {} : { host: known ?? host }),
    ...(period === null ? {} : { since: beginOf(period, now), failed: true as const }),
  };
  const steps = await listDoneSteps(db, wish);
  if (host !== null && known === undefined && steps.length === 0)
    return `I know no host "${host}". ${hosts.length === 0 ? "There is no inventory." : `I know: ${some(hosts)}.`}`;
  const place = host === null ? "" : ` on ${known ?? host}`;
  if (period !== null) {
    const lines = steps.map((step) => `${timeOf(step.ended_at)}: ${describeHost.step(step, host === null)}`);
    return lines.length === 0
      ? `I did nothing${place} ${period.label}.`
      : list(`What I did${place} ${period.label}:`, lines);
  }
  const lines = describeHost.services(steps, host === null ? null : (known ?? host));
  const look = `I looked into my record, not at the host: Check the status of a service there to do that.`;
  return lines.length === 0
    ? `I have deployed nothing${place} so far.`
    : `${list(`What I deployed${place}:`, lines)}\n${look}`;
}

async function answerService({ db, world }: Sources, service: string): Promise<string> {
  const steps = await listDoneSteps(db, { service, failed: true });
  const lines = describeService(steps);
  if (lines.length > 0)
    return `${list(`From the record about ${service}:`, lines)}\nHow it is right now I do not know: Check the status of ${service} to look.`;
  const found = listPlaybooks(
    world.read.map((each) => each.catalogue),
    { limit: 50, q: spokenName(service) },
  ).items.find((unit) => !unit.minor && exampleFor(unit).startsWith("Deploy"));
  const can = found === undefined ? "" : ` To do that, say: ${exampleFor(found)}.`;
  return `The record has nothing about ${service}.${can}`;
}

async function answerFailures(
  { db, now }: Sources,
  question: Extract<TalkQuestion, { about: "failures" }>,
): Promise<string> {
  const { host, period } = question;
  const place = host === null ? "" : ` on ${host}`;
  const runs = await listFailedRuns(db, { host, since: beginOf(period, now) });
  const lines = runs.map((run) => {
    const ended = run.state === "unknown" ? "nobody knows how it ended" : "failed";
    const reason = run.reason === null ? "" : ` - ${run.reason}`;
    return `${timeOf(run.ended_at)}: ${run.request_text}, ${ended}${reason} (run ${short(run.id)})`;
  });
  return lines.length === 0
    ? `Nothing failed${place} ${period.label}.`
    : list(`What failed${place} ${period.label}:`, lines);
}

async function answerWaiting(db: Database): Promise<string> {
  const { plans, requests } = await listWaiting(db);
  const lines = [
    ...plans.map((plan) => `plan ${short(plan.id)} (${plan.risk}): ${plan.summary}`),
    ...requests.map((request) => `questions about: ${request.text}`),
  ];
  return lines.length === 0 ? "Nothing waits for a person." : list("These wait for a person:", lines);
}

function answerPlaybooks(world: World, topic: string | null): string {
  const catalogues = world.read.map((each) => each.catalogue);
  const asked = topic === null ? {} : { q: topic };
  const { items, total } = listPlaybooks(catalogues, { limit: 200, ...asked });
  const units = items.filter((unit) => unit.kind !== "operation" && !unit.minor);
  const [first] = units;
  if (first === undefined) {
    const operations = listOperations().map((unit) => unit.name);
    return topic === null
      ? `There is no playbook yet; of my own I can: ${operations.join(", ")}.`
      : `No playbook says that it is about ${topic}. Ask "which playbooks are there?" to see all.`;
  }
  const lines = units.map((unit) => {
    const line = unit.description.split("\n", 1)[0] ?? "";
    const about = line === "" || line === unit.name ? "" : `: ${line}`;
    return `${unit.name}${about.slice(0, 160)}`;
  });
  const count = Math.max(units.length, total > items.length ? total : 0);
  const head = topic === null ? `There are ${count} playbooks:` : `Playbooks about ${topic}:`;
  return `${list(head, lines)}\nTo use one, say: ${exampleOf(units)}.`;
}

function answerHosts(world: World): string {
  const lines = hostsOf(world).map((host) =>
    host.groups.length === 0 ? host.name : `${host.name} (${host.groups.join(", ")})`,
  );
  return lines.length === 0
    ? "I know no host: there is no static inventory in the repositories."
    : list(`I know ${lines.length} host${lines.length === 1 ? "" : "s"}:`, lines);
}

function hostsOf(world: World): { name: string; groups: string[] }[] {
  const all = world.read.flatMap((each) =>
    each.catalogue.inventories.flatMap((inventory) => inventory.hosts),
  );
  return [...new Map(all.map((host) => [host.name, host])).values()];
}

function list(head: string, lines: readonly string[]): string {
  const more = lines.length > shown ? [`- and ${lines.length - shown} more`] : [];
  return [head, ...lines.slice(0, shown).map((line) => `- ${line}`), ...more].join("\n");
}

function some(names: readonly string[]): string {
  return names.length > shown
    ? `${names.slice(0, shown).join(", ")} and ${names.length - shown} more`
    : names.join(", ");
}

function short(id: string): string {
  return id.slice(0, 8);
}
