// The table of docs/requirements.md: | id | requirement | counts as met when | shown by |
const rowPattern = /^\| *([A-Z0-9]+-\d\d|NEXT) *\|(.*)\|$/;
const notYetPattern = /not yet\b.*$/i;

export const notYet = "not yet (later issue)";

/** Rows of the table: {id, line (index), cells, titles (in backticks in the last cell), remark ("not yet …" or "")}. */
export function parseTable(text) {
  return text.split("\n").flatMap((content, line) => {
    const match = rowPattern.exec(content.trim());
    if (!match) return [];
    const cells = match[2].split(/(?<!\\)\|/).map((cell) => cell.trim());
    const shownBy = cells.at(-1).replaceAll("\\|", "|");
    const titles = [...shownBy.matchAll(/`([^`]+)`/g)].map(([, title]) => title);
    const remark = notYetPattern.exec(shownBy.replaceAll(/`[^`]+`/g, ""))?.[0] ?? "";
    return [{ id: match[1], line, cells, titles, remark }];
  });
}

/** The text with the last cell of each row replaced by `titlesOf(row)`; a remark that says what is still missing stays. */
export function writeTable(text, titlesOf) {
  const lines = text.split("\n");
  for (const row of parseTable(text)) {
    const titles = titlesOf(row).map((title) => `\`${title.replaceAll("|", "\\|")}\``);
    const remark = titles.length === 0 ? row.remark || notYet : row.remark === notYet ? "" : row.remark;
    const shownBy = [...titles, remark].filter((part) => part !== "").join("<br>");
    lines[row.line] = `| ${[row.id, ...row.cells.slice(0, -1), shownBy].join(" | ")} |`;
  }
  return lines.join("\n");
}
