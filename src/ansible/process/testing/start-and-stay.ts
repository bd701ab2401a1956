/* Run as its own process: starts the attempt that is described on stdin, says so, and stays. */
import { text } from "node:stream/consumers";
import type { AttemptSpec } from "../attempt-spec.ts";
import { prepareAttempt } from "../prepare.ts";
import { startSupervisor } from "../start-supervisor.ts";

const spec: AttemptSpec = JSON.parse(await text(process.stdin));
await startSupervisor(spec, await prepareAttempt(spec));
process.stdout.write("started\n");
