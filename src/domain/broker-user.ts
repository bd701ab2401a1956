import { queues } from "../contracts/agent-protocol.ts";
import { ChiffonError } from "./errors.ts";

/** The user of the broker that an agent is. Throws for an id that would mean something else in a pattern or a shell. */
export function agentUser(agentId: string): string {
  if (!/^[a-z0-9-]{1,64}$/.test(agentId))
    throw new ChiffonError("bad-input", "This is not the id of an agent.", {
      hint: "An id has small letters, digits and hyphens: chiffon agents list shows them.",
    });
  return `agent-${agentId}`;
}

/** The exchange that agents write to. */
export const upward = "chf.up";

/**
 * The commands with which a person makes an agent's user: it reads its own two queues, writes with its own routing key, and
 * declares nothing. `add_user` asks for the password, or reads it from stdin: it stands in no list of processes.
 */
export function brokerUserCommands(agentId: string, vhost = "/"): readonly string[] {
  const user = agentUser(agentId);
  if (!/^[\w./-]{1,200}$/.test(vhost))
    throw new ChiffonError("bad-input", "This is not the name of a virtual host of RabbitMQ.", {
      hint: "Letters, digits and . / _ - are taken.",
    });
  const pattern = (name: string): string => name.replaceAll(".", String.raw`\.`);
  const own = [queues.work(agentId), queues.control(agentId)].map(pattern).join("|");
  return [
    `rabbitmqctl add_user ${user}`,
    `rabbitmqctl set_permissions -p ${vhost} ${user} '^$' '^${pattern(upward)}$' '^(${own})$'`,
    String.raw`rabbitmqctl set_topic_permissions -p ${vhost} ${user} ${upward} '^${agentId}\..*$' '^$'`,
  ];
}
