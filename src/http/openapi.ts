import swagger from "@fastify/swagger";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "@fastify/type-provider-zod";
import type { FastifyInstance } from "fastify";

/** Describes the API from the contracts; has to be registered before the routes. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Chiffon",
        version,
        description: "Errors are RFC 9457 problem documents. POST accepts Idempotency-Key.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "An API token (chf_…) or a session." },
          cookie: { type: "apiKey", in: "cookie", name: "__Host-chiffon" },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
}

/** The OpenAPI document as JSON. */
export function writeDescription(app: FastifyInstance): string {
  const document = readable(JSON.parse(JSON.stringify(app.swagger())));
  return JSON.stringify(withoutUnused(document as Json));
}

type Json = { [key: string]: unknown };

const formatsThatSayItAll = new Set(["date-time", "uuid"]);
const component = "#/components/schemas/";
/** A problem is described as the answer that the route gives otherwise, of whatever type that is. */
const problemAnswer = new RegExp(`^\\{"application/[a-z-]+":\\{"schema":\\{"\\$ref":"${component}Problem"`);

/**
 * What the generator writes, made fit for readers: a value of any JSON becomes an empty schema instead of a reference into
 * a place that the document does not have; a format is not spelled out again as a pattern of 300 characters, nor what every
 * integer is; further fields are not forbidden; problems have their own media type.
 */
function readable(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(readable);
  if (typeof node !== "object" || node === null) return node;
  const { $ref, format } = node as Json;
  if (typeof $ref === "string" && /__shared#|\/schema\d+$/.test($ref)) return {};
  const says = (key: string, value: unknown): boolean =>
    key !== "$defs" &&
    // Additions are free; and parts of an intersection that forbid each other's fields would fit nothing.
    !(key === "additionalProperties" && value === false) &&
    !(key === "pattern" && typeof format === "string" && formatsThatSayItAll.has(format)) &&
    !(typeof value === "number" && Math.abs(value) === Number.MAX_SAFE_INTEGER);
  const entries = Object.entries(node).filter(([key, value]) => says(key, value));
  const isProblem = problemAnswer.test(JSON.stringify(node));
  return Object.fromEntries(
    entries.map(([key, value]) => [isProblem ? "application/problem+json" : key, readable(value)]),
  );
}

/** The generator describes every shape twice, as read and as written; only what a route mentions stays. */
function withoutUnused(document: Json): Json {
  const { schemas, ...others } = document["components"] as { schemas: Json };
  const used: Json = {};
  const open = [JSON.stringify(document["paths"])];
  for (let text = open.pop(); text !== undefined; text = open.pop()) {
    for (const [, name = ""] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name in used) continue;
      used[name] = schemas[name];
      open.push(JSON.stringify(schemas[name]));
    }
  }
  return { ...document, components: { ...others, schemas: used } };
}
