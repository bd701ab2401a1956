/*
 * Output of strangers, made harmless for terminals and pages: colours, line ends and tabs stay; everything that could move
 * the cursor, set a title, write to the clipboard, answer queries or turn the direction of writing goes.
 */

export interface TerminalSanitiser {
  /** The next piece of text; an unfinished control sequence at its end waits for the next piece. */
  push(text: string): string;
  /** Forgets an unfinished sequence; the sanitiser can be used again afterwards. */
  end(): string;
}

/** Longest parameter text of a colour sequence; longer ones are nobody's colours. */
const longestColour = 64;

/** Controls (C0 except tab and line ends, DEL, C1), and marks, overrides and isolates of direction. */
const special = /[[\p{Cc}\p{Bidi_Control}]--[\t\n\r]]/gv;

/** Where in a control sequence the text stands. */
interface Sequence {
  /** `escape`: after ESC. `intermediate`: after ESC and blanks to slash. `control`: inside CSI. `string`: inside OSC, DCS, SOS, PM or APC. */
  mode: "text" | "escape" | "intermediate" | "control" | "string";
  /** Parameters of the open control sequence; null once it cannot be a colour any more. */
  colour: string | null;
}

/** Streaming, in linear time; the result depends on the text alone, never on how it was cut. */
export function createTerminalSanitiser(): TerminalSanitiser {
  const sequence: Sequence = { mode: "text", colour: null };
  return {
    push(text) {
      let out = "";
      let at = 0;
      while (at < text.length) {
        if (sequence.mode !== "text") {
          const added = takeInside(sequence, text, at);
          if (added !== null) {
            out += added;
            at++;
            continue;
          }
          sequence.mode = "text";
        }
        special.lastIndex = at;
        const found = special.exec(text);
        const end = found === null ? text.length : found.index;
        out += text.slice(at, end);
        at = end;
        if (found !== null) begin(sequence, text.charCodeAt(at++));
      }
      return out;
    },
    end() {
      sequence.mode = "text";
      return "";
    },
  };
}

function begin(sequence: Sequence, code: number): void {
  sequence.colour = "";
  if (code === 0x1b) sequence.mode = "escape";
  else if (code === 0x9b) sequence.mode = "control";
  else sequence.mode = isStringStart(code) ? "string" : "text";
}

/** One character inside a sequence; returns what it adds to the output, or null when it does not belong to the sequence. */
function takeInside(sequence: Sequence, text: string, at: number): string | null {
  const code = text.charCodeAt(at);
  if (sequence.mode === "string") {
    if (code === 0x07 || code === 0x18 || code === 0x1a || code === 0x9c) sequence.mode = "text";
    // A string that never ends must not swallow the rest of the log: it ends with its line.
    return code === 0x0a || code === 0x0d || code === 0x1b ? null : "";
  }
  if (code < 0x20 || code > 0x7e) return null;
  if (sequence.mode === "control") return takeControl(sequence, text.charAt(at));
  if (code <= 0x2f) sequence.mode = "intermediate";
  else if (sequence.mode === "escape" && code === 0x5b) sequence.mode = "control";
  else sequence.mode = sequence.mode === "escape" && isStringStart(code + 0x40) ? "string" : "text";
  return "";
}

function takeControl(sequence: Sequence, character: string): string {
  const { colour } = sequence;
  if (character >= "@" && character <= "~") {
    sequence.mode = "text";
    return character === "m" && colour !== null ? `\u001b[${colour}m` : "";
  }
  const fits = colour !== null && colour.length < longestColour && /[0-9:;]/.test(character);
  sequence.colour = fits ? colour + character : null;
  return "";
}

/** DCS, SOS, OSC, PM and APC as C1 controls; after ESC they are 0x40 lower. */
function isStringStart(code: number): boolean {
  return code === 0x90 || code === 0x98 || code === 0x9d || code === 0x9e || code === 0x9f;
}

/** A whole text, made harmless. */
export function sanitiseTerminalText(text: string): string {
  return createTerminalSanitiser().push(text);
}
