// Topics that share a connection to a scripted server that speaks as Bybit does, for the tests of what they share and
// of what stays each one's own.

import type { TopicSettings } from '../../src/shared/settings.js';
import { type CapturedTopics, type CaptureOptions, captureShared, type Shared } from './captured.js';
import type { OpRequest, ScriptedConnection } from './scripted-connection.js';
import type { ScriptedServer } from './scripted-server.js';
import { serve } from './served.js';

export interface Met {
  readonly server: ScriptedServer;
  readonly c: CapturedTopics;
  readonly connection: ScriptedConnection;
}

const nameOf = (topic: Shared): string => (typeof topic === 'string' ? topic : topic.topic);

/** Connected: nothing is answered yet. */
export async function meet(
  topics: readonly Shared[],
  settings: Partial<TopicSettings> = {},
  options: CaptureOptions = {},
): Promise<Met> {
  const server = await serve();
  const c = await captureShared(server.url, topics, settings, options);
  return { server, c, connection: await server.nextConnection() };
}

/** All are live. */
export async function meetLive(
  topics: readonly Shared[],
  settings: Partial<TopicSettings> = {},
  options: CaptureOptions = {},
): Promise<Met> {
  const met = await meet(topics, settings, options);
  await acceptAll(met.connection, topics.map(nameOf));
  await met.c.untilLive(...topics.map(nameOf));
  return met;
}

/** Takes requests until each of the topics was asked for. They may come one after the other. */
export async function requestsFor(
  connection: ScriptedConnection,
  names: readonly string[],
): Promise<readonly OpRequest[]> {
  const requests: OpRequest[] = [];
  const asked = () => requests.flatMap(({ args = [] }) => args);
  while (names.some((name) => !asked().includes(name)))
    requests.push(await connection.nextRequest('subscribe'));
  return requests;
}

export async function acceptAll(connection: ScriptedConnection, names: readonly string[]): Promise<void> {
  for (const request of await requestsFor(connection, names)) connection.answer(request, true, '');
}

/** A message of data of a topic. */
export const data = (topic: string, n: number): string => `{"topic":"${topic}","n":${n}}`;

/** Acknowledgements, whose numbers differ, are counted elsewhere. */
export const isData = (line: string): boolean => line.startsWith('{"topic"');
