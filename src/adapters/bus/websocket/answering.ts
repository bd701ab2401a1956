import type { Frame, Question } from "../../../contracts/gateway.ts";
import type { SnapshotFile } from "../../../contracts/plan.ts";
import { ChiffonError } from "../../../domain/errors.ts";
import { pieceFrame, type Send } from "./frames.ts";

/** Gives what the other side may have. The message of a ChiffonError is shown there, and nothing of other errors. */
export interface Library {
  files(digest: string): Promise<readonly SnapshotFile[]>;
  content(sha256: string): AsyncIterable<Uint8Array>;
}

/** Answers the other side's questions for files. */
export interface Answering {
  /** False when so much may not be asked at once. */
  take(frame: Extract<Frame, { type: "ask" }>): boolean;
  more(id: number): void;
  stop(id: number): void;
  close(): void;
}

interface Answer {
  /** Pieces that may be on their way before the receiver has taken one. */
  credit: number;
  stopped: boolean;
  wake: () => void;
}

interface Deps {
  readonly library: Library;
  readonly send: Send;
  readonly sendBytes: (bytes: Buffer) => void;
  readonly onError: (error: unknown) => void;
}

const ahead = 8;
const pieceBytes = 65_536;
const filesPerFrame = 2_000;
const mostAtOnce = 16;

export function createAnswering(deps: Deps): Answering {
  const answers = new Map<number, Answer>();
  const stop = (answer: Answer): void => {
    answer.stopped = true;
    answer.wake();
  };
  return {
    take({ id, question }) {
      if (answers.size >= mostAtOnce || answers.has(id)) return false;
      const answer: Answer = { credit: ahead, stopped: false, wake: () => {} };
      answers.set(id, answer);
      void give(deps, { id, question, answer }).finally(() => answers.delete(id));
      return true;
    },
    more(id) {
      const answer = answers.get(id);
      if (answer === undefined) return;
      answer.credit = Math.min(ahead, answer.credit + 1);
      answer.wake();
    },
    stop(id) {
      const answer = answers.get(id);
      if (answer !== undefined) stop(answer);
    },
    close: () => {
      for (const answer of answers.values()) stop(answer);
    },
  };
}

interface Work {
  readonly id: number;
  readonly question: Question;
  readonly answer: Answer;
}

/** Never rejects. */
async function give(deps: Deps, { id, question, answer }: Work): Promise<void> {
  let problem: string | null = null;
  try {
    if (question.kind === "snapshot") sendFiles(deps, id, await deps.library.files(question.digest));
    else await sendContent(deps, { id, answer, content: deps.library.content(question.sha256) });
  } catch (error) {
    problem = ChiffonError.is(error) ? error.message.slice(0, 2_000) : "it could not be read";
    if (!ChiffonError.is(error)) deps.onError(error);
  }
  if (!answer.stopped) deps.send({ type: "end", id, problem });
}

function sendFiles({ send }: Deps, id: number, files: readonly SnapshotFile[]): void {
  for (let at = 0; at < files.length; at += filesPerFrame)
    send({ type: "files", id, files: files.slice(at, at + filesPerFrame) });
}

async function sendContent(
  { sendBytes }: Deps,
  { id, answer, content }: { id: number; answer: Answer; content: AsyncIterable<Uint8Array> },
): Promise<void> {
  for await (const chunk of content)
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      while (answer.credit === 0 && !answer.stopped)
        await new Promise<void>((resolve) => (answer.wake = resolve));
      if (answer.stopped) return;
      answer.credit -= 1;
      sendBytes(pieceFrame(id, chunk.subarray(at, at + pieceBytes)));
    }
}
