import { plan, approve, playbook, running, writeRepository } from "../test/support/jobs.ts";
import { createWorld, signIn, signUp, startServer, waitUntil, type Api } from "../test/support/server.ts";
import { median } from "./cpu.ts";
import type { Verdict } from "./verdict.ts";

/** Milliseconds from the start of the new server until it stores what the playbook writes. */
const target = 3_000;

/** From the start of a server after kill -9 until the run that went on meanwhile is followed again: median over `--rounds N` (7). */
export async function benchAdopt(options: Map<string, string>): Promise<Verdict[]> {
  const rounds = Number(options.get("--rounds") ?? 7);
  await using world = await createWorld();
  const ticks =
    "    - name: Tick\n      ansible.builtin.command: sleep 0.1\n      changed_when: false\n".repeat(500);
  const repository = await writeRepository(world, { "ticks.yml": playbook("ticks", ticks) });
  const args = ["--repo", repository];
  let server = await startServer(world, { args });
  // Also when a wait was in vain: no server is left behind.
  await using stack = new AsyncDisposableStack();
  stack.defer(() => server[Symbol.asyncDispose]());
  let api = await signUp(server);
  const runId = await approve(api, await plan(api, "Deploy ticks"));
  await running(api, runId);
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    await server.kill();
    const before = performance.now();
    server = await startServer(world, { args });
    api = await signIn(server);
    const known = await readLength(api, runId);
    await waitUntil(async () => (await readLength(api, runId)) > known);
    const took = performance.now() - before;
    // The first one compiles.
    if (round > 0) times.push(took);
    process.stderr.write(`adoption ${round}: ${took.toFixed(0)} ms\n`);
  }
  await api.post(`/runs/${runId}/cancel`, { reason: "bench" });
  await waitUntil(async () => (await api.get<{ endedAt: string | null }>(`/runs/${runId}`)).endedAt !== null);
  const figure = median(times);
  return [
    {
      name: "adopt",
      figure: `p50 ${figure.toFixed(0)} ms`,
      target: `<=${target} ms`,
      met: figure <= target,
    },
  ];
}

async function readLength(api: Api, runId: string): Promise<number> {
  const page = await api.get<{ next: number; end: boolean }>(`/runs/${runId}/log?after=0&limit=100000`);
  return page.next;
}
