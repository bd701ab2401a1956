// Writes docs/PROTOCOL.md and docs/protocol/*.json from the contracts: `node tools/protocol.ts`.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { renderDocument, renderSchemas } from "./protocol/document.ts";
import { schemaOf } from "./protocol/fields.ts";

const docs = path.join(import.meta.dirname, "../docs");
const schemas = path.join(docs, "protocol");
const files = renderSchemas(schemaOf);

mkdirSync(schemas, { recursive: true });
for (const name of readdirSync(schemas)) if (!files.has(name)) rmSync(path.join(schemas, name));
for (const [name, text] of files) writeFileSync(path.join(schemas, name), text);
writeFileSync(path.join(docs, "PROTOCOL.md"), renderDocument());
