import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { toast } from "sonner";
import type { LearnedAlias } from "../../../src/contracts/alias.ts";
import { describeFailure } from "../api/api-error.ts";
import { api } from "../api/client.ts";
import { useMay } from "../api/use-may.ts";
import { plainText } from "../run/log-text.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";

const key = ["aliases"];

const stateWords: Readonly<Record<LearnedAlias["state"], string>> = {
  counting: "Chosen once",
  learned: "Learned",
  "out-of-date": "Out of date",
};

const stateHelp: Readonly<Record<LearnedAlias["state"], string>> = {
  counting: "One more approved plan with the same choice makes it a name",
  learned: "These words with this verb mean the playbook, without a question",
  "out-of-date": "The playbook has changed or is gone since, so this counts no more",
};

/** What was learned from answers; nothing is shown while there is nothing. */
export function LearnedNames(): ReactNode {
  const { data } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api.get<LearnedAlias[]>("/aliases", { signal }),
  });
  if (data === undefined || data.length === 0) return null;
  return (
    <details className="rounded-lg border border-line bg-surface px-4 py-3">
      <summary className="cursor-pointer">Names learned from answers ({data.length})</summary>
      <ul aria-label="Learned names" className="mt-3 flex flex-col gap-2">
        {data.map((alias) => (
          <LearnedName key={alias.id} alias={alias} />
        ))}
      </ul>
    </details>
  );
}

function LearnedName({ alias }: { readonly alias: LearnedAlias }): ReactNode {
  const client = useQueryClient();
  const may = useMay("propose");
  const forget = useMutation({
    mutationFn: () => api.delete(`/aliases/${alias.id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
    onError: (error) => toast.error(describeFailure(error).message),
  });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span className="min-w-0 flex-1 wrap-anywhere">
        {alias.verb} “{plainText(alias.words)}” is{" "}
        <span className="font-mono text-sm">{plainText(alias.unit)}</span>
      </span>
      <Badge title={stateHelp[alias.state]}>{stateWords[alias.state]}</Badge>
      {may ? (
        <Button size="small" busy={forget.isPending} onClick={() => forget.mutate()}>
          Forget
        </Button>
      ) : null}
    </li>
  );
}
