// npm run explore [-- --faults N] [--record]: every state of the execution core that up to N faults can lead to, in every order.
import process from "node:process";
import { parseArgs } from "node:util";
import { recordFigures } from "../../bench/figures.ts";
import type { Verdict } from "../../bench/verdict.ts";
import { chain, one, pair } from "./runs.ts";
import { explore, type Question } from "./explore.ts";
import { bugs, cancellingTasks, pausing, production } from "./rules.ts";

const { values } = parseArgs({
  options: { faults: { type: "string", default: "4" }, record: { type: "boolean", default: false } },
});
const faults = Number(values.faults);
if (!Number.isInteger(faults) || faults < 0 || faults > 8) {
  process.stderr.write("explore: --faults takes a whole number from 0 to 8\n");
  process.exit(2);
}

const questions: { name: string; question: Question }[] = [
  { name: "one task", question: { run: one, rules: production, faults } },
  {
    name: "one task that is paused",
    question: { run: one, rules: pausing, faults: Math.max(0, faults - 1) },
  },
  {
    name: "one task that is cancelled by itself",
    question: { run: one, rules: cancellingTasks, faults: Math.max(0, faults - 1) },
  },
  {
    name: "two tasks in order, cancelled one by one",
    question: { run: chain, rules: cancellingTasks, faults: Math.max(0, faults - 3) },
  },
  {
    name: "two tasks in order",
    question: { run: chain, rules: production, faults: Math.max(0, faults - 3) },
  },
  {
    name: "two tasks side by side",
    question: { run: pair, rules: production, faults: Math.max(0, faults - 4) },
  },
];

const verdicts: Verdict[] = [];
process.stdout.write(
  "2 agents, 2 attempts; every order of messages, each kill, pause, copy and loss at every moment\n",
);
for (const { name, question } of questions) {
  const began = performance.now();
  const found = explore({
    ...question,
    onLevel: (level) => process.stderr.write(`${name}: ${level.faults} faults, ${level.states} states\n`),
  });
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  const verdict = found.closed ? "met" : "MISSED";
  process.stdout.write(
    `${name}: closed under <= ${question.faults} faults   ${found.states} states, ${found.moves} moves, ${seconds} s   ${verdict}\n`,
  );
  verdicts.push({
    name: `explore, ${name}, <= ${question.faults} faults`,
    figure: `${found.states} states, ${found.moves} moves, ${seconds} s`,
    target: "closed, nothing wrong",
    met: found.closed,
  });
  if (found.wrong !== undefined) tell(found.wrong);
  if (!found.closed) process.exitCode = 1;
}
let found = 0;
for (const [name, rules] of Object.entries(bugs)) {
  const { wrong, states } = explore({ run: one, rules, faults });
  process.stdout.write(
    `seeded bug "${name}": ${wrong === undefined ? "NOT FOUND" : `found after ${states} states: ${wrong.what}`}\n`,
  );
  if (wrong === undefined) process.exitCode = 1;
  else found += 1;
}
const seeded = Object.keys(bugs).length;
verdicts.push({
  name: "explore, seeded bugs found",
  figure: String(found),
  target: String(seeded),
  met: found === seeded,
});
if (values.record) recordFigures(`npm run explore -- --faults ${faults}`, verdicts);

function tell({ what, moves }: { what: string; moves: readonly string[] }): void {
  process.stdout.write(`  ${what}\n${moves.map((move, at) => `  ${at + 1}. ${move}\n`).join("")}`);
}
