import { spawn, spawnSync } from "node:child_process";
import { access, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { mayMount, mountSmallDisk, type SmallDisk } from "../../../test/support/small-disk.ts";
import { findIdentity, findResult } from "./attempt-result.ts";
import type { AttemptSpec } from "./attempt-spec.ts";
import { createEventDecoder } from "./event-decoder.ts";
import { runFiles } from "./run-files.ts";
import { createLab, playbook, until, type Lab } from "./testing/lab.ts";

const starter = fileURLToPath(new URL("testing/start-on-disk.ts", import.meta.url));
const writer = fileURLToPath(new URL("testing/write_log.py", import.meta.url));
const noteText = /\n\[chiffon: (\d+) bytes dropped(?: in the middle|, the disk was full)\]\n/g;

let lab: Lab;
let disk: SmallDisk;

beforeAll(async () => {
  if (!mayMount) return;
  lab = await createLab();
  disk = await mountSmallDisk(path.join(lab.folder, "disk"), "4m");
});

afterEach(async () => {
  if (mayMount) await disk.free();
});

afterAll(async () => {
  if (!mayMount) return;
  await lab[Symbol.asyncDispose]();
  await disk[Symbol.asyncDispose]();
  await rm(lab.folder, { recursive: true, force: true });
});

interface OnDisk extends AsyncDisposable {
  /** The run directory as this process sees it. */
  readonly runDir: string;
  /** What the starter said: "started", or why not. */
  start(): Promise<string>;
}

/** A prepared attempt whose run directory lies on the small disk. */
async function prepareOnDisk(text: string, name: string): Promise<OnDisk> {
  const spec: AttemptSpec = await lab.spec(text, { runDir: path.join(disk.inside, name) });
  const [command, ...args] = [...disk.through, process.execPath, starter];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const gone = new Promise((resolve) => child.once("close", resolve));
  const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.write(`${JSON.stringify(spec)}\n`);
  expect(await said.next()).toEqual({ done: false, value: "prepared" });
  return {
    runDir: path.join(disk.outside, name),
    async start() {
      child.stdin.write("\n");
      return String((await said.next()).value);
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await gone;
    },
  };
}

const talk = (word: string, times: number) =>
  `debug: {msg: "${word} {{ '.' * 900 }}"}\n      loop: '{{ range(${times}) | list }}'`;

/** A shell command that leaves `NAME.here` and waits for `NAME.on`, both on another disk. */
const waiting = (name: string) => {
  const file = path.join(lab.folder, name);
  return `touch ${file}.here; until test -e ${file}.on; do sleep 0.1; done`;
};
const wait = (name: string) => `shell: ${waiting(name)}`;
/** Without a module: Ansible keeps a copy of those on the disk, and at its end there would be room again. */
const waitWithoutFiles = (name: string) => `debug: {msg: "{{ lookup('pipe', '${waiting(name)}') }}"}`;

const reached = (name: string) => until(() => isThere(path.join(lab.folder, `${name}.here`)));
const goOn = (name: string) => writeFile(path.join(lab.folder, `${name}.on`), "");

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

const readText = (runDir: string, file: string): Promise<string> => readFile(path.join(runDir, file), "utf8");

/** Sum of what the notes of a log count. */
const droppedIn = (log: string): number =>
  [...log.matchAll(noteText)].reduce((sum, [, count]) => sum + Number(count), 0);

const ended = (runDir: string) => until(() => findResult(runDir));

test.runIf(mayMount)(
  "whatever the disk does, the log is what was written, with a note of the exact size wherever something is missing",
  async () => {
    const seeds = Array.from({ length: 40 }, (_, index) => String(index + 1));
    const [inside, outside] = [path.join(disk.inside, "logs"), path.join(disk.outside, "logs")];
    await mkdir(outside);
    const [command = "", ...args] = [...disk.through, "python3", writer, inside, lab.folder, ...seeds];
    const done = spawnSync(command, args, { encoding: "utf8" });
    expect(done.stderr).toBe("");
    const written = done.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Written);
    expect(written.map(({ seed }) => String(seed))).toEqual(seeds);

    let notes = 0;
    for (const { seed, cap, rest, ...counts } of written) {
      const log = (await readText(lab.folder, String(seed))) + rest;
      expect(readLog(log), `seed ${seed}`).toEqual({ ...counts, isRight: true });
      const found = [...log.matchAll(noteText)].length;
      expect(log.length).toBeLessThan(cap + 60 * (found + 1));
      expect(rest.length).toBeLessThan(150);
      notes += found;
    }
    expect(notes).toBeGreaterThan(30);
  },
);

interface Written {
  readonly seed: number;
  readonly cap: number;
  readonly received: number;
  readonly kept: number;
  /** What belongs behind the log. */
  readonly rest: string;
}

