import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { useState, type ReactNode } from "react";
import type { PlanPage, PlaybookPage, RunPage } from "../../../src/contracts/api.ts";
import { api } from "../api/client.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { lookOf } from "../ui/states-of-things.ts";
import { useSignOut } from "./account-bar.tsx";
import { places } from "./places.ts";

interface PaletteProps {
  readonly onOpenChange: (open: boolean) => void;
  readonly onHelp: () => void;
}

const some = 12;

/** Finds places, plans, runs and playbooks by what is typed. */
export function Palette({ onOpenChange, onHelp }: PaletteProps): ReactNode {
  const navigate = useNavigate();
  const signOut = useSignOut();
  const [text, setText] = useState("");
  const act = (action: () => unknown) => (): void => {
    onOpenChange(false);
    void action();
  };
  return (
    <Dialog open onOpenChange={onOpenChange} title="Find">
      <Command label="Find" loop>
        <Command.Input
          value={text}
          onValueChange={setText}
          autoFocus
          placeholder="A page, a plan, a run, a playbook"
          className="mb-3 min-h-10 w-full rounded-md border border-control bg-surface px-3 text-base"
        />
        <Command.List className="max-h-[50dvh] overflow-y-auto">
          <Command.Empty className="px-2 py-4 text-muted">Nothing fits.</Command.Empty>
          <Group heading="Places">
            {places.map(({ to, name, icon }) => (
              <Item key={to} icon={icon} onSelect={act(() => navigate({ to }))}>
                {name}
              </Item>
            ))}
          </Group>
          <Found act={act} />
          <Group heading="Actions">
            <Item icon="plus" onSelect={act(() => navigate({ to: "/first-run" }))}>
              First steps: repositories and machines
            </Item>
            <Item icon="question" onSelect={act(onHelp)}>
              Keys
            </Item>
            <Item icon="user" onSelect={act(signOut)}>
              Sign out
            </Item>
          </Group>
        </Command.List>
      </Command>
    </Dialog>
  );
}

/** The newest plans and runs, and the playbooks; what cannot be fetched is simply not offered. */
function Found({ act }: { readonly act: (action: () => unknown) => () => void }): ReactNode {
  const navigate = useNavigate();
  const plans = useQuery({
    queryKey: ["plans", "newest"],
    queryFn: ({ signal }) => api.get<PlanPage>(`/plans?limit=${some}`, { signal }),
  });
  const runs = useQuery({
    queryKey: ["runs", "newest"],
    queryFn: ({ signal }) => api.get<RunPage>(`/runs?limit=${some}`, { signal }),
  });
  const playbooks = useQuery({
    queryKey: ["playbooks", "newest"],
    queryFn: ({ signal }) => api.get<PlaybookPage>(`/playbooks?limit=50`, { signal }),
  });
  return (
    <>
      <Group heading="Plans" shown={hasAny(plans.data)}>
        {plans.data?.items.map(({ id, requestText, state }) => (
          <Item
            key={id}
            value={`plan ${id} ${requestText}`}
            icon="plan"
            onSelect={act(() => navigate({ to: "/plans/$planId", params: { planId: id } }))}
          >
            {requestText} <span className="text-muted">{lookOf("plan", state).text}</span>
          </Item>
        ))}
      </Group>
      <Group heading="Runs" shown={hasAny(runs.data)}>
        {runs.data?.items.map(({ id, requestText, state }) => (
          <Item
            key={id}
            value={`run ${id} ${requestText}`}
            icon="run"
            onSelect={act(() => navigate({ to: "/runs/$runId", params: { runId: id } }))}
          >
            {requestText} <span className="text-muted">{lookOf("run", state).text}</span>
          </Item>
        ))}
      </Group>
      <Group heading="Playbooks" shown={hasAny(playbooks.data)}>
        {playbooks.data?.items.map(({ id, name }) => (
          <Item
            key={id}
            value={`playbook ${id} ${name}`}
            icon="book"
            onSelect={act(() => navigate({ to: "/playbooks", search: { q: name } }))}
          >
            {name}
          </Item>
        ))}
      </Group>
    </>
  );
}

function hasAny(page: { readonly items: readonly unknown[] } | undefined): boolean {
  return page !== undefined && page.items.length > 0;
}

interface GroupProps {
  readonly heading: string;
  readonly shown?: boolean;
  readonly children: ReactNode;
}

/** Nothing at all where there is nothing to choose. */
function Group({ heading, shown = true, children }: GroupProps): ReactNode {
  if (!shown) return null;
  return (
    <Command.Group
      heading={heading}
      className="**:[[cmdk-group-heading]]:px-2 **:[[cmdk-group-heading]]:pt-2 **:[[cmdk-group-heading]]:pb-1 **:[[cmdk-group-heading]]:text-xs **:[[cmdk-group-heading]]:font-semibold **:[[cmdk-group-heading]]:text-muted"
    >
      {children}
    </Command.Group>
  );
}

interface ItemProps {
  readonly icon: IconName;
  readonly onSelect: () => void;
  readonly children: ReactNode;
  readonly value?: string;
}

function Item({ icon, onSelect, children, value }: ItemProps): ReactNode {
  return (
    <Command.Item
      {...(value === undefined ? {} : { value })}
      onSelect={onSelect}
      className="flex min-h-9 cursor-pointer items-center gap-2 rounded-md px-2 data-[selected=true]:bg-accent-soft"
    >
      <Icon name={icon} className="text-muted" />
      <span className="truncate">{children}</span>
    </Command.Item>
  );
}
