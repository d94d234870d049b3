// Promises about what limits mean: what is not limited needs no permit, and no more connections are made than can
// send what they begin with.

import { expect, test } from 'vitest';
import { allowancesOf } from '../../src/shared/limits.js';
import { none } from '../../src/shared/protocols/none.js';

const connects = { count: 3, ms: 1_000 };
const host_requests = { count: 8, ms: 1_000 };
const two_messages = { open: ['a'], subscribe: ['b'] };

test('without limits nothing needs a permit, and limits of one connection are no limits of the host', () => {
  const limits = { requests: { count: 1, ms: 1_000 }, topics_max: 1 };
  for (const kind of ['connect', 'request'] as const) {
    expect(allowancesOf(none, kind)).toEqual([]);
    expect(allowancesOf({ ...none, limits }, kind)).toEqual([]);
  }
});

test('a connect costs the messages that the connection begins with as well', () => {
  const protocol = { ...none, ...two_messages, limits: { connects, host_requests } };
  expect(allowancesOf(protocol, 'connect')).toEqual([connects, { count: 4, ms: 1_000 }]);
  expect(allowancesOf(protocol, 'request')).toEqual([host_requests]);
  expect(allowancesOf({ ...none, limits: { connects, host_requests } }, 'connect')).toEqual([connects]);
  const slow = { ...none, ...two_messages, limits: { host_requests: { count: 1, ms: 1_000 } } };
  expect(allowancesOf(slow, 'connect')).toEqual([{ count: 1, ms: 2_000 }]);
});