/** How much a log has and tells of, and whether each of its pieces stands where its notes say. */
function readLog(log: string): { received: number; kept: number; isRight: boolean } {
  let received = 0;
  let kept = 0;
  let isRight = true;
  for (const [index, part] of log.split(noteText).entries()) {
    const length = index % 2 === 1 ? Number(part) : part.length;
    if (index % 2 === 0) {
      isRight &&= part === lines(received, received + length);
      kept += length;
    }
    received += length;
  }
  return { received, kept, isRight };
}

/** Bytes of the stream of numbered lines that the writer writes. */
function lines(from: number, to: number): string {
  let text = "";
  for (let line = Math.floor(from / 8); line * 8 < to; line += 1)
    text += `${String(line).padStart(7, "0")}\n`;
  return text.slice(from % 8, (from % 8) + to - from);
}

test.runIf(mayMount)(
  "a disk that is full for a while costs output and events of that time, and the log says how much",
  async () => {
    await using run = await prepareOnDisk(
      playbook(talk("before", 3), wait("first"), talk("meanwhile", 12), wait("second"), talk("after", 3)),
      "while",
    );
    expect(await run.start()).toBe("started");
    await reached("first");
    await disk.fill();
    await goOn("first");
    await reached("second");
    await disk.free();
    await goOn("second");
    const result = await ended(run.runDir);

    expect(result).toMatchObject({ reason: "exited", exitCode: 0, outputRest: "" });
    const log = await readText(run.runDir, runFiles.output);
    expect(result.droppedBytes).toBeGreaterThan(5_000);
    expect(droppedIn(log)).toBe(result.droppedBytes);
    expect(log.replaceAll(noteText, "").length).toBe(result.outputBytes - result.droppedBytes);
    expect(log).toMatch(/before[^]*bytes dropped, the disk was full\]\n[^]*after[^]*PLAY RECAP/);
    const events = createEventDecoder(0).push(await readFile(path.join(run.runDir, runFiles.events)));
    expect(events.at(-1)).toMatchObject({ ev: "stats", hosts: { localhost: { ok: 5, failed: 0 } } });
    expect(events.filter((event) => event.ev === "item_ok").length).toBeLessThan(18);
  },
);

test.runIf(mayMount)(
  "a disk that stays full costs neither the end nor the counts of a playbook, and nothing is missing without a word",
  async () => {
    await using run = await prepareOnDisk(
      playbook(talk("before", 3), waitWithoutFiles("third"), talk("meanwhile", 12)),
      "until the end",
    );
    expect(await run.start()).toBe("started");
    await reached("third");
    await disk.fill();
    await goOn("third");
    const result = await ended(run.runDir);

    expect(result).toMatchObject({ reason: "exited", exitCode: 0 });
    const log = (await readText(run.runDir, runFiles.output)) + result.outputRest;
    expect(result.droppedBytes).toBeGreaterThan(5_000);
    expect(droppedIn(log)).toBe(result.droppedBytes);
    expect(log).toMatch(/before[^]*bytes dropped, the disk was full\]\n$/);
    const [last] = createEventDecoder(0).push(await readFile(path.join(run.runDir, runFiles.lastEvent)));
    expect(last).toMatchObject({ ev: "stats", hosts: { localhost: { ok: 3, failed: 0 } } });
  },
);

test.runIf(mayMount)(
  "[P14] a host that nobody approved ends the run also on a full disk, whatever the playbook says about errors",
  async () => {
    const witness = path.join(lab.folder, "went on");
    await writeFile(
      path.join(lab.project, "hosts.ini"),
      "localhost ansible_connection=local\nother ansible_connection=local\n",
    );
    const text = playbook(
      wait("fourth"),
      '{command: "true", delegate_to: "{{ groups.all | last }}", ignore_errors: true}',
      `copy: {content: x, dest: "${witness}"}`,
    );
    await using run = await prepareOnDisk(text, "guarded");
    expect(await run.start()).toBe("started");
    await reached("fourth");
    await disk.fill();
    await goOn("fourth");
    const result = await ended(run.runDir);

    expect(result).toMatchObject({ reason: "exited", exitCode: 77 });
    expect(result.extraHost?.message).toContain("is not part of the approved plan");
    expect(await isThere(witness)).toBe(false);
  },
);

test.runIf(mayMount)(
  "[P6] a disk that is full before the start lets nothing begin, then or later",
  async () => {
    const witness = path.join(lab.folder, "begun");
    await using run = await prepareOnDisk(playbook(`copy: {content: x, dest: "${witness}"}`), "before");
    await disk.fill();
    expect(await run.start()).toBe('disk-full, {"kind":"lost","reason":"not-started"}');
    await disk.free();

    expect(await findIdentity(run.runDir)).toEqual({ version: 1, attemptId: null });
    expect(await readdir(run.runDir)).not.toContain(runFiles.control);
    expect(await isThere(witness)).toBe(false);
  },
);
