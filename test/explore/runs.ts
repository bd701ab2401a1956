import { run, task } from "../../src/domain/run/testing.ts";

/** What is explored: small runs, because every order of everything is looked at. */
export const one = run(task(0));
export const chain = run(task(0), task(1, { after: [0] }));
export const pair = run(task(0), task(1));
