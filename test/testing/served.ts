// A scripted server that is closed when the test ends.

import { onTestFinished } from 'vitest';
import {
  type Script,
  type ScriptedServer,
  type ScriptedServerOptions,
  startScriptedServer,
} from './scripted-server.js';

export async function serve(script?: Script, options?: ScriptedServerOptions): Promise<ScriptedServer> {
  const server = await startScriptedServer(script, options);
  onTestFinished(() => server.close());
  return server;
}
