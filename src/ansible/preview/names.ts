/** Words of Jinja and of Python's operators that are no variables, and names that are the same before and during a run. */
const noVariables = new Set(
  (
    "and or not in is if else elif for true false none True False None defined undefined default d bool int float string " +
    "list dict length lower upper trim map select selectattr reject rejectattr join first last item loop omit match search " +
    "regex regex_replace regex_search version changed failed skipped succeeded success skip change ok finished started"
  ).split(" "),
);
const identifier = /[A-Za-z_]\w*/g;
const quoted = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g;
const expression = /\{\{([^]*?)\}\}|\{%([^]*?)%\}/g;

/** Names that a bare expression (`when:`, `until:`) may read; rather one too many. */
export function namesInExpression(text: string): string[] {
  // A template in a condition is old style, and its braces are no names.
  const plain = text.replaceAll(quoted, " ");
  const hosted = [...text.matchAll(/['"]([A-Za-z_]\w*)['"]/g)].map((match) => match[1] ?? "");
  const isIndirect = /\b(?:hostvars|vars)\b/.test(text);
  const found = plain.match(identifier) ?? [];
  return [...new Set([...found, ...(isIndirect ? hosted : [])])].filter((name) => !noVariables.has(name));
}

/** Names that the expressions inside a text read. */
export function namesInTemplate(text: string): string[] {
  if (!text.includes("{{") && !text.includes("{%")) return [];
  return [
    ...new Set(
      [...text.matchAll(expression)].flatMap((match) => namesInExpression(match[1] ?? match[2] ?? "")),
    ),
  ];
}

/** Names in all texts of a value, keys included. */
export function namesInValue(value: unknown, depth = 0): string[] {
  if (typeof value === "string") return namesInTemplate(value);
  if (typeof value !== "object" || value === null || depth > 30) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    ...namesInTemplate(key),
    ...namesInValue(item, depth + 1),
  ]);
}
