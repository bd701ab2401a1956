import type { MatchedIntent } from "../contracts/intent.ts";
import { wordKey, wordsOf } from "./words.ts";

/** A step as it is labelled: its words, and the steps (from 0) that it waits for, where the label says so. */
export interface LabelledStep {
  readonly text: string;
  readonly after?: readonly number[] | undefined;
}

export type AnsweredStep = Pick<MatchedIntent, "text" | "target" | "hosts" | "after">;

/**
 * Whether the steps of an answer are those of the labels, in the same order: each has more of the words of its own label than of
 * any other. Where labels say what a step waits for, it has to wait for exactly that.
 */
export function isInOrder(labels: readonly LabelledStep[], answer: readonly AnsweredStep[]): boolean {
  if (labels.length !== answer.length) return false;
  return answer.every((step, at) => {
    const own = labels[at];
    const score = own === undefined ? 0 : shareOf(own, step);
    const isOwn = score > 0 && labels.every((label) => shareOf(label, step) <= score);
    return isOwn && (own?.after === undefined || isSame(own.after, step.after));
  });
}

/** The share of a label's words that a step has, in its own words or in what they stand for. */
function shareOf(label: LabelledStep, { text, target, hosts }: AnsweredStep): number {
  const wanted = keysOf(label.text);
  const said = new Set(keysOf([text, target, ...hosts].join(" ")));
  return wanted.length === 0 ? 0 : wanted.filter((word) => said.has(word)).length / wanted.length;
}

const keysOf = (text: string): string[] => [...new Set(wordsOf(text).map(wordKey))];

function isSame(a: readonly number[], b: readonly number[]): boolean {
  const [one, two] = [new Set(a), new Set(b)];
  return one.size === two.size && [...one].every((index) => two.has(index));
}
