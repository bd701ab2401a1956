import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { AddRepository, RepositoryView } from "../../../src/contracts/first-run.ts";
import { api } from "../api/client.ts";
import { mayDo, meQuery } from "../api/queries.ts";
import { count } from "../plan/plan-words.ts";
import { RefusalNotice } from "../plan/refusal-notice.tsx";
import { plainText } from "../run/log-text.ts";
import { trustInShort } from "../trust/trust-words.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Field, Input } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { decideRepository, emptyRepository, type RepositoryInput } from "./steps.ts";

const repositoriesKey = ["repositories"];

/** Where the Ansible files are. */
export function RepositoryStep({ onNext }: { readonly onNext: () => void }): ReactNode {
  const me = useQuery(meQuery).data;
  const repositories = useQuery({
    queryKey: repositoriesKey,
    queryFn: ({ signal }) => api.get<RepositoryView[]>("/repositories", { signal }),
  });
  const served = repositories.data ?? [];
  const mayAdd = me === undefined || mayDo(me, "admin");
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">
        Chiffon runs your own Ansible playbooks. It only reads the repository, and works from a copy of
        exactly what was approved.
      </p>
      {repositories.isPending ? <Loading label="Looking for repositories" /> : null}
      {repositories.error === null ? null : (
        <Failed error={repositories.error} onRetry={() => void repositories.refetch()} />
      )}
      {served.length === 0 ? null : (
        <div>
          <h3 className="font-medium">Served now</h3>
          <ul className="mt-1 mb-3 flex flex-col gap-2">
            {served.map((repository) => (
              <Served key={repository.name} repository={repository} />
            ))}
          </ul>
          <Button variant="primary" onClick={onNext}>
            Go on with {served.length === 1 ? "this one" : "these"}
          </Button>
        </div>
      )}
      {mayAdd ? (
        <AddForm isFirst={served.length === 0} />
      ) : (
        <p>You may not add repositories: ask somebody who manages this server.</p>
      )}
    </div>
  );
}

function Served({ repository }: { readonly repository: RepositoryView }): ReactNode {
  const { name, url, root, findings, problem } = repository;
  return (
    <li className="rounded-md bg-raised px-3 py-2">
      <p className="flex flex-wrap items-center gap-2">
        <span className="font-medium wrap-anywhere">{plainText(name)}</span>
        {problem === null ? (
          <Badge tone="ok" icon="check">
            can be read
          </Badge>
        ) : (
          <Badge tone="bad" icon="warning">
            cannot be read
          </Badge>
        )}
      </p>
      <p className="text-sm text-muted wrap-anywhere">{plainText(url ?? root)}</p>
      <p className="text-sm">
        {contentOf(repository)}
        {findings === 0 ? "" : `, ${count(findings, "finding")} (see Playbooks)`}
      </p>
      <TrustLine repository={repository} />
      {problem === null ? null : <p className="text-sm text-bad wrap-anywhere">{plainText(problem)}</p>}
      <Lacks repository={repository} />
    </li>
  );
}

/** Whether its code may run before anybody has approved a plan, and the way to the files. */
function TrustLine({ repository: { name, trust } }: { readonly repository: RepositoryView }): ReactNode {
  if (trust === null) return null;
  const { tone, text } = trustInShort(trust);
  return (
    <p className="flex flex-wrap items-center gap-2 text-sm">
      <span className={tone === "warn" ? "text-warn" : "text-muted"}>{text}</span>
      {trust.files === 0 ? null : (
        <Link to="/repositories/$name" params={{ name }}>
          What runs as code
        </Link>
      )}
    </p>
  );
}

function contentOf({ units, hosts }: RepositoryView): string {
  return `${count(units, "playbook")}, ${count(hosts, "host")}`;
}

/** What is not there although the repository can be read, so that nobody goes on with the wrong folder. */
function Lacks({ repository }: { readonly repository: RepositoryView }): ReactNode {
  const { units, hosts, inventory, problem } = repository;
  if (problem !== null || (units > 0 && hosts > 0)) return null;
  return (
    <p className="flex items-start gap-1.5 text-sm text-warn">
      <Icon name="warning" className="mt-0.5" />
      {units === 0
        ? "There is no playbook in it: look whether this is the right folder."
        : inventory === null
          ? "There is no inventory in it: nothing can run before one names your machines."
          : `Its inventory ${plainText(inventory)} names no machine: nothing can run before it does.`}
    </p>
  );
}

