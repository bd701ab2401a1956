// Compares docs/requirements.md with the reports of the last `npm test`; `--write` fills the column "shown by" from the tests
// that passed and carry an id in their title. Part of `npm test`, where it runs last.
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { checkRequirements, fillTable, readTests, tableFile } from "./requirements/check.mjs";

if (process.argv.includes("--write"))
  writeFileSync(tableFile, fillTable(readFileSync(tableFile, "utf8"), readTests()));
const { problems, summary } = checkRequirements();
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${summary}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
