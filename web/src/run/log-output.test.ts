import { expect, test } from "vitest";
import { addLines, emptyLog, filterLines, lineAt, searchLines, type LogLine } from "./log-lines.ts";
import { beginOutput, endOutput, findSections, takeOutput } from "./log-output.ts";

const text = [
  "PLAY [Site] ****",
  "",
  "TASK [Gathering Facts] *********",
  "\u001b[0;32mok: [web]\u001b[0m",
  "\u001b[0;32mok: [db]\u001b[0m",
  "",
  "TASK [Write the page] *********",
  "--- before",
  "+new",
  "\u001b[0;33mchanged: [web]\u001b[0m",
  "\u001b[0;31mfatal: [db]: FAILED! => {",
  '    "msg": "no space"',
  "}",
  "",
  "PLAY RECAP ****",
  "web : ok=2",
  "",
].join("\n");

function take(pieces: readonly string[]): { lines: Omit<LogLine, "number">[]; headings: readonly string[] } {
  let state = beginOutput;
  const lines: Omit<LogLine, "number">[] = [];
  for (const piece of pieces) {
    const taken = takeOutput(state, { offset: state.offset, text: piece });
    state = taken.state;
    lines.push(...taken.lines.map((line) => ({ ...line, taskId: "t", attempt: 1 })));
  }
  lines.push(...endOutput(state).lines.map((line) => ({ ...line, taskId: "t", attempt: 1 })));
  return { lines, headings: state.headings };
}

test("lines are the same however the output was cut into pieces", () => {
  const whole = take([text]);

  expect(take([...text])).toEqual(whole);
  expect(take(text.split(/(?<=\n)/))).toEqual(whole);
  expect(take([text.replaceAll("\n", "\r\n")])).toEqual(whole);
  expect(take([...text.replaceAll("\n", "\r\n")])).toEqual(whole);
});

test("[UI-04] a line belongs to the heading above it and to the host that it names", () => {
  const { lines, headings } = take([text]);
  const where = lines.map((line) => `${line.section} ${line.host}`);

  expect(headings).toEqual(["Gathering Facts", "Write the page"]);
  expect(where).toEqual([
    "-1 null",
    "-1 null",
    "0 null",
    "0 web",
    "0 db",
    "0 null",
    "1 null",
    "1 null",
    "1 null",
    "1 web",
    "1 db",
    "1 db",
    "1 db",
    "1 null",
    "-1 null",
    "-1 null",
  ]);
});

test("[UI-04] choosing a cell shows its heading and its lines, and search finds text without regard to colours", () => {
  const log = addLines(emptyLog, take([text]).lines);
  const chosen = filterLines(log, { taskId: "t", attempt: 1, sections: new Set([1]), host: "db" });

  expect(chosen.map((index) => lineAt(log, index)?.text)).toEqual(
    expect.arrayContaining(["TASK [Write the page] *********", '    "msg": "no space"']),
  );
  expect(chosen.some((index) => lineAt(log, index)?.text.includes("changed"))).toBe(false);
  expect(searchLines(log, null, "CHANGED: [WEB]")).toEqual([9]);
  expect(searchLines(log, chosen, "no SPACE")).toHaveLength(1);
});

test("headings are matched to ansibleTasks in order, though names repeat and announcements come late", () => {
  const announced = ["Ping", "Copy", "Ping"].map((name, index) => ({ name, key: `k${index}` }));

  expect([...findSections(["Ping", "Copy", "Ping"], announced, "k0")]).toEqual([0]);
  expect([...findSections(["Ping", "Copy", "Ping"], announced, "k2")]).toEqual([2]);
  // Hosts that go on by themselves: Ansible repeats the heading.
  expect([...findSections(["Ping", "Copy", "Copy"], announced.slice(0, 2), "k1")]).toEqual([1, 2]);
  expect([...findSections(["Ping"], [], "k0")]).toEqual([]);
});

test("a line of one megabyte keeps its beginning and says how much was cut", () => {
  const pieces = Array.from({ length: 5 }, () => "x".repeat(200_000));
  const [line] = take([...pieces, "\n"]).lines;

  expect(line?.text).toHaveLength(20_000);
  expect(line?.cut).toBe(980_000);
});

test("a long log lets its oldest lines go and goes on counting", () => {
  const line = { taskId: "t", attempt: 1, section: -1, host: null, text: "x", letters: 1, cut: 0 };
  let log = emptyLog;
  for (let round = 0; round < 25; round += 1)
    log = addLines(
      log,
      Array.from({ length: 10_007 }, () => line),
    );

  expect(log.dropped + log.count).toBe(250_175);
  expect(log.count).toBeLessThanOrEqual(204_800);
  expect(lineAt(log, 0)?.number).toBe(log.dropped + 1);
  expect(lineAt(log, log.count - 1)?.number).toBe(250_175);
});
