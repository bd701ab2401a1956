/** What a person can do about a YAML error, by looking at the line (0-based) that the parser names, and where to look. */
export function adviceFor(reason: string, text: string, line: number): { line: number; message: string } {
  const lines = text.split("\n");
  const shown = lines[line] ?? "";
  if (/complex keys/.test(reason)) {
    /* The parser names the place where the mapping begins, which may be far above. */
    const bare = lines.findIndex((each, index) => index >= line && /^[^#"']*[:-]\s+\{\{/.test(each));
    return { line: bare === -1 ? line : bare, message: quoteAdvice };
  }
  const isAtEnd = lines.slice(line).every((each) => each.trim() === "");
  if (reason === "deficient indentation" && isAtEnd)
    return { line, message: messageFor("unexpected end of the file", shown) };
  return { line, message: messageFor(reason, shown) };
}

const quoteAdvice = 'A value that begins with {{ needs quotes: "{{ name }}".';

function messageFor(reason: string, shown: string): string {
  if (/tab characters/.test(reason) || /^ *\t/.test(shown))
    return "A tab is used for indentation. YAML wants spaces there.";
  if (/:\s*\{\{/.test(shown)) return quoteAdvice;
  if (/unidentified alias/.test(reason)) return `It uses an alias that nothing defines (${reason}).`;
  if (/aliases exceeded|merge keys exceeded/.test(reason))
    return "It holds too many aliases (*name). Write the values out.";
  if (/maxDepth/.test(reason)) return "It is nested too deeply to be read.";
  if (/null byte/.test(reason)) return "It holds a null byte: this is not a text file.";
  if (/unexpected end of the|missed comma/.test(reason)) {
    return `A quote or bracket that was opened is not closed (${reason}).`;
  }
  if (/multiline key|indentation|expected ':'|document is expected/.test(reason)) {
    return `The indentation or a colon is wrong near this line (${reason}).`;
  }
  return `The YAML cannot be read here: ${reason}.`;
}
