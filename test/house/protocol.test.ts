import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { agentErrors } from "../../src/domain/agent-errors.ts";
import { renderDocument, renderSchemas } from "../../tools/protocol/document.ts";
import { schemaOf } from "../../tools/protocol/fields.ts";
import { root } from "./linter.ts";

const docs = path.join(root, "docs");

test("[MSG-04] docs/PROTOCOL.md and the JSON Schemas are what the contracts say, to the letter", () => {
  const how = "run node tools/protocol.ts, and commit what it wrote";
  expect(readFileSync(path.join(docs, "PROTOCOL.md"), "utf8"), how).toBe(renderDocument());
  const folder = path.join(docs, "protocol");
  const written = readdirSync(folder).map((name): [string, string] => [
    name,
    readFileSync(path.join(folder, name), "utf8"),
  ]);
  const rendered = renderSchemas(schemaOf);
  expect(new Map(written), how).toEqual(rendered);
});

test("every error code that the code names stands in the table of the protocol", () => {
  const sources = readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  const named = sources.flatMap((file) =>
    [...readFileSync(path.join(root, "src", file), "utf8").matchAll(/\bcode: (5[01]\d\d)\b/g)].map(
      ([, code]) => code ?? "",
    ),
  );

  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((code) => !(code in agentErrors))).toEqual([]);
});
