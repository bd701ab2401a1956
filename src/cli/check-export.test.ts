import { describe, expect, test } from "vitest";
import type { AuditExportLine } from "../contracts/audit.ts";
import { exportFromMemory, proveInMemory } from "../http/testing/memory-log.ts";
import { checkProof, createExportCheck } from "./check-export.ts";

const lines = (): string[] => exportFromMemory().map((line) => JSON.stringify(line));

/** What is wrong with these lines, or what they say. */
function check(texts: readonly string[]): unknown {
  const checking = createExportCheck();
  let problem: string | undefined;
  for (const text of texts) problem ??= checking.push(text);
  return problem ?? checking.end();
}

describe("an export", () => {
  test("that is whole proves itself: every record, checkpoint and signature", () => {
    expect(check(lines())).toEqual({
      records: 3,
      checkpoints: 2,
      root: proveInMemory(0).checkpoint.root,
      key: expect.stringMatching(/^chiffon\/0{16}\+[0-9a-f]{8}\+/),
    });
  });

  test("of which any line is missing, doubled or moved is refused", () => {
    const whole = lines();
    for (const [at, line] of whole.entries()) {
      expect(check(whole.toSpliced(at, 1)), `without line ${at}`).not.toHaveProperty("root");
      expect(check(whole.toSpliced(at, 0, line)), `line ${at} twice`).not.toHaveProperty("root");
      if (at > 0)
        expect(
          check(whole.toSpliced(at - 1, 2, line, whole[at - 1] ?? "")),
          `line ${at} earlier`,
        ).not.toHaveProperty("root");
    }
  });

  test("in which one character of a record, a root, a signature or the key was changed is refused", () => {
    const changed = (change: (line: AuditExportLine) => AuditExportLine) =>
      check(exportFromMemory().map((line) => JSON.stringify(change(line))));
    const root = "0".repeat(64);
    const changes: Record<string, (line: AuditExportLine) => AuditExportLine> = {
      "the records up to 2 do not lead": (line) =>
        line.type === "record" && line.index === 1 ? { ...line, body: `${line.body} ` } : line,
      "do not lead to the root": (line) => (line.type === "checkpoint" ? { ...line, root } : line),
      "no good signature": (line) =>
        line.type === "checkpoint" ? { ...line, note: line.note.replace("12:00", "12:01") } : line,
      "the key in its first line": (line) =>
        line.type === "log" ? { ...line, key: line.key.replace("+", "x+") } : line,
      "was sealed and is gone": (line) =>
        line.type === "record" && line.index === 2 ? { type: "lost", index: 2, leaf: root } : line,
      "none of an export": (line) => ({ ...line, type: "other" }) as never,
    };
    for (const [problem, change] of Object.entries(changes)) expect(changed(change)).toContain(problem);
  });
});

describe("a proof", () => {
  test("leads from every record to the root of every checkpoint that covers it", () => {
    for (const [index, size] of [
      [0, 2],
      [1, 2],
      [0, 3],
      [1, 3],
      [2, 3],
    ] as const)
      expect(checkProof(proveInMemory(index, size)), `${index} of ${size}`).toBe(true);
  });

  test("for another record, another place, another text or a root that was not signed leads nowhere", () => {
    const proof = proveInMemory(1);
    const other = proveInMemory(0);
    const wrong = [
      { ...proof, index: 0 },
      { ...proof, body: other.body },
      { ...proof, body: other.body, leaf: other.leaf },
      { ...proof, proof: proof.proof.slice(1) },
      { ...proof, proof: proof.proof.toReversed() },
      { ...proof, checkpoint: { ...proof.checkpoint, root: "0".repeat(64) } },
      { ...proof, checkpoint: { ...proof.checkpoint, size: 2 } },
      { ...proof, checkpoint: { ...proof.checkpoint, note: "none" } },
    ];
    expect(wrong.map(checkProof)).toEqual(wrong.map(() => false));
  });
});
