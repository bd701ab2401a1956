import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

const Package = z.object({ version: z.string() });

/** Version of this package, from the package.json that both checkout and published package have two folders up. */
export const version = Package.parse(
  JSON.parse(readFileSync(path.join(import.meta.dirname, "../../package.json"), "utf8")),
).version;
