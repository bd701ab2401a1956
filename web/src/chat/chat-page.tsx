import { useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { Page } from "../frame/page.tsx";
import { useApproveKey } from "../plan/use-approve-key.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { Composer } from "./composer.tsx";
import { ConversationList } from "./conversation-list.tsx";
import { newConversation } from "./drafts.ts";
import { Thread } from "./thread.tsx";
import { sendMessage, useBeginConversation, useConversation, useSending } from "./use-conversation.ts";
import { useIsWide } from "./use-is-wide.ts";
import { Welcome } from "./welcome.tsx";

/** Where people say what should happen, and read what would. */
export function ChatPage(): ReactNode {
  const { conversationId } = useParams({ strict: false });
  const [drawer, setDrawer] = useState(false);
  const isWide = useIsWide();
  useApproveKey();
  return (
    <div className="flex min-h-0 w-full flex-1">
      {isWide ? (
        <aside
          aria-label="Conversations"
          className="sticky top-0 max-h-dvh w-64 shrink-0 self-start overflow-y-auto p-4"
        >
          <ConversationList current={conversationId} />
        </aside>
      ) : null}
      <div className="min-w-0 flex-1">
        {conversationId === undefined ? (
          <NewConversation onOpenList={() => setDrawer(true)} />
        ) : (
          <OneConversation key={conversationId} id={conversationId} onOpenList={() => setDrawer(true)} />
        )}
      </div>
      <Dialog open={drawer && !isWide} onOpenChange={setDrawer} title="Conversations">
        <ConversationList current={conversationId} onChoose={() => setDrawer(false)} />
      </Dialog>
    </div>
  );
}

interface ScreenProps {
  readonly title: string;
  readonly onOpenList: () => void;
  readonly children: ReactNode;
  readonly composer: ReactNode;
}

function Screen({ title, onOpenList, children, composer }: ScreenProps): ReactNode {
  return (
    <Page
      title={title}
      actions={
        <Button size="small" className="lg:hidden" onClick={onOpenList}>
          <Icon name="chat" />
          Conversations
        </Button>
      }
    >
      <div className="flex max-w-4xl flex-col gap-4">
        {children}
        <div className="sticky bottom-14 border-t border-line bg-page py-3 md:bottom-0">{composer}</div>
      </div>
    </Page>
  );
}

function NewConversation({ onOpenList }: { readonly onOpenList: () => void }): ReactNode {
  const begin = useBeginConversation();
  const [work, setWork] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const send = async (text: string): Promise<void> => {
    setWork({ busy: true, error: null });
    try {
      await begin(text);
    } catch (error) {
      setWork({ busy: false, error });
      throw error;
    }
  };
  return (
    <Screen
      title="Chat"
      onOpenList={onOpenList}
      composer={
        <Composer
          placeholder="Deploy Uptime Kuma and add our existing portals to the config"
          draftOf={newConversation}
          error={work.error}
          sending={work.busy}
          onSend={send}
        />
      }
    >
      <Welcome />
    </Screen>
  );
}

interface OneConversationProps {
  readonly id: string;
  readonly onOpenList: () => void;
}

function OneConversation({ id, onOpenList }: OneConversationProps): ReactNode {
  const { query, phases } = useConversation(id);
  const sending = useSending(id);
  const say = (text: string): Promise<void> => sendMessage(id, text);
  const { data: conversation, error } = query;
  return (
    <Screen
      title={conversation?.title === undefined || conversation.title === "" ? "Chat" : conversation.title}
      onOpenList={onOpenList}
      composer={
        <Composer
          draftOf={id}
          placeholder="Use port 3002. And grafana too. Cancel that. What runs on web1?"
          error={sending?.kind === "failed" ? sending.error : null}
          sending={sending?.kind === "sending"}
          onSend={say}
        />
      }
    >
      {conversation !== undefined ? (
        <Thread conversation={conversation} phases={phases} sending={sending} onSay={say} />
      ) : error === null ? (
        <Loading label="Loading the conversation" />
      ) : (
        <Failed error={error} onRetry={() => void query.refetch()} />
      )}
    </Screen>
  );
}
