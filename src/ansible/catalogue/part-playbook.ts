import { hash } from "node:crypto";
import type { ListedPlay, Unit } from "../../contracts/catalogue.ts";
import type { PlayFacts, TaskFacts } from "./facts.ts";
import { readFileFacts } from "./file-facts.ts";
import type { FileStore } from "./file-store.ts";
import { folderOf, resolveInside } from "./paths.ts";
import type { NamedPart } from "./parts.ts";
import type { Playbook } from "./units.ts";
import { createPartWriter, writtenPath } from "./written-playbook.ts";

/** How a task file is run that no tag and no switch selects. */
export interface PartRunner {
  write(part: NamedPart): Pick<Unit, "problem" | "plays" | "written">;
}

/* Each is a text of its own that is kept and read again: more of them in one playbook are no list of services. */
const maxWritten = 300;

/** Writes a playbook for each such part and lists it as it lists the playbooks of the repository. */
export function createPartRunner(context: {
  readonly file: Playbook;
  readonly store: FileStore;
  /** Lists what a playbook runs. */
  readonly list: (playbook: Playbook) => ListedPlay[];
}): PartRunner {
  const { file, store, list } = context;
  const writer = createPartWriter({ path: file.path, text: file.facts.text ?? "" });
  let count = 0;
  const write = (part: NamedPart): ReturnType<PartRunner["write"]> => {
    count += 1;
    if (count > maxWritten) return refuse(part, `it has more than ${maxWritten} such files`);
    const found = resolveInside(folderOf(file.path), part.written);
    if (found === undefined || store.find(found) === undefined)
      return refuse(part, "the file is not in the repository");
    const made = writer.write({ play: part.link.play.line, task: part.line, file: part.written });
    if ("problem" in made) return refuse(part, made.problem);
    const path = writtenPath(file.path, part.written);
    const facts = readFileFacts(path, made.text);
    if (facts.kind !== "playbook") return refuse(part, "what is left of it is no playbook");
    const sha256 = hash("sha256", made.text);
    const own = { path, text: null, executable: false, sha256 };
    const plays = list({ ...own, facts });
    const opened = { ...facts, plays: facts.plays.map((play) => openInclude(play, part.written)) };
    const written = {
      path,
      from: file.path,
      file: part.written,
      text: made.text,
      plays: list({ ...own, facts: opened }),
    };
    return { problem: null, plays, written };
  };
  return { write };
}

/** The play with the file's tasks in the place of the include: nothing but them can come there. */
function openInclude(play: PlayFacts, file: string): PlayFacts {
  if (play.kind === "import") return play;
  const open = (task: TaskFacts): TaskFacts => {
    const { use } = task;
    if (use.kind === "block") return { ...task, use: { ...use, tasks: use.tasks.map(open) } };
    if (use.kind !== "dynamic" || !use.files.includes(file)) return task;
    return { ...task, use: { kind: "import-tasks", file } };
  };
  const { preTasks, tasks, postTasks } = play;
  return { ...play, preTasks: preTasks.map(open), tasks: tasks.map(open), postTasks: postTasks.map(open) };
}

function refuse(part: NamedPart, why: string): ReturnType<PartRunner["write"]> {
  const { file } = part.link;
  return {
    problem:
      `${file} has no way to run ${part.written} without the rest, and Chiffon can write none: ${why}. ` +
      "Give its entry a tag with `apply`, or ask for the whole playbook.",
    plays: [],
  };
}
