import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";

const folder = path.join(import.meta.dirname, "../../src/engine/migrations");
/** The first version that several servers can be brought to one after the other. */
const firstBeside = "0021";
/** What takes something away from servers of an older version, or demands what they do not give. */
const breaking =
  /\bDROP\s+(?:TABLE|COLUMN|TYPE|FUNCTION|TRIGGER)\b|\bRENAME\b|\bALTER\s+COLUMN\b[^;]*\b(?:TYPE|SET NOT NULL)\b|\bADD\s+(?:CONSTRAINT|CHECK|UNIQUE)\b|\bADD\s+COLUMN\b(?=[^;,]*\bNOT NULL\b)(?![^;,]*\bDEFAULT\b)/i;

const isBreaking = (text: string): boolean => breaking.test(text.replaceAll(/--.*$/gm, ""));

test("a change of the schema leaves servers of the version before at work, or says that it needs the database to itself", async () => {
  const names = (await readdir(folder)).filter((name) => name >= firstBeside);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const text = await readFile(path.join(folder, name), "utf8");
    expect({ name, breaking: isBreaking(text) && !text.startsWith("-- chiffon:alone\n") }).toEqual({
      name,
      breaking: false,
    });
  }
});

test.each([
  "ALTER TABLE a DROP COLUMN b;",
  "DROP TABLE a;",
  "ALTER TABLE a RENAME COLUMN b TO c;",
  "ALTER TABLE a ALTER COLUMN b TYPE text;",
  "ALTER TABLE a ALTER COLUMN b SET NOT NULL;",
  "ALTER TABLE a ADD COLUMN b text NOT NULL;",
  "ALTER TABLE a ADD CONSTRAINT b CHECK (c > 0);",
])("the rule finds %s", (text) => {
  expect(isBreaking(text)).toBe(true);
});

test.each([
  "ALTER TABLE a ADD COLUMN b text;",
  "ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT 'x';",
  "CREATE TABLE a (b text NOT NULL);",
  "-- DROP TABLE a;\nCREATE INDEX a_b ON a (b);",
])("the rule lets pass %s", (text) => {
  expect(isBreaking(text)).toBe(false);
});
