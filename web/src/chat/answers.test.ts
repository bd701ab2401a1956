import { expect, test } from "vitest";
import type { Question } from "../../../src/contracts/request.ts";
import { answerWords, decideAnswers } from "./answers.ts";

const unit: Question = {
  id: "unit:0",
  kind: "unit",
  step: 0,
  text: "What should run?",
  options: [
    { value: "homelab:a.yml", label: "a" },
    { value: "leave out", label: "leave this step out" },
  ],
  free: false,
  answer: null,
};
const port: Question = { ...unit, id: "variable:0:port", kind: "variable", options: [], free: true };

test("Open questions are answered together or not at all", () => {
  const half = decideAnswers([unit, port], { "unit:0": { choice: "leave out", text: "" } });
  expect(half).toEqual({ kind: "missing", questions: ["variable:0:port"] });
  const whole = decideAnswers([unit, port], {
    "unit:0": { choice: "leave out", text: "" },
    "variable:0:port": { choice: null, text: " 8080 " },
  });
  expect(whole).toEqual({
    kind: "ready",
    body: {
      answers: [
        { question: "unit:0", value: "leave out" },
        { question: "variable:0:port", value: "8080" },
      ],
    },
  });
});

test("A choice of a playbook can be kept, to leave a step out cannot", () => {
  const keep = (choice: string) => decideAnswers([unit], { "unit:0": { choice, text: "", always: true } });
  expect(keep("homelab:a.yml")).toMatchObject({
    body: { answers: [{ question: "unit:0", value: "homelab:a.yml", always: true }] },
  });
  expect(keep("leave out")).toEqual({
    kind: "ready",
    body: { answers: [{ question: "unit:0", value: "leave out" }] },
  });
});

test("Free text does not answer a question that has only choices", () => {
  expect(decideAnswers([unit], { "unit:0": { choice: null, text: "a" } }).kind).toBe("missing");
  expect(decideAnswers([unit], { "unit:0": { choice: "unknown", text: "" } }).kind).toBe("missing");
});

test("A question that has its answer is not asked again and shows the words of the choice", () => {
  const answered = { ...unit, answer: "leave out" };
  expect(decideAnswers([answered, port], { [port.id]: { choice: null, text: "1" } })).toMatchObject({
    body: { answers: [{ question: port.id }] },
  });
  expect(answerWords(answered)).toBe("leave this step out");
});
