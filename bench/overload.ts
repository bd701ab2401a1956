import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import type { Run } from "../src/contracts/run.ts";
import { connect } from "../test/support/database.ts";
import { approve, plan, playbook, writeRepository } from "../test/support/jobs.ts";
import {
  createWorld,
  signUp,
  startServer,
  type Api,
  type Server,
  type World,
} from "../test/support/server.ts";
import type { Verdict } from "./verdict.ts";

const monitor = fileURLToPath(new URL("loop-monitor.ts", import.meta.url));
const lineBytes = 100;
/** What a run may store of its output. */
const cap = 1_000_000_000;

/** A filter that writes numbered lines straight to Ansible's output, as fast as they are taken. */
const flood = `import os


def flood(lines):
    for start in range(0, lines, 10000):
        block = b"".join(b"%012d %s\\n" % (n, b"x" * 86) for n in range(start, min(lines, start + 10000)))
        while block:
            block = block[os.write(1, block):]
    return "%d lines" % lines


class FilterModule:
    def filters(self):
        return {"flood": flood}
`;

/**
 * A playbook writes more than a run may store, as fast as it can, while five viewers take nothing, five read 20 KB a second and
 * one reads all. `--megabytes N` (1,100) of 10^6 bytes.
 */
export async function benchOverload(options: Map<string, string>): Promise<Verdict[]> {
  const lines = (Number(options.get("--megabytes") ?? 1_100) * 1e6) / lineBytes;
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await createWorld());
  const repository = await writeRepository(world, {
    "flood.yml": playbook(
      "flood",
      `    - name: Flood\n      ansible.builtin.debug:\n        msg: "{{ ${lines} | flood }}"\n`,
    ),
    "filter_plugins/flood.py": flood,
  });
  const loopFile = path.join(world.dir, "loop.json");
  const server = stack.use(
    await startServer(world, {
      args: ["--repo", repository],
      env: { NODE_OPTIONS: `--import=${monitor}`, CHIFFON_BENCH_LOOP: loopFile },
    }),
  );
  const api = await signUp(server);
  const shown = await plan(api, "Deploy flood");
  server.child.kill("SIGUSR2");
  const began = Date.now();
  const runId = await approve(api, shown);
  const viewers = stack.adopt(attach(server, api, runId), (all) => {
    for (const each of all.idle) each.stop();
    all.whole.stop();
  });
  say(`${(await readMemory(server, "VmRSS")).toFixed(0)} MB of memory at the beginning`);
  const run = await untilEnded(api, runId, async () => {
    const seconds = ((Date.now() - began) / 1_000).toFixed(0);
    const memory = (await readMemory(server, "VmRSS")).toFixed(0);
    const mine = (viewers.whole.seen() / 1e6).toFixed(0);
    say(`${seconds} s: ${mine} MB at the viewer that reads all; the server has ${memory} MB of memory`);
  });
  const seconds = (Date.now() - began) / 1_000;
  await delay(2_000);
  const loop = JSON.parse(await readFile(loopFile, "utf8")) as { p50: number; p99: number; max: number };
  const peak = await readMemory(server, "VmHWM");
  const stored = await readStored(world, runId);
  while (viewers.whole.seen() < stored.length) await delay(200);

  const written = run.tasks[0]?.attempts.at(-1)?.resources?.bytes_out ?? Number.NaN;
  say(
    `${(written / 1e6).toFixed(0)} MB written, ${(stored.length / 1e6).toFixed(0)} MB stored in ${seconds.toFixed(0)} s`,
  );
  say(
    `event loop: p50 ${loop.p50.toFixed(0)} ms, p99 ${loop.p99.toFixed(0)} ms, longest ${loop.max.toFixed(0)} ms`,
  );
  say(`idle viewers: ${viewers.idle.map((each) => each.seen()).join(", ")} bytes`);
  return judge({ peak, stall: loop.p99, stored, written, run, whole: viewers.whole });
}

function judge(found: {
  peak: number;
  stall: number;
  stored: Stored;
  written: number;
  run: Run;
  whole: Viewer;
}): Verdict[] {
  const { peak, stall, stored, written, run, whole } = found;
  const isCounted = stored.length === written - stored.dropped + stored.notes && run.state === "succeeded";
  return [
    { name: "overload-rss", figure: `${peak.toFixed(0)} MB`, target: "<400 MB", met: peak < 400 },
    {
      name: "overload-event-loop-p99",
      figure: `${stall.toFixed(0)} ms`,
      target: "<100 ms",
      met: stall < 100,
    },
    {
      name: "overload-bytes",
      figure: `${stored.length} stored, ${stored.dropped} dropped, ${written} written`,
      target: `all counted, <=${cap} + note`,
      met: isCounted && stored.length - stored.notes <= cap,
    },
    {
      name: "overload-viewer",
      figure: `${whole.seen()} bytes, ${whole.isInOrder() ? "in order" : "NOT in order"}`,
      target: "all that is stored",
      met: whole.seen() === stored.length && whole.isInOrder(),
    },
  ];
}

