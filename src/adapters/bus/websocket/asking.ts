import type { Frame, Question } from "../../../contracts/gateway.ts";
import type { SnapshotFile } from "../../../contracts/plan.ts";
import type { Send } from "./frames.ts";

type Item = { readonly files: readonly SnapshotFile[] } | { readonly bytes: Buffer };

/** One question, as what comes for it is put in from outside. */
interface Open {
  readonly items: Item[];
  over: { readonly problem: string | null } | undefined;
  wake: PromiseWithResolvers<void>;
}

/** Asks the other side for files of snapshots. */
export interface Asking {
  files(digest: string, signal: AbortSignal): Promise<SnapshotFile[]>;
  content(sha256: string, signal: AbortSignal): AsyncGenerator<Uint8Array>;
  takeFiles(frame: Extract<Frame, { type: "files" }>): void;
  takePiece(piece: { id: number; bytes: Buffer }): void;
  takeEnd(frame: Extract<Frame, { type: "end" }>): void;
  /** The connection has ended: whoever still waits is told. */
  close(): void;
}

export function createAsking(deps: { send: Send; isOpen: () => boolean; nextId: () => number }): Asking {
  const open = new Map<number, Open>();
  const put = (id: number, change: (question: Open) => void): void => {
    const question = open.get(id);
    if (question === undefined) return;
    change(question);
    question.wake.resolve();
  };
  const end = (id: number, problem: string | null): void => put(id, (each) => (each.over ??= { problem }));

  async function* ask(question: Question, signal: AbortSignal): AsyncGenerator<Item> {
    signal.throwIfAborted();
    if (!deps.isOpen()) throw new Error("there is no connection to the server");
    const id = deps.nextId();
    const state: Open = { items: [], over: undefined, wake: Promise.withResolvers() };
    open.set(id, state);
    const nudge = (): void => state.wake.resolve();
    signal.addEventListener("abort", nudge);
    try {
      deps.send({ type: "ask", id, question });
      yield* itemsOf(state, { signal, onTaken: () => deps.send({ type: "more", id }) });
    } finally {
      signal.removeEventListener("abort", nudge);
      open.delete(id);
      if (state.over === undefined && deps.isOpen()) deps.send({ type: "stop", id });
    }
  }

  return {
    async files(digest, signal) {
      const files: SnapshotFile[] = [];
      for await (const item of ask({ kind: "snapshot", digest }, signal))
        if ("files" in item) files.push(...item.files);
      return files;
    },
    async *content(sha256, signal) {
      for await (const item of ask({ kind: "blob", sha256 }, signal)) if ("bytes" in item) yield item.bytes;
    },
    takeFiles: ({ id, files }) => put(id, (each) => each.items.push({ files })),
    takePiece: ({ id, bytes }) => put(id, (each) => each.items.push({ bytes })),
    takeEnd: ({ id, problem }) => end(id, problem),
    close: () => {
      for (const id of open.keys()) end(id, "the connection has ended");
    },
  };
}

async function* itemsOf(
  state: Open,
  { signal, onTaken }: { signal: AbortSignal; onTaken: () => void },
): AsyncGenerator<Item> {
  for (;;) {
    for (let item = state.items.shift(); item !== undefined; item = state.items.shift()) {
      yield item;
      if ("bytes" in item && state.over === undefined) onTaken();
    }
    signal.throwIfAborted();
    if (state.over !== undefined) {
      if (state.over.problem !== null) throw new Error(state.over.problem);
      return;
    }
    await state.wake.promise;
    state.wake = Promise.withResolvers();
  }
}
