import type { ListedAnsibleTask, ListedPlay } from "../../contracts/catalogue.ts";
import { none } from "./none.ts";

/** A handler of a play, and what it answers to: its name, with and without its role, and what it listens to. */
export interface Handler {
  readonly task: ListedAnsibleTask;
  readonly names: readonly string[];
}

const template = /\{\{[^]*?\}\}|\{%[^]*?%\}/;
/* Lists do not say them: what a task notifies, and all handlers of a play, for the parts of its playbook. */
const notified = new WeakMap<ListedAnsibleTask, readonly string[]>();
const all = new WeakMap<ListedPlay, readonly Handler[]>();

/** Keeps what a listed task notifies. */
export function keepNotified(task: ListedAnsibleTask, names: readonly string[]): void {
  if (names.length > 0) notified.set(task, names);
}

/** The play with those of the handlers that its tasks may notify. */
export function withHandlers(play: ListedPlay, handlers: readonly Handler[]): ListedPlay {
  const whole = withNotified(play, handlers);
  all.set(whole, handlers);
  return whole;
}

/** The play with some of its tasks only, and with the handlers that these may notify. */
export function withTasks(play: ListedPlay, ansibleTasks: ListedAnsibleTask[]): ListedPlay {
  const { handlers: _of, ...rest } = play;
  return withNotified({ ...rest, ansibleTasks }, all.get(play) ?? none);
}

function withNotified(play: ListedPlay, handlers: readonly Handler[]): ListedPlay {
  const found = new Set<Handler>();
  const heard = new Set<string>();
  const hear = (task: ListedAnsibleTask): void => {
    for (const name of notified.get(task) ?? none) {
      if (heard.has(name)) continue;
      heard.add(name);
      for (const handler of handlers) {
        if (found.has(handler) || !handler.names.some((own) => mayMean(name, own))) continue;
        found.add(handler);
        hear(handler.task);
      }
    }
  };
  if (handlers.length > 0) for (const task of play.ansibleTasks) hear(task);
  return found.size === 0 ? play : { ...play, handlers: [...found].map(({ task }) => task) };
}

/** Whether a name in `notify` can mean this one; a template in either can stand for anything. */
export function mayMean(notifiedName: string, name: string): boolean {
  if (notifiedName === name) return true;
  const [wanted, own] = [notifiedName.split(template), name.split(template)];
  if (wanted.length === 1 && own.length === 1) return false;
  const [begin, end] = [wanted[0] ?? "", wanted.at(-1) ?? ""];
  const [ownBegin, ownEnd] = [own[0] ?? "", own.at(-1) ?? ""];
  return (
    (begin.startsWith(ownBegin) || ownBegin.startsWith(begin)) &&
    (end.endsWith(ownEnd) || ownEnd.endsWith(end))
  );
}
