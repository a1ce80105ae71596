import { release } from 'node:os';
import { serveCalls } from './control-server.ts';
import { execute } from './execute.ts';

await serveCalls({
  hello: async () => ({ release: release() }),
  execute: ({ command, timeoutMs }) => execute(command, timeoutMs),
  startHandler: async () => ({ readyMs: 0 }),
  stopHandler: async () => ({}),
});