interface Viewer {
  /** Characters of output that have come. */
  seen(): number;
  /** Whether every numbered line followed on the one before, or on a note. */
  isInOrder(): boolean;
  stop(): void;
}

function attach(server: Server, api: Api, runId: string): { whole: Viewer; idle: Viewer[] } {
  const view = (pace: number) => startViewer({ server, api, runId, pace });
  const idle = Array.from({ length: 10 }, (_, index) => view(index < 5 ? 0 : 20_000));
  return { whole: view(Infinity), idle };
}

/** Comes back whenever it is thrown out. @param view `pace` in bytes a second, 0: it reads nothing */
function startViewer(view: { server: Server; api: Api; runId: string; pace: number }): Viewer {
  let after = 0;
  let seen = 0;
  let stopped = false;
  let socket: WebSocket | undefined;
  const order = createOrder();
  const take = (text: string): void => {
    const event = JSON.parse(text) as { seq?: number; type: string; data: { text?: string } };
    if (event.seq === undefined || event.seq <= after) return;
    after = event.seq;
    if (event.type !== "output") return;
    const output = event.data.text ?? "";
    seen += output.length;
    if (view.pace === Infinity) order.see(output);
    else hold(output.length);
  };
  const hold = (bytes: number): void => {
    socket?.pause();
    if (view.pace > 0) setTimeout(() => socket?.resume(), (bytes * 1_000) / view.pace).unref();
  };
  const open = async (): Promise<void> => {
    const { ticket } = await view.api.post<{ ticket: string }>("/stream/ticket");
    if (stopped) return;
    socket = new WebSocket(`${view.server.url.replace("http", "ws")}/api/v1/stream?ticket=${ticket}`);
    socket.on("open", () => {
      socket?.send(JSON.stringify({ subscribe: { topic: `run:${view.runId}`, after } }));
      if (view.pace === 0) socket?.pause();
    });
    socket.on("message", (data: Buffer) => take(data.toString("utf8")));
    socket.on("error", () => undefined);
    socket.on("close", () => setTimeout(begin, 500).unref());
  };
  const begin = (): void => {
    if (!stopped) open().catch(() => setTimeout(begin, 500).unref());
  };
  begin();
  return {
    seen: () => seen,
    isInOrder: order.isRight,
    stop() {
      stopped = true;
      socket?.terminate();
    },
  };
}

/** Looks at the numbers of the flood's lines, in pieces of any size. */
function createOrder(): { see(text: string): void; isRight(): boolean } {
  let rest = "";
  let next = 0;
  let gaps = 0;
  let notes = 0;
  return {
    see(text) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("[chiffon: ")) notes += 1;
        if (line.length !== lineBytes - 1 || line[12] !== " ") continue;
        const number = Number(line.slice(0, 12));
        if (number !== next) gaps += 1;
        next = number + 1;
      }
    },
    isRight: () => gaps <= notes,
  };
}

async function untilEnded(api: Api, runId: string, tell: () => Promise<void>): Promise<Run> {
  for (let round = 1; ; round += 1) {
    const run = await api.get<Run>(`/runs/${runId}`);
    if (run.endedAt !== null) return run;
    if (round % 20 === 0) await tell();
    await delay(500);
  }
}

/** What the server has now, or has had at most, in MiB. */
async function readMemory(server: Server, which: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${server.child.pid}/status`, "utf8");
  return Number(new RegExp(`^${which}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1_024;
}

interface Stored {
  readonly length: number;
  /** Bytes that the notes in it count. */
  readonly dropped: number;
  /** Bytes of the notes themselves. */
  readonly notes: number;
}

/** From the database itself: what the events of the run hold. */
async function readStored(world: World, runId: string): Promise<Stored> {
  await using db = await connect(world);
  const { rows } = await db.query<{ length: string; notes: string | null }>(
    `SELECT sum(length(data->>'text')) AS length,
       string_agg(data->>'text', '' ORDER BY seq) FILTER (WHERE data->>'text' LIKE '%[chiffon: %') AS notes
     FROM event WHERE topic = $1 AND type = 'output'`,
    [`run:${runId}`],
  );
  const notes = [...(rows[0]?.notes ?? "").matchAll(/\n\[chiffon: (\d+) bytes dropped[^\]]*\]\n/g)];
  return {
    length: Number(rows[0]?.length),
    dropped: notes.reduce((sum, [, count]) => sum + Number(count), 0),
    notes: notes.reduce((sum, [note]) => sum + note.length, 0),
  };
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
