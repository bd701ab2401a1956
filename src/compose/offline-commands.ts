import type { Writable } from "node:stream";
import { Option, type Command } from "commander";
import { ChiffonError } from "../domain/errors.ts";
import type { OfflineIo } from "./offline.ts";

/** Loaded by the commands that need it: matcher, lexicon and the reader of playbooks are a third of the code of a short command. */
const load = async () => await import("./offline.ts");

interface Flags {
  repo?: string[];
  inventory?: string;
  json?: boolean;
  batch?: boolean;
}

const collect = (value: string, before: string[]): string[] => [...before, value];

/** Adds `catalogue`, `match`, `split` and `eval` to the program: they need no server and change nothing. */
export function registerOfflineCommands(program: Command, io: OfflineIo): void {
  const setExitCode =
    io.setExitCode ??
    ((code: number) => {
      process.exitCode = code;
    });
  const repo = () =>
    new Option("--repo <dir>", "folder with playbooks; may be given several times")
      .argParser(collect)
      .default([], "none")
      .makeOptionMandatory();
  program
    .command("catalogue")
    .description("list what a repository offers, without a server; none of its code runs")
    .addOption(repo())
    .option("--json", "print JSON")
    .action(async (flags: Flags) =>
      setExitCode(
        await (await load()).offlineCatalogue({ repos: needRepos(flags), json: flags.json === true }, io),
      ),
    );
  program
    .command("match")
    .description("show which playbook each wish of a text means, without a server")
    .argument("[text]", "the request, in quotes; left out with --batch")
    .addOption(repo())
    .option("--inventory <file>", "inventory inside the repository; unknown hosts are reported")
    .option("--batch", "one request per line of the input, one answer per line of the output")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      '\nExample:\n  chiffon match --repo ~/homelab "Deploy the status page and then back up its folder"\n\nEnds with 0, with 6 when a person must decide, with 1 when nothing fits.',
    )
    .action(async (text: string | undefined, flags: Flags) =>
      setExitCode(
        await (
          await load()
        ).offlineMatch(
          {
            repos: needRepos(flags),
            inventory: flags.inventory,
            text,
            batch: flags.batch === true,
            json: flags.json === true,
          },
          io,
        ),
      ),
    );
  program
    .command("split")
    .description("show the wishes of a text in order, without a server")
    .argument("[text]", "the request, in quotes; left out with --batch")
    .option("--batch", "one request per line of the input, one answer per line of the output")
    .option("--json", "print JSON")
    .action(async (text: string | undefined, flags: Flags) =>
      setExitCode(
        await (
          await load()
        ).offlineSplit({ text, batch: flags.batch === true, json: flags.json === true }, io),
      ),
    );
  registerEval(program, { ...io, setExitCode });
}

function needRepos(flags: Flags): string[] {
  const repos = flags.repo ?? [];
  if (repos.length === 0)
    throw new ChiffonError("bad-input", "No repository is named.", {
      hint: "name the folder with your playbooks: --repo DIR",
    });
  return repos;
}

function registerEval(
  program: Command,
  io: { stdout: Writable; stderr: Writable; setExitCode: (code: number) => void },
): void {
  program
    .command("eval")
    .description("measure how well labelled requests are matched, without a server")
    .requiredOption("--requests <file>", "JSON list of rows {repo, request, expect, kind, steps?}")
    .addOption(
      new Option(
        "--repo <name=dir>",
        "folder of a repository under the name that the rows use; several times",
      )
        .argParser(collect)
        .default([], "none")
        .makeOptionMandatory(),
    )
    .option("--no-lexicon", "leave out the built-in knowledge of products")
    .option("--json", "print JSON")
    .action(async (flags: { requests: string; repo: string[]; lexicon: boolean; json?: boolean }) => {
      const { offlineEval } = await import("./offline-eval.ts");
      const { requests, repo: repos, lexicon, json = false } = flags;
      io.setExitCode(await offlineEval({ requests, repos, lexicon, json }, io));
    });
}
