import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { toast } from "sonner";
import type { RepositoryTrust, TrustFile } from "../../../src/contracts/trust.ts";
import { describeFailure } from "../api/api-error.ts";
import { api } from "../api/client.ts";
import { useMay } from "../api/use-may.ts";
import { Page } from "../frame/page.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { DiffText } from "../ui/diff-text.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { fileChanges, trustSentence } from "./trust-words.ts";

/** Which files of a repository run as code when Ansible starts, and whether they may before an approval. */
export function TrustPage(): ReactNode {
  const { name = "" } = useParams({ strict: false });
  const path = `/repositories/${encodeURIComponent(name)}/trust`;
  const { data, error, refetch } = useQuery({
    queryKey: ["trust", name],
    queryFn: ({ signal }) => api.get<RepositoryTrust>(path, { signal }),
  });
  return (
    <Page title={`Trust in ${name}`}>
      {data === undefined ? (
        error === null ? (
          <Loading label="Reading the repository" />
        ) : (
          <Failed error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <Trust trust={data} path={path} />
      )}
    </Page>
  );
}

function Trust({ trust, path }: { readonly trust: RepositoryTrust; readonly path: string }): ReactNode {
  const present = trust.files.filter((file) => file.change !== "removed").length;
  return (
    <>
      <Card>
        <p>{trustSentence(trust)}</p>
        {trust.trustedAt === null ? null : (
          <p className="text-sm text-muted">
            last by {trust.trustedBy} <Time at={trust.trustedAt} />
          </p>
        )}
        <p className="mt-2 text-muted">
          Trust lets Ansible start on this repository before you have approved a plan, to show what the plan
          would change: always in check mode. It approves nothing, and it ends by itself when one of these
          files changes.
        </p>
        {trust.sandboxProblem === null ? null : (
          <p className="mt-2 text-warn">Without trust there is no preview here: {trust.sandboxProblem}.</p>
        )}
        <Decide trust={trust} path={path} />
      </Card>
      <Card
        title={
          present === 0
            ? "No file runs as code"
            : `${present} ${present === 1 ? "file runs" : "files run"} as code`
        }
      >
        {trust.files.length === 0 ? (
          <p className="text-muted">Nothing of this repository runs but the tasks of its playbooks.</p>
        ) : (
          <div className="flex flex-col gap-2">
            {trust.files.map((file) => (
              <File key={file.path} file={file} compared={trust.trustedAt !== null} />
            ))}
          </div>
        )}
      </Card>
    </>
  );
}

function Decide({ trust, path }: { readonly trust: RepositoryTrust; readonly path: string }): ReactNode {
  const client = useQueryClient();
  const may = useMay("admin");
  const options = {
    onSuccess: async (found: RepositoryTrust) => {
      client.setQueryData(["trust", found.repository], found);
      await client.invalidateQueries({ queryKey: ["repositories"] });
    },
    onError: (error: unknown) => toast.error(describeFailure(error).message),
  };
  const give = useMutation({
    mutationFn: () => api.post<RepositoryTrust>(path, { hash: trust.hash }),
    ...options,
  });
  const revoke = useMutation({ mutationFn: () => api.delete<RepositoryTrust>(path), ...options });
  if (!may) return <p className="mt-2 text-sm text-muted">Only an admin can change this.</p>;
  return (
    <p className="mt-3 flex flex-wrap items-center gap-3">
      {trust.state === "trusted" ? (
        <Button variant="danger" busy={revoke.isPending} onClick={() => revoke.mutate()}>
          Take the trust back
        </Button>
      ) : (
        <Button variant="primary" busy={give.isPending} onClick={() => give.mutate()}>
          Trust exactly these files
        </Button>
      )}
      <code className="font-mono text-sm text-muted" title={trust.hash}>
        {trust.hash.slice(0, 12)}
      </code>
    </p>
  );
}

function File({ file, compared }: { readonly file: TrustFile; readonly compared: boolean }): ReactNode {
  const change = fileChanges[file.change];
  return (
    <details className="rounded-md border border-line" open={compared && file.diff !== null}>
      <summary className="cursor-pointer px-2 py-1 wrap-anywhere">
        <code className="font-mono text-sm">{file.path}</code>{" "}
        <span className="text-sm text-muted">
          {file.kinds.join(", ")} · {file.size} bytes
        </span>{" "}
        {compared && file.change !== "same" ? <Badge tone={change.tone}>{change.text}</Badge> : null}
      </summary>
      <ul className="list-disc px-2 pb-1 pl-7 text-sm">
        {file.reasons.map((reason) => (
          <li key={reason} className="wrap-anywhere">
            {reason}
          </li>
        ))}
      </ul>
      {file.diff === null ? null : <DiffText text={file.diff} label={`What changed in ${file.path}`} />}
      {file.text === null ? (
        <p className="border-t border-line p-2 text-sm text-muted">Its content is not shown here.</p>
      ) : (
        <section
          tabIndex={0}
          aria-label={`Content of ${file.path}`}
          className="max-h-96 overflow-auto border-t border-line p-2 font-mono text-[0.8rem]/5 whitespace-pre-wrap wrap-anywhere"
        >
          {file.text}
        </section>
      )}
    </details>
  );
}
