import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useState, type ReactNode } from "react";
import type { ConversationSummary } from "../../../src/contracts/conversation.ts";
import { api } from "../api/client.ts";
import { RefusalNotice } from "../plan/refusal-notice.tsx";
import { Button, buttonClass } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, Input } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { keepDraft } from "./drafts.ts";
import { conversationKey, listKey, useConversations } from "./use-conversation.ts";

interface ConversationListProps {
  readonly current: string | undefined;
  /** After one was chosen: the drawer closes. */
  readonly onChoose?: () => void;
}

/** The conversations, newest first. */
export function ConversationList({ current, onChoose }: ConversationListProps): ReactNode {
  const [query, setQuery] = useState("");
  const [deleting, setDeleting] = useState<ConversationSummary>();
  const list = useConversations(useDeferredValue(query.trim()));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="flex min-h-0 flex-col gap-3">
      <Link to="/" onClick={onChoose} className={buttonClass("plain", "small")}>
        <Icon name="plus" />
        New conversation
      </Link>
      <Field label="Search conversations" hideLabel>
        {(ids) => (
          <Input
            {...ids}
            data-search=""
            type="search"
            placeholder="Search conversations"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
        )}
      </Field>
      {list.isPending ? <Loading label="Loading conversations" /> : null}
      {list.error === null ? null : <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 ? (
        <p className="text-sm text-muted">
          {query === "" ? "No conversation yet." : "Nothing has these words."}
        </p>
      ) : null}
      <ul className="flex flex-col gap-0.5">
        {items.map((item) => (
          <Row
            key={item.id}
            item={item}
            isCurrent={item.id === current}
            onChoose={onChoose}
            onDelete={() => setDeleting(item)}
          />
        ))}
      </ul>
      {list.hasNextPage ? (
        <Button size="small" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Older ones
        </Button>
      ) : null}
      <DeleteDialog item={deleting} current={current} onClose={() => setDeleting(undefined)} />
    </div>
  );
}

interface RowProps {
  readonly item: ConversationSummary;
  readonly isCurrent: boolean;
  readonly onChoose: (() => void) | undefined;
  readonly onDelete: () => void;
}

function Row({ item, isCurrent, onChoose, onDelete }: RowProps): ReactNode {
  const title = item.title === "" ? "Without words" : item.title;
  return (
    <li className={`flex items-center gap-1 rounded-md ${isCurrent ? "bg-accent-soft" : "hover:bg-raised"}`}>
      <Link
        to="/chat/$conversationId"
        params={{ conversationId: item.id }}
        onClick={onChoose}
        aria-current={isCurrent ? "page" : undefined}
        className="min-w-0 flex-1 px-2 py-1.5 text-ink no-underline"
      >
        <span className="block truncate">{title}</span>
        <span className="block text-xs text-muted">
          <Time at={item.updatedAt} />
        </span>
      </Link>
      <button
        type="button"
        aria-label={`Delete the conversation ${title}`}
        className="mr-1 inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted hover:text-ink"
        onClick={onDelete}
      >
        <Icon name="cross" />
      </button>
    </li>
  );
}

interface DeleteDialogProps {
  readonly item: ConversationSummary | undefined;
  readonly current: string | undefined;
  readonly onClose: () => void;
}

function DeleteDialog({ item, current, onClose }: DeleteDialogProps): ReactNode {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [work, setWork] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const remove = async (id: string): Promise<void> => {
    setWork({ busy: true, error: null });
    try {
      await api.delete(`/conversations/${id}`);
      keepDraft(localStorage, id, "");
      setWork({ busy: false, error: null });
      onClose();
      await client.invalidateQueries({ queryKey: listKey });
      if (id === current) await navigate({ to: "/" });
      client.removeQueries({ queryKey: conversationKey(id) });
    } catch (error) {
      setWork({ busy: false, error });
    }
  };
  return (
    <Dialog
      open={item !== undefined}
      onOpenChange={(open) => {
        if (open) return;
        setWork({ busy: false, error: null });
        onClose();
      }}
      title="Delete this conversation?"
      description={
        <>“{item?.title}” is gone for everybody. Its plans, its runs and the record stay as they are.</>
      }
    >
      <RefusalNotice error={work.error} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Keep it</Button>
        <Button
          variant="danger"
          busy={work.busy}
          onClick={() => {
            if (item !== undefined) void remove(item.id);
          }}
        >
          Delete
        </Button>
      </div>
    </Dialog>
  );
}
