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
  const document: unknown = JSON.parse(JSON.stringify(app.swagger()));
  return JSON.stringify(readable(document));
}

const formatsThatSayItAll = new Set(["date-time", "uuid"]);
const component = "#/components/schemas/";

/**
 * What the generator writes, made fit for readers: a value of any JSON becomes an empty schema instead of a reference into
 * a place that the document does not have, and a format is not spelled out as a pattern of 300 characters again.
 */
function readable(node: unknown): unknown {
  if (Array.isArray(node)) return node.map((item) => readable(item));
  if (typeof node !== "object" || node === null) return node;
  const reference = "$ref" in node ? node.$ref : undefined;
  if (typeof reference === "string" && reference.startsWith(component)) {
    const name = reference.slice(component.length);
    if (name.includes("#") || /^schema\d+$/.test(name)) return {};
  }
  const format = "format" in node && typeof node.format === "string" ? node.format : "";
  const entries = Object.entries(node).filter(
    ([key]) => key !== "$defs" && !(key === "pattern" && formatsThatSayItAll.has(format)),
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, readable(value)]));
}
