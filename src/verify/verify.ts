// Verifies an output folder: finds its topics and has each judged, one file after the other.

import { overlaps } from '../shared/coverage/window.js';
import { EXIT_USAGE, ExitError, errorCode, errorMessage } from '../shared/errors.js';
import { readBootId } from '../shared/mark.js';
import { nearestName } from '../shared/nearest.js';
import { type Folder, readFolder, type TopicFolder } from './folder.js';
import { judgeTopic, type Request } from './judge-topic.js';
import { type Report, type TopicReport, verdictOf } from './report.js';

export interface VerifyRequest extends Omit<Request, 'boot_id'> {
  readonly dir: string;
  /** One topic only; null: all. */
  readonly topic: string | null;
  /** So many bytes will be read from the disk. */
  expect(bytes: number): void;
}

/** @throws ExitError 64 where `dir` is no output folder or has no such topic. */
export async function verifyFolder(request: VerifyRequest): Promise<Report> {
  const { dir, hour_ms, now } = request;
  const folder = await readFolder(dir, hour_ms).catch((error: unknown) => {
    throw new ExitError(EXIT_USAGE, [noFolder(dir, error)]);
  });
  if (folder.topics.length === 0) {
    const sentence = `${dir} is no output folder: it holds neither a ledger nor a file named NAME_START.jsonl.`;
    throw new ExitError(EXIT_USAGE, [sentence]);
  }
  const asked = chosen(folder, request.topic);
  request.expect(sizeOf(asked, request));
  const boot_id = await readBootId();
  const topics: TopicReport[] = [];
  for (const topic of asked) topics.push(await judgeTopic(folder, topic, { ...request, boot_id }));
  return { dir, verified_at_ms: now(), verdict: verdictOf(topics), topics };
}

function noFolder(dir: string, error: unknown): string {
  const code = errorCode(error);
  if (code === 'ENOENT') return `There is no folder ${dir}: name the output folder.`;
  if (code === 'ENOTDIR') return `${dir} is no folder: name the output folder, not a file in it.`;
  return `The folder ${dir} cannot be read: ${errorMessage(error)}.`;
}

function chosen({ dir, topics }: Folder, name: string | null): readonly TopicFolder[] {
  if (name === null) return topics;
  const found = topics.filter((topic) => topic.name === name || topic.encoded_name === name);
  if (found.length > 0) return found;
  const names = topics.map((topic) => topic.name);
  const nearest = nearestName(name, names);
  const hint = nearest === null ? '' : ` Did you mean ${JSON.stringify(nearest)}?`;
  throw new ExitError(EXIT_USAGE, [`${dir} holds nothing of a topic ${JSON.stringify(name)}.${hint}`]);
}

function sizeOf(topics: readonly TopicFolder[], { window, hour_ms }: VerifyRequest): number {
  let bytes = 0;
  for (const { files } of topics) {
    for (const { hour_start_ms, size } of files) {
      if (overlaps(window, hour_start_ms, hour_start_ms + hour_ms - 1)) bytes += size;
    }
  }
  return bytes;
}
