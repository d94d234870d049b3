// For a server that sends without being asked: nothing is sent but protocol pings, and no message is special.

import type { Preset } from '../protocol.js';

export const none: Preset = {
  name: 'none',
  hosts: [],
  topic: '{topic}',
  example: 'any name',
  open: [],
  subscribe: [],
  unsubscribe: [],
  ping: [],
  binary: 'text',
  pong: [],
  refuse: [],
  confirm: [],
  answer: [],
  closing: [],
  data_prefix: '',
  batch: null,
  begins: [],
  names: [],
  aliases: {},
  binds: null,
  limits: {},
  event_time: [],
  sequences: [],
  confirmed_by: null,
};
