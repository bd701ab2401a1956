import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { findStartTime } from "../adapters/database/process-identity.ts";

/**
 * How an agent is, as it says itself in its data directory (0600), for `chiffon health agent`. A process that stands still
 * writes nothing any more, so what it said last gets old.
 */
const AgentState = z.object({
  pid: z.int().positive(),
  /** Of that process, as the system tells it: another one may get the same pid later. */
  startTime: z.string().max(100),
  name: z.string().max(300),
  server: z.string().max(300),
  connected: z.boolean(),
  /** Why it is not connected. */
  why: z.string().max(2_000).nullable(),
  /** When its last sign of life was taken, in milliseconds; null before the first. */
  heardAt: z.number().nullable(),
  /** Without one that was taken for this long it counts as silent, in milliseconds. */
  silence: z.number().positive(),
});
type AgentState = z.infer<typeof AgentState>;

const fileName = "agent-state.json";
const largestFile = 10_000;

/** Where a running agent says how it is. */
export interface AgentStateFile extends AsyncDisposable {
  onState(state: { connected: boolean; why: string | null }): void;
  /** A sign of life was taken. */
  onHeard(): void;
}

/** Writes the state whenever it changes, whole or not at all; disposing removes it. */
export async function openAgentState(
  dataDir: string,
  about: { name: string; server: string; silence: number; onError: (error: unknown) => void },
): Promise<AgentStateFile> {
  const { onError, ...known } = about;
  const { pid } = process;
  const startTime = findStartTime(pid) ?? "";
  let state: AgentState = { pid, startTime, ...known, connected: false, why: null, heardAt: null };
  const file = path.join(dataDir, fileName);
  let writing = write(file, state);
  await writing;
  const change = (next: Partial<AgentState>): void => {
    state = { ...state, ...next };
    writing = writing.then(() => write(file, state)).catch(onError);
  };
  return {
    onState: ({ connected, why }) => change({ connected, why: why?.slice(0, 2_000) ?? null }),
    onHeard: () => change({ heardAt: Date.now() }),
    async [Symbol.asyncDispose]() {
      await writing;
      await rm(file, { force: true });
    },
  };
}

async function write(file: string, state: AgentState): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** What the state file says of the agent at a moment in milliseconds. */
export async function findAgentHealth(
  dataDir: string,
  now: number,
): Promise<{ well: boolean; message: string }> {
  const file = path.join(dataDir, fileName);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined)
    return unwell(`no agent runs on ${dataDir}, or it has not begun yet: ${file} is not there`);
  const state = parse(text);
  if (state === undefined) return unwell(`${file} was not written by an agent`);
  const { server, heardAt, silence } = state;
  if (findStartTime(state.pid) !== state.startTime)
    return unwell(`the agent has ended without a word (process ${state.pid})`);
  // A clock that was set back would make an old sign of life a young one.
  const age = heardAt === null ? null : Math.abs(now - heardAt);
  if (!state.connected)
    return unwell(`the agent is not connected to ${server}: ${state.why ?? "it is still trying"}`);
  if (age === null) return unwell(`the agent is connected to ${server}, which has not heard of it yet`);
  const seconds = (age / 1_000).toFixed(age < 10_000 ? 1 : 0);
  if (age > silence)
    return unwell(
      `${server} took the last sign of life of the agent ${seconds} s ago: process ${state.pid} stands still, or the server does not answer`,
    );
  return { well: true, message: `connected to ${server} as ${state.name}, heard ${seconds} s ago` };
}

const unwell = (message: string): { well: boolean; message: string } => ({ well: false, message });

function parse(text: string): AgentState | undefined {
  if (text.length > largestFile) return undefined;
  try {
    return AgentState.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
