import fc from "fast-check";
import { expect, test } from "vitest";
import { createRunOutput } from "./run-output.ts";

const one = "0b9c2f0e-0000-4000-8000-000000000001";
const two = "0b9c2f0e-0000-4000-8000-000000000002";
const event = (taskId: string, text: string) => ({
  taskId,
  attempt: 1,
  offset: 0,
  length: text.length,
  text,
});

test("outputs of two tasks never tear each other's lines, and say whose they are", () => {
  const output = createRunOutput({ colours: false });
  expect(output.push(event(one, "TASK [a] **"))).toBeUndefined();
  expect(output.push(event(two, "TASK [b]\nok: [w"))).toEqual({ taskId: two, text: "TASK [b]\n" });
  expect(output.push(event(one, "*\nok"))).toEqual({ taskId: one, text: "TASK [a] ***\n" });
  expect(output.end(two)).toEqual({ taskId: two, text: "ok: [w\n" });
  expect(output.end(one)).toEqual({ taskId: one, text: "ok\n" });
  expect(output.end(one)).toBeUndefined();
});

test("colours stay for a terminal only, and other control characters never do", () => {
  const text = "\u001b[0;32mok: [web1]\u001b[0m\u001b]0;owned\u0007\u001b[2J\n";
  expect(createRunOutput({ colours: true }).push(event(one, text))?.text).toBe(
    "\u001b[0;32mok: [web1]\u001b[0m\n",
  );
  expect(createRunOutput({ colours: false }).push(event(one, text))?.text).toBe("ok: [web1]\n");
});

test("the text is the same however it was cut, and no carriage return writes over a line", () => {
  const piece = fc.constantFrom("a", "\n", "\r", "\r\n", "\u001b[31m", "\u001b]0;t\u0007", "ü", "…");
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(40)), (pieces, cuts) => {
      const all = pieces.join("");
      const whole = join([all]);
      const at = [...new Set(cuts.map((cut) => Math.min(cut, all.length)))].toSorted((a, b) => a - b);
      const parts = [0, ...at].map((from, index) => all.slice(from, at[index] ?? all.length));
      expect(join(parts)).toBe(whole);
      expect(whole).not.toMatch(/[^\P{Cc}\n]/u);
    }),
  );
});

function join(parts: readonly string[]): string {
  const output = createRunOutput({ colours: false });
  const texts = parts.map((part) => output.push(event(one, part))?.text ?? "");
  return texts.join("") + (output.end(one)?.text ?? "");
}
