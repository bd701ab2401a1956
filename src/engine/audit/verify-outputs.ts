import { createHash, type Hash } from "node:crypto";
import { z } from "zod";
import type { AuditFinding } from "../../contracts/audit.ts";
import { Sha256 } from "../../contracts/vocabulary.ts";
import type { Tx } from "../schema.ts";
import { listOutput, listKeptTaskEnds, type TaskEnd } from "./output-sql.ts";

/** What the record of an ended task says about the output of its attempt, where its agent signed that. */
const SignedOutput = z.object({
  attempt: z.int(),
  step: z.int().catch(-1),
  output_length: z.int(),
  output_sha256: Sha256,
});

interface Expected extends z.infer<typeof SignedOutput> {
  readonly end: TaskEnd;
}

/**
 * Compares the stored output of each attempt with the digest that its agent signed and the record has. Counts those that agree;
 * output that was removed after its time is passed over.
 */
export async function checkOutputs(
  tx: Tx,
  signal?: AbortSignal,
): Promise<{ readonly agree: number } | { readonly finding: AuditFinding }> {
  let agree = 0;
  let ofRun: Expected[] = [];
  const close = async (): Promise<AuditFinding | undefined> => {
    const finding = await findDifference(tx, ofRun, signal);
    agree += ofRun.length;
    ofRun = [];
    return finding;
  };
  for await (const end of listKeptTaskEnds(tx)) {
    if (ofRun[0] !== undefined && ofRun[0].end.runId !== end.runId) {
      const finding = await close();
      if (finding !== undefined) return { finding };
    }
    const said = SignedOutput.safeParse(dataOf(end));
    if (said.success) ofRun.push({ ...said.data, end });
  }
  const finding = await close();
  return finding === undefined ? { agree } : { finding };
}

function dataOf({ body }: TaskEnd): unknown {
  return (JSON.parse(body) as { data?: unknown }).data;
}

/** @param expected of one run */
async function findDifference(
  tx: Tx,
  expected: readonly Expected[],
  signal?: AbortSignal,
): Promise<AuditFinding | undefined> {
  const [first] = expected;
  if (first === undefined) return undefined;
  const stored = new Map<string, { readonly hash: Hash; length: number }>();
  const find = (key: string) => {
    const known = stored.get(key) ?? { hash: createHash("sha256"), length: 0 };
    stored.set(key, known);
    return known;
  };
  for await (const { taskId, attempt, text } of listOutput(tx, first.end.runId)) {
    signal?.throwIfAborted();
    const at = find(`${taskId}.${attempt}`);
    at.hash.update(text, "utf8");
    at.length += text.length;
  }
  for (const { end, attempt, step, output_length, output_sha256 } of expected) {
    const { hash, length } = find(`${end.taskId}.${attempt}`);
    // Of the same attempt a second record may come, when somebody has said how it ended.
    if (hash.copy().digest("hex") === output_sha256) continue;
    const sizes = length === output_length ? "" : ` ${length} of ${output_length} characters are there.`;
    const message = `The stored output of step ${step + 1} of run ${end.runId} (attempt ${attempt}) is not what its agent signed when it ended: it was changed, or part of it is missing.${sizes}`;
    return { kind: "output-differs", index: end.index, message };
  }
  return undefined;
}