const kinds = [
  { kind: "path", label: "A folder on the server's machine" },
  { kind: "git", label: "A git repository" },
  { kind: "example", label: "The example homelab, to try things" },
] as const;

function AddForm({ isFirst }: { readonly isFirst: boolean }): ReactNode {
  const client = useQueryClient();
  const [input, setInput] = useState<RepositoryInput>(emptyRepository);
  const [asked, setAsked] = useState(false);
  const add = useMutation({
    mutationFn: (body: AddRepository) => api.post<RepositoryView>("/repositories", body),
    onSuccess: async () => {
      setInput(emptyRepository);
      setAsked(false);
      // Its machines and playbooks belong to what other pages have already read.
      await Promise.all(
        [repositoriesKey, ["machines"], ["playbooks"]].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      );
    },
  });
  const decision = decideRepository(input);
  return (
    <form
      className="flex flex-col gap-3"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setAsked(true);
        if (decision.kind === "ready" && !add.isPending) add.mutate(decision.body);
      }}
    >
      <fieldset className="flex flex-col gap-1">
        <legend className="mb-1 font-medium">
          {isFirst ? "Where are your playbooks?" : "Add another one"}
        </legend>
        {kinds.map(({ kind, label }) => (
          <label key={kind} className="flex min-h-8 items-center gap-2">
            <input
              type="radio"
              name="repository-kind"
              className="size-4 accent-(--accent)"
              checked={input.kind === kind}
              onChange={() => {
                setAsked(false);
                add.reset();
                setInput({ ...input, kind });
              }}
            />
            {label}
          </label>
        ))}
      </fieldset>
      <RepositoryFields
        input={input}
        onChange={setInput}
        error={asked && decision.kind === "missing" ? decision.what : null}
      />
      <RefusalNotice error={add.error} />
      <p role="status" className="text-sm">
        {add.isPending && input.kind === "git" ? "Cloning may take up to two minutes." : null}
        {add.data === undefined ? null : `${plainText(add.data.name)} was added: ${contentOf(add.data)}.`}
      </p>
      <div>
        <Button type="submit" variant={isFirst ? "primary" : "plain"} busy={add.isPending}>
          {input.kind === "example" ? "Use the example" : "Add"}
        </Button>
      </div>
    </form>
  );
}

interface RepositoryFieldsProps {
  readonly input: RepositoryInput;
  readonly onChange: (input: RepositoryInput) => void;
  readonly error: string | null;
}

function RepositoryFields({ input, onChange, error }: RepositoryFieldsProps): ReactNode {
  const plain = { autoComplete: "off", autoCapitalize: "off", spellCheck: false };
  switch (input.kind) {
    case "path":
      return (
        <Field label="Folder" hint="The whole path, for example /srv/ansible" error={error}>
          {(ids) => (
            <Input
              {...ids}
              {...plain}
              value={input.path}
              onChange={(event) => onChange({ ...input, path: event.target.value })}
            />
          )}
        </Field>
      );
    case "git":
      return (
        <>
          <Field label="Address" hint="As you would write it after git clone" error={error}>
            {(ids) => (
              <Input
                {...ids}
                {...plain}
                value={input.url}
                onChange={(event) => onChange({ ...input, url: event.target.value })}
              />
            )}
          </Field>
          <Field label="Branch (optional)" hint="Without one, the repository's own default">
            {(ids) => (
              <Input
                {...ids}
                {...plain}
                value={input.branch}
                onChange={(event) => onChange({ ...input, branch: event.target.value })}
              />
            )}
          </Field>
        </>
      );
    case "example":
      return (
        <p className="text-muted">
          A small homelab that comes with Chiffon. Its playbooks run on the server's own machine.
        </p>
      );
    default:
      return input.kind satisfies never;
  }
}
