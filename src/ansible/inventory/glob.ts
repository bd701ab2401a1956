/** Shell-style match of a whole name (`*`, `?`, `[a-c]`, `[!x]`), in time proportional to pattern x name: no backtracking tree. */
export function createGlob(pattern: string): (name: string) => boolean {
  const parts = parseGlob(pattern);
  return (name) => {
    let part = 0;
    let at = 0;
    let star = -1;
    let starAt = 0;
    while (at < name.length) {
      const current = parts[part];
      if (current === "star") {
        star = part++;
        starAt = at;
      } else if (current !== undefined && current(name.charCodeAt(at))) {
        part += 1;
        at += 1;
      } else if (star !== -1) {
        part = star + 1;
        at = ++starAt;
      } else {
        return false;
      }
    }
    while (parts[part] === "star") part += 1;
    return part === parts.length;
  };
}

type Part = "star" | ((code: number) => boolean);

function parseGlob(pattern: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? "";
    if (char === "*") {
      if (parts.at(-1) !== "star") parts.push("star");
    } else if (char === "?") {
      parts.push(() => true);
    } else {
      const close = char === "[" ? pattern.indexOf("]", pattern[at + 1] === "!" ? at + 3 : at + 2) : -1;
      if (close === -1) {
        const wanted = pattern.charCodeAt(at);
        parts.push((code) => code === wanted);
      } else {
        parts.push(classOf(pattern.slice(at + 1, close)));
        at = close;
      }
    }
  }
  return parts;
}

function classOf(inner: string): (code: number) => boolean {
  const negated = inner.startsWith("!");
  const text = negated ? inner.slice(1) : inner;
  const ranges: [number, number][] = [];
  for (let at = 0; at < text.length; at++) {
    const from = text.charCodeAt(at);
    const isRange = text[at + 1] === "-" && at + 2 < text.length;
    ranges.push([from, isRange ? text.charCodeAt(at + 2) : from]);
    if (isRange) at += 2;
  }
  return (code) => ranges.some(([low, high]) => code >= low && code <= high) !== negated;
}
