/** What a person can do about a YAML error: the parser's reason in other words, by looking at the line it names. */
export function adviceFor(reason: string, text: string, line: number): string {
  const lines = text.split("\n", line + 1);
  const shown = lines[line] ?? "";
  if (/tab characters/.test(reason) || /^ *\t/.test(shown)) {
    return "A tab is used for indentation. YAML wants spaces there.";
  }
  if (/complex keys/.test(reason) || /:\s*\{\{/.test(shown)) {
    return 'A value that begins with {{ needs quotes: "{{ name }}".';
  }
  if (/unidentified alias/.test(reason)) return `It uses an alias that nothing defines (${reason}).`;
  if (/aliases exceeded|merge keys exceeded/.test(reason)) return "It holds too many aliases (*name). Write the values out.";
  if (/maxDepth/.test(reason)) return "It is nested too deeply to be read.";
  if (/null byte/.test(reason)) return "It holds a null byte: this is not a text file.";
  if (/multiline key|bad indentation|expected ':'|document is expected/.test(reason)) {
    return `The indentation or a colon is wrong near this line (${reason}).`;
  }
  if (/unexpected end of the stream|missed comma/.test(reason)) {
    return `A quote or bracket that was opened is not closed (${reason}).`;
  }
  return `The YAML cannot be read here: ${reason}.`;
}
