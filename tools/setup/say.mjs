import process from "node:process";

const began = Date.now();
const everyMs = 10_000;

/** A failure whose message is all that the user needs: what happened, why, and the command that helps. */
export class SetupError extends Error {}

export function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

export function sayTotal(text) {
  say(`${text} (${seconds(began)} s)`);
}

/** Says what is under way, again every ten seconds, and how long it took. Work that ends as `false` or throws has failed. */
export async function step(text, work) {
  const start = Date.now();
  say(`${text} …`);
  const timer = setInterval(() => say(`${text} … (${seconds(start)} s)`), everyMs);
  let result = false;
  try {
    result = await work();
    return result;
  } finally {
    clearInterval(timer);
    say(`${text}: ${result === false ? "failed" : "done"} (${seconds(start)} s)`);
  }
}

function seconds(since) {
  return Math.round((Date.now() - since) / 1000);
}
