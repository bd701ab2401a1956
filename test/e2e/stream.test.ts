import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { LiveEvent } from "../../src/contracts/live.ts";
import { approve, ended, plan, playbook, writeRepository } from "../support/jobs.ts";
import { createWorld, signUp, startServer, type Api, type Server } from "../support/server.ts";

test("[UI-04] a viewer whose connection is cut again and again sees exactly what is stored, without gap and without repeat", async () => {
  await using world = await createWorld();
  const repository = await writeRepository(world, {
    "talk.yml": playbook(
      "talk",
      `    - name: Talk
      ansible.builtin.debug:
        msg: "line {{ item }}"
      loop: "{{ range(80) | list }}"
`,
    ),
  });
  await using server = await startServer(world, { args: ["--repo", repository] });
  const api = await signUp(server);
  const runId = await approve(api, await plan(api, "Deploy talk"));

  const seen: LiveEvent[] = [];
  let cuts = 0;
  const isOver = () => seen.some((event) => event.type === "run.state" && event.data.state === "succeeded");
  while (!isOver()) {
    // Every connection is cut after a few more events than the one before.
    await watch({ server, api, runId, after: seen.at(-1)?.seq ?? 0, limit: 3 + cuts, seen });
    cuts += 1;
  }
  await ended(api, runId);

  const stored = await api.get<{ items: LiveEvent[] }>(`/runs/${runId}/events?after=0&limit=1000`);
  expect(cuts).toBeGreaterThan(3);
  expect(seen).toEqual(stored.items.slice(0, seen.length));
  expect(stored.items.map((event) => event.seq)).toEqual(stored.items.map((_, index) => index + 1));
}, 120_000);

async function watch(view: {
  server: Server;
  api: Api;
  runId: string;
  after: number;
  limit: number;
  seen: LiveEvent[];
}): Promise<void> {
  const { ticket } = await view.api.post<{ ticket: string }>("/stream/ticket");
  const socket = new WebSocket(`${view.server.url.replace("http", "ws")}/api/v1/stream?ticket=${ticket}`);
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.on("open", () =>
      socket.send(JSON.stringify({ subscribe: { topic: `run:${view.runId}`, after: view.after } })),
    );
    socket.on("message", (data: Buffer) => {
      const event = LiveEvent.safeParse(JSON.parse(data.toString("utf8")));
      if (!event.success || count >= view.limit) return;
      view.seen.push(event.data);
      count += 1;
      const over = event.data.type === "run.state" && event.data.data.state === "succeeded";
      if (count >= view.limit || over) socket.terminate();
    });
  });
}
