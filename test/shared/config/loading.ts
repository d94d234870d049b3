// Loads a configuration as the program does, from a real file in a folder of its own.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Loaded, loadSettings } from '../../../src/shared/config/load.js';
import { EXIT_CONFIG, ExitError } from '../../../src/shared/errors.js';
import type { TopicSettings } from '../../../src/shared/settings.js';

export const folder = mkdtempSync(join(tmpdir(), 'streamer-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file that Node's TLS would take for a certificate authority's as far as its form goes. */
export const ca_file = join(folder, 'ca.pem');
writeFileSync(ca_file, '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n');

export function loadText(text: string | Buffer, env: NodeJS.ProcessEnv = {}): Loaded {
  writeFileSync(join(folder, 'config.json'), text);
  return loadSettings({ config_path: null, env, cwd: folder });
}

export const load = (values: unknown, env: NodeJS.ProcessEnv = {}): Loaded =>
  loadText(JSON.stringify(values), env);

/** The sentences with which `run` is refused as a bad configuration. */
export function refusal(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ExitError && error.exit_code === EXIT_CONFIG) return error.sentences;
    throw error;
  }
  throw new Error('The configuration was accepted.');
}

export const refused = (values: unknown, env: NodeJS.ProcessEnv = {}): readonly string[] =>
  refusal(() => load(values, env));

/** The settings of the only topic. */
export function onlyTopic({ settings }: Loaded): TopicSettings {
  const [topic, ...others] = settings.topics;
  if (topic === undefined || others.length > 0) throw new Error('There is not just one topic.');
  return topic;
}
