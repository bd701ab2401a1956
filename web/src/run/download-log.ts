import type { RunLog } from "../../../src/contracts/api.ts";
import { api } from "../api/client.ts";
import { plainText } from "./log-text.ts";

const pieceLength = 1_000_000;

/** All output of a run as a file: without colours, since a terminal would obey what else could be among them. */
export async function downloadLog(runId: string): Promise<void> {
  const parts: string[] = [];
  let open = "";
  let after = 0;
  for (;;) {
    const { text, next } = await api.get<RunLog>(`/runs/${runId}/log?after=${after}&limit=${pieceLength}`);
    const all = open + text;
    // Only whole lines: a control sequence may be cut in two at the end.
    const end = text.length < pieceLength ? all.length : all.lastIndexOf("\n") + 1;
    parts.push(plainText(all.slice(0, end)));
    open = all.slice(end);
    if (text.length < pieceLength) break;
    after = next;
  }
  save(new Blob(parts, { type: "text/plain;charset=utf-8" }), `run-${runId.slice(0, 8)}.log`);
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser takes the file when it can; one minute is long enough for a click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
