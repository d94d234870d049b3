// Makes the capture program one CommonJS file: there is a process of it for each topic, and as one file it needs
// a third less memory than as ES modules. It is as readable as what tsc makes of the others, for stack traces and
// for the tests that spoil it, but without comments, which V8 would keep in memory with the rest of the text.
//
// `ws` stays outside: bundling it saves no memory, and so its fixes reach whoever installs the program.

import type { RolldownOptions } from 'rolldown';

export default {
  input: 'src/capture/main.ts',
  platform: 'node',
  external: ['ws'],
  transform: { target: 'node20' },
  output: { file: 'dist/capture/main.cjs', format: 'cjs', comments: false },
} satisfies RolldownOptions;
