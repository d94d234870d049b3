// The programs that are measured, and how each is started: this one, the script that everybody writes first, and
// the Go original as PEER, and with a read buffer of 64 KiB as PEER64 (paths of programs that take `-config FILE` with
// output_dir, topic, ws_url, buffer_size and status_socket, and any certificate with INSECURE=1).

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const OWN = 'websocket-streamer';
export const NAIVE = 'naive ws script';
const TOPIC = 'publicTrade.BTCUSDT';

/** What each is given: the server's address, a folder of its own, and the file of a certificate to trust, or null. */
function own({ url, folder, ca_file }, more = {}, env = {}) {
  const config = join(folder, 'config.json');
  const settings = {
    output_dir: join(folder, 'out'),
    topic: TOPIC,
    ws_url: url,
    log_file: join(folder, 'system.log'),
    status_socket: join(folder, 's.sock'),
    ...(ca_file === null ? {} : { ca_file }),
    ...more,
  };
  if (settings.topics !== undefined) delete settings.topic;
  writeFileSync(config, JSON.stringify(settings));
  return spawn(process.execPath, [join(here, '../dist/cli.js'), 'run', '--config', config], {
    stdio: 'inherit',
    // With it every Node process parses all authorities when it starts, also where it never speaks TLS.
    env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined, ...env },
  });
}

function naive({ url, folder, ca_file }) {
  return spawn(process.execPath, [join(here, 'naive.mjs'), url, folder], {
    stdio: 'inherit',
    env: { ...process.env, ...(ca_file === null ? {} : { NODE_EXTRA_CA_CERTS: ca_file }) },
  });
}

function peer(program) {
  return ({ url, folder }) => {
    const config = join(folder, 'config.json');
    const settings = {
      output_dir: join(folder, 'out'),
      topic: TOPIC,
      ws_url: url,
      buffer_size: 10000,
      status_socket: join(folder, 's.sock'),
    };
    writeFileSync(config, JSON.stringify(settings));
    return spawn(program, ['-config', config], {
      stdio: 'ignore',
      env: { ...process.env, INSECURE: '1' },
    });
  };
}

const { PEER, PEER64 } = process.env;
const peers = {
  ...(PEER === undefined ? {} : { 'Go original': peer(PEER) }),
  ...(PEER64 === undefined ? {} : { 'Go, 64 KiB buffer': peer(PEER64) }),
};

export const contenders = { [OWN]: own, [NAIVE]: naive, ...peers };
/** So many topics of one server, a process for each. */
export const topics = (n) => ({
  topics: Array.from({ length: n }, (_, i) => ({ topic: TOPIC, name: `topic${i}` })),
});
export { own, peers };
