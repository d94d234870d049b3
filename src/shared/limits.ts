// What a protocol's limits mean for one connect and for one message to a host. A capture reads here whether it has to
// ask for permits, the supervisor how many there are: so both always mean the same.

import type { Allowance, Protocol } from './protocol.js';

/** `connect`: a connection to a host. `request`: a message sent to it. */
export type PermitKind = 'connect' | 'request';

/** All that must hold at once for this kind; empty: no permits are needed. */
export function allowancesOf(protocol: Protocol, kind: PermitKind): readonly Allowance[] {
  const { connects, host_requests } = protocol.limits;
  const messages = host_requests === undefined ? [] : [host_requests];
  if (kind === 'request') return messages;
  const first_messages = protocol.open.length + protocol.subscribe.length;
  const carried = first_messages === 0 ? [] : messages.map((allowance) => share(allowance, first_messages));
  return [...(connects === undefined ? [] : [connects]), ...carried];
}

/**
 * How many connections the messages that each of them begins with leave room for. Servers close a connection that
 * does not subscribe within seconds, so none is made that would wait longer for the permits to do so.
 */
function share({ count, ms }: Allowance, messages: number): Allowance {
  return count >= messages
    ? { count: Math.floor(count / messages), ms }
    : { count: 1, ms: ms * Math.ceil(messages / count) };
}
