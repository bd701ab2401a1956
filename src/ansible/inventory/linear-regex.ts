/*
 * Regular expressions of host patterns come from repositories, and JavaScript's own engine can be made to run for years.
 * This one keeps a set of states instead of going back, so its time is pattern x name; what it cannot do is refused.
 */

type Test = (code: number) => boolean;
type Node =
  | { kind: "char"; test: Test }
  | { kind: "start" | "end" | "word" | "notWord" }
  | { kind: "all"; parts: Node[] }
  | { kind: "any"; options: Node[] }
  | { kind: "repeat"; node: Node; min: number; max: number };
type Step =
  | { kind: "char"; test: Test }
  | { kind: "start" | "end" | "word" | "notWord" | "match" }
  | { kind: "split"; to: number[] };

const maxPattern = 500;
const maxSteps = 5_000;

/** Matches from the start of a name, as Ansible does; undefined when the pattern uses something that is not supported. */
export function createLinearRegex(pattern: string): ((text: string) => boolean) | undefined {
  if (pattern.length > maxPattern) return undefined;
  try {
    const parser = new Parser(pattern);
    const node = parser.parse();
    const steps: Step[] = [];
    compile(node, steps);
    steps.push({ kind: "match" });
    return (text) => run(steps, text);
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

class Unsupported extends Error {}

const isDigit: Test = (code) => code >= 48 && code <= 57;
const isWord: Test = (code) =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const isSpace: Test = (code) => code === 32 || (code >= 9 && code <= 13);
const not =
  (test: Test): Test =>
  (code) =>
    !test(code);
const classes: Record<string, Test> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};

class Parser {
  private at = 0;
  private depth = 0;
  private readonly pattern: string;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  parse(): Node {
    const node = this.options();
    if (this.at < this.pattern.length) throw new Unsupported();
    return node;
  }

  private options(): Node {
    if (++this.depth > 30) throw new Unsupported();
    const options = [this.sequence()];
    while (this.pattern[this.at] === "|") {
      this.at += 1;
      options.push(this.sequence());
    }
    this.depth -= 1;
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: "any", options };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    while (this.at < this.pattern.length && this.pattern[this.at] !== "|" && this.pattern[this.at] !== ")") {
      parts.push(this.repeated(this.atom()));
    }
    return { kind: "all", parts };
  }

  private repeated(node: Node): Node {
    const found = /^(?:[*+?]|\{(\d{1,3})(?:(,)(\d{0,3}))?\})\??/.exec(
      this.pattern.slice(this.at, this.at + 12),
    );
    if (found === null) return node;
    this.at += found[0].length;
    if (/^[*+?{]/.test(this.pattern.slice(this.at))) throw new Unsupported();
    switch (found[0][0]) {
      case "*":
        return { kind: "repeat", node, min: 0, max: Infinity };
      case "+":
        return { kind: "repeat", node, min: 1, max: Infinity };
      case "?":
        return { kind: "repeat", node, min: 0, max: 1 };
      default: {
        const min = Number(found[1]);
        const max = found[2] === undefined ? min : found[3] === "" ? Infinity : Number(found[3]);
        if (max < min) throw new Unsupported();
        return { kind: "repeat", node, min, max };
      }
    }
  }

  private atom(): Node {
    const char = this.pattern[this.at++] ?? "";
    switch (char) {
      case "(":
        return this.group();
      case "[":
        return { kind: "char", test: this.charClass() };
      case ".":
        return { kind: "char", test: (code) => code !== 10 };
      case "^":
        return { kind: "start" };
      case "$":
        return { kind: "end" };
      case "\\":
        return this.escaped();
      case "*":
      case "+":
      case "?":
      case ")":
        throw new Unsupported();
      default:
        return literal(char);
    }
  }

  private group(): Node {
    if (this.pattern[this.at] === "?") {
      if (this.pattern[this.at + 1] !== ":") throw new Unsupported();
      this.at += 2;
    }
    const node = this.options();
    if (this.pattern[this.at++] !== ")") throw new Unsupported();
    return node;
  }

  private escaped(): Node {
    const char = this.pattern[this.at++];
    if (char === undefined) throw new Unsupported();
    const test = classes[char];
    if (test !== undefined) return { kind: "char", test };
    if (char === "b") return { kind: "word" };
    if (char === "B") return { kind: "notWord" };
    if (char === "A") return { kind: "start" };
    if (char === "Z") return { kind: "end" };
    if (/[A-Za-z0-9]/.test(char)) throw new Unsupported();
    return literal(char);
  }

  private charClass(): Test {
    const negated = this.pattern[this.at] === "^";
    if (negated) this.at += 1;
    const tests: Test[] = [];
    for (let first = true; first || this.pattern[this.at] !== "]"; first = false) {
      const low = this.classPart();
      const isRange = this.pattern[this.at] === "-" && (this.pattern[this.at + 1] ?? "]") !== "]";
      if (!isRange) {
        tests.push(typeof low === "number" ? (code) => code === low : low);
        continue;
      }
      this.at += 1;
      const high = this.classPart();
      if (typeof low !== "number" || typeof high !== "number" || high < low) throw new Unsupported();
      tests.push((code) => code >= low && code <= high);
    }
    this.at += 1;
    return (code) => tests.some((test) => test(code)) !== negated;
  }

  private classPart(): number | Test {
    const char = this.pattern[this.at++];
    if (char === undefined) throw new Unsupported();
    if (char !== "\\") return char.charCodeAt(0);
    const next = this.pattern[this.at++];
    if (next === undefined) throw new Unsupported();
    const test = classes[next];
    if (test !== undefined) return test;
    if (/[A-Za-z0-9]/.test(next)) throw new Unsupported();
    return next.charCodeAt(0);
  }
}

function literal(char: string): Node {
  const wanted = char.charCodeAt(0);
  return { kind: "char", test: (code) => code === wanted };
}

function compile(node: Node, steps: Step[]): void {
  if (steps.length > maxSteps) throw new Unsupported();
  switch (node.kind) {
    case "char":
    case "start":
    case "end":
    case "word":
    case "notWord":
      steps.push(node);
      return;
    case "all":
      for (const part of node.parts) compile(part, steps);
      return;
    case "any":
      compileOptions(node.options, steps);
      return;
    case "repeat":
      compileRepeat(node, steps);
  }
}

function compileOptions(options: Node[], steps: Step[]): void {
  const split: Step & { kind: "split" } = { kind: "split", to: [] };
  steps.push(split);
  const ends: (Step & { kind: "split" })[] = [];
  for (const option of options) {
    split.to.push(steps.length);
    compile(option, steps);
    const end: Step & { kind: "split" } = { kind: "split", to: [] };
    ends.push(end);
    steps.push(end);
  }
  for (const end of ends) end.to.push(steps.length);
}

function compileRepeat(node: Node & { kind: "repeat" }, steps: Step[]): void {
  for (let count = 0; count < node.min; count++) compile(node.node, steps);
  if (node.max === Infinity) {
    const split: Step & { kind: "split" } = { kind: "split", to: [steps.length + 1] };
    const start = steps.push(split) - 1;
    compile(node.node, steps);
    steps.push({ kind: "split", to: [start] });
    split.to.push(steps.length);
    return;
  }
  const splits: (Step & { kind: "split" })[] = [];
  for (let count = node.min; count < node.max; count++) {
    const split: Step & { kind: "split" } = { kind: "split", to: [steps.length + 1] };
    splits.push(split);
    steps.push(split);
    compile(node.node, steps);
  }
  for (const split of splits) split.to.push(steps.length);
}

function run(steps: readonly Step[], text: string): boolean {
  let current = new Set<number>();
  if (enter({ steps, text, at: 0, into: current }, 0)) return true;
  for (let at = 0; at < text.length && current.size > 0; at++) {
    const next = new Set<number>();
    const code = text.charCodeAt(at);
    for (const index of current) {
      const step = steps[index];
      const goes = step?.kind === "char" && step.test(code);
      if (goes && enter({ steps, text, at: at + 1, into: next }, index + 1)) return true;
    }
    current = next;
  }
  return false;
}

/* Adds every state that is reached without reading a character; true when one of them is the match. */
function enter(
  position: { steps: readonly Step[]; text: string; at: number; into: Set<number> },
  from: number,
): boolean {
  const waiting = [from];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (position.into.has(index)) continue;
    position.into.add(index);
    const step = position.steps[index];
    if (step === undefined) continue;
    if (step.kind === "match") return true;
    if (step.kind === "split") waiting.push(...step.to);
    else if (step.kind !== "char" && holds(step.kind, position.text, position.at)) waiting.push(index + 1);
  }
  return false;
}

function holds(kind: "start" | "end" | "word" | "notWord", text: string, at: number): boolean {
  if (kind === "start") return at === 0;
  if (kind === "end") return at === text.length;
  const before = at > 0 && isWord(text.charCodeAt(at - 1));
  const after = at < text.length && isWord(text.charCodeAt(at));
  return (before !== after) === (kind === "word");
}
