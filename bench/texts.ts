import { randomBytes } from "node:crypto";
import { compileSecrets, createRedactor } from "../src/domain/redaction/redactor.ts";
import { matchIntents } from "../src/understand/match.ts";
import { splitRequest } from "../src/understand/split.ts";
import { readTalk } from "../src/understand/talk.ts";
import { homelab, operations } from "../src/understand/testing-units.ts";
import { cleanLine } from "../web/src/run/log-text.ts";
import type { Verdict } from "./verdict.ts";

const hosts = ["web1", "nas01"];
const names = homelab.flatMap((unit) => [unit.name, ...unit.aliases]);
const wishes = (text: string) =>
  matchIntents(splitRequest(text, { names, hosts }), { units: homelab, operations, hosts });
const talk = (text: string) => readTalk(text, { names, hosts });

/** Texts that strangers could choose, by the length that is asked for. */
const cases: Record<string, (length: number) => unknown> = {
  "long-wish": (length) => wishes("deploy the status page and then back up its folder, ".repeat(length / 52)),
  "long-word": (length) => wishes(`install ${"a".repeat(length)}`),
  "long-ands": (length) => wishes("and ".repeat(length / 4)),
  "long-portals": (length) => wishes(`add ${"our existing ".repeat(length / 13)}x`),
  "long-question": (length) => talk(`can you ${"please ".repeat(length / 7)}?`),
  "long-host": (length) => talk(`what runs on ${"a".repeat(length)}`),
  "long-output": (length) => cleanLine("\u001b[".repeat(length * 20)),
};
/** The longest request that is taken. */
const longest = 10_000;
const mostMs = 500;

/** Processor time that the longest hostile texts take, and what looking for 30 secrets costs against reading the text. */
export async function benchTexts(): Promise<Verdict[]> {
  const verdicts = Object.entries(cases).map(([name, work]): Verdict => {
    const [quarter, whole] = [fastest(() => work(longest / 4)), fastest(() => work(longest))];
    process.stderr.write(`${name}: ${(whole / quarter).toFixed(1)} times the work for four times the text\n`);
    const took = whole / 1_000;
    return { name, figure: `${took.toFixed(1)} ms`, target: `<=${mostMs} ms`, met: took <= mostMs };
  });
  return [...verdicts, compareRedaction()];
}

function compareRedaction(): Verdict {
  const secrets = Array.from({ length: 30 }, (_, index) => ({
    name: `S${index}`,
    value: randomBytes(24).toString("base64"),
  }));
  const patterns = compileSecrets(secrets);
  const line = `ok: [host] => {"changed": false, "msg": "All items completed", "path": "/etc/nginx/nginx.conf"}\n`;
  const text = Buffer.from((line.repeat(1_000) + `${secrets[7]?.value}\n`).repeat(30)).toString();
  const pieces = Array.from({ length: Math.ceil(text.length / 65_536) }, (_, at) =>
    text.slice(at * 65_536, (at + 1) * 65_536),
  );
  const plain = fastest(() => pieces.reduce((sum, piece) => sum + readPlainly(piece), 0));
  const redacting = fastest(() => {
    const redactor = createRedactor(patterns);
    for (const piece of pieces) redactor.push(piece);
    redactor.end();
  });
  // Thirty searches one after the other would take well over a hundred readings: each secret has a dozen forms.
  const ratio = redacting / plain;
  return {
    name: "redact-30",
    figure: `${ratio.toFixed(1)} readings`,
    target: "<=15 readings",
    met: ratio <= 15,
  };
}

function readPlainly(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) sum = (sum + text.charCodeAt(at)) | 0;
  return sum;
}

/** Processor time of the fastest of a few rounds, in microseconds. */
function fastest(work: () => unknown): number {
  const times = Array.from({ length: 6 }, () => {
    const began = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(began);
    return Math.max(1, user + system);
  });
  return Math.min(...times);
}
