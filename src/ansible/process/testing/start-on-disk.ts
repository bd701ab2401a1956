/*
 * Run as its own process, which sees the disk that the test fills: prepares the attempt of the first line on stdin, says "prepared",
 * starts it at the second line, says "started" or the code of the error, and stays until stdin is closed.
 */
import { createInterface } from "node:readline";
import { ChiffonError } from "../../../domain/errors.ts";
import type { AttemptSpec } from "../attempt-spec.ts";
import { prepareAttempt } from "../prepare.ts";
import { adoptSupervisor, startSupervisor } from "../start-supervisor.ts";

const say = (text: string) => process.stdout.write(`${text}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const nextLine = async (): Promise<string> => String((await lines.next()).value);

const spec: AttemptSpec = JSON.parse(await nextLine());
const prepared = await prepareAttempt(spec);
say("prepared");
await nextLine();
try {
  await startSupervisor(spec, prepared);
  say("started");
} catch (error) {
  // As the agent does: whatever went wrong, from here on nobody starts it.
  const found = await adoptSupervisor(spec.runDir);
  say(`${ChiffonError.is(error) ? error.code : String(error)}, ${JSON.stringify(found)}`);
}
await nextLine();
process.exit();
