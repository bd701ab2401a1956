import { expect, test } from "vitest";
import { WebSocket } from "ws";
import type { LiveEvent } from "../../src/contracts/live.ts";
import { connect } from "../support/database.ts";
import { approve, ended, plan, playbook, writeRepository } from "../support/jobs.ts";
import { createWorld, signUp, startServer, waitUntil, type Api, type Server } from "../support/server.ts";

const tasks = 20;
const linesEach = 2_000;
/** A task says 2 MB; of each line the beginning says which task it is of. */
const flood = Array.from(
  { length: tasks },
  (_, index) => `    - name: Flood ${index}
      ansible.builtin.debug:
        msg: "{{ ['task ${index} ' ~ 'x' * 980] * ${linesEach} }}"
`,
).join("");

test("[P17] viewers that read nothing or little hold up neither a run of 40 MB nor who reads it all", async () => {
  await using world = await createWorld();
  const repository = await writeRepository(world, { "flood.yml": playbook("flood", flood) });
  await using server = await startServer(world, { args: ["--repo", repository] });
  const api = await signUp(server);
  const runId = await approve(api, await plan(api, "Deploy flood"));
  await using idle = new AsyncDisposableStack();
  const seen: Watched[] = [];
  for (let index = 0; index < 10; index += 1) {
    const watched = await watch({ server, api, runId, pause: index < 5 ? Infinity : 2_000 });
    seen.push(idle.adopt(watched, ({ socket }) => Promise.resolve(socket.terminate())));
  }
  const whole = await watch({ server, api, runId, pause: 0 });
  const run = await ended(api, runId, 200_000);
  await waitUntil(() => whole.isOver());
  whole.socket.terminate();

  expect(run).toMatchObject({ state: "succeeded", reason: null });
  const written = run.tasks[0]?.attempts.at(-1)?.resources?.bytes_out;
  expect(written).toBeGreaterThan(tasks * linesEach * 980);
  await using db = await connect(world);
  const { rows } = await db.query<{ stored: string }>(
    "SELECT sum(length(data->>'text')) AS stored FROM event WHERE topic = $1 AND type = 'output'",
    [`run:${runId}`],
  );
  expect(Number(rows[0]?.stored)).toBe(written);
  expect(whole.text().length).toBe(written);
  const counts = Array.from(
    { length: tasks },
    (_, index) => whole.text().split(`"task ${index} xxx`).length - 1,
  );
  expect(counts).toEqual(Array.from({ length: tasks }, () => linesEach));
  // It was over while they were far behind.
  for (const { text } of seen) expect(text().length).toBeLessThan(written ?? 0);
}, 240_000);

interface Watched {
  readonly socket: WebSocket;
  text(): string;
  isOver(): boolean;
}

/** Follows a run over one connection. @param view `pause`: milliseconds that it reads nothing after each event */
async function watch(view: { server: Server; api: Api; runId: string; pause: number }): Promise<Watched> {
  const { ticket } = await view.api.post<{ ticket: string }>("/stream/ticket");
  const socket = new WebSocket(`${view.server.url.replace("http", "ws")}/api/v1/stream?ticket=${ticket}`);
  const pieces: string[] = [];
  let isOver = false;
  socket.on("error", () => undefined);
  socket.on("message", (data: Buffer) => {
    const event = JSON.parse(data.toString("utf8")) as LiveEvent;
    if (event.type === "output") pieces.push(event.data.text);
    if (event.type === "run.state" && event.data.state === "succeeded") isOver = true;
    if (view.pause === 0) return;
    socket.pause();
    if (view.pause !== Infinity) setTimeout(() => socket.resume(), view.pause).unref();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("close", () => reject(new Error("the stream was closed")));
  });
  socket.send(JSON.stringify({ subscribe: { topic: `run:${view.runId}`, after: 0 } }));
  return { socket, text: () => pieces.join(""), isOver: () => isOver };
}
