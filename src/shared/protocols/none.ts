// For a server that sends without being asked: nothing is sent but protocol pings, and no message is special.

import type { Protocol } from '../protocol.js';

export const none: Protocol = {
  name: 'none',
  subscribe: [],
  ping: [],
  binary: 'text',
  pong: [],
  refuse: [],
  confirm: [],
  data_prefix: '',
};
