import { expect, test } from "vitest";
import type { Question } from "../contracts/request.ts";
import { findValue } from "./talk-value.ts";

const ask = (name: string, more: Partial<Question> = {}): Question => ({
  id: `var:0:${name}`,
  kind: "variable",
  step: 0,
  text: `${name}?`,
  options: [],
  free: true,
  answer: null,
  ...more,
});
const port = ask("wiki_port");
const domain = ask("wiki_domain");
const said = (message: string, ...questions: Question[]) => {
  const found = findValue(questions, message);
  return found === undefined ? undefined : [found.question, found.value];
};

test.each([
  ["3002", "3002"],
  ["wiki.example.org", "wiki.example.org"],
  ["/srv/wiki", "/srv/wiki"],
  ['"yes"', "yes"],
  ["'two words'", "two words"],
  ["port 3002", "3002"],
  ["wiki_port = 3002", "3002"],
  ["set the port to 3002", "3002"],
  ['port: "{{ 7 * 7 }}"', "{{ 7 * 7 }}"],
])("%s answers the only open question", (message, value) => {
  expect(said(message, port)).toEqual([port.id, value]);
});

test.each([
  "yes",
  "ok",
  "stop",
  "never mind",
  "thanks!",
  "what is running?",
  "deploy grafana",
  "domain x.example",
])("%s is no value for it", (message) => {
  expect(said(message, port)).toBeUndefined();
});

test("of several questions only a named one is answered, and never one with options or an answer", () => {
  expect(said("3002", port, domain)).toBeUndefined();
  expect(said("domain wiki.example.org", port, domain)).toEqual([domain.id, "wiki.example.org"]);
  expect(said("port 1", port, ask("forum_port"))).toBeUndefined();
  expect(said("3002", { ...port, answer: "80" })).toBeUndefined();
  const options = [{ value: "go on", label: "go on" }];
  expect(said("3002", ask("x", { options, free: false }))).toBeUndefined();
});
