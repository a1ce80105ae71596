#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { basename } from 'node:path';
import { Command } from 'commander';
import { flushed } from './flushed.ts';
import { withGlobalOptions } from './global-options.ts';

/** Each command's module, loaded when the command line names it: a check in an editor must not wait for a client. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  start: async () => (await import('./commands/start.ts')).startCommand,
  stop: async () => (await import('./commands/stop.ts')).stopCommand,
  restart: async () => (await import('./commands/restart.ts')).restartCommand,
  pause: async () => (await import('./commands/pause.ts')).pauseCommand,
  unpause: async () => (await import('./commands/pause.ts')).unpauseCommand,
  console: async () => (await import('./commands/console.ts')).consoleCommand,
  'last-words': async () => (await import('./commands/last-words.ts')).lastWordsCommand,
  fits: async () => (await import('./commands/fits.ts')).fitsCommand,
  qat: async () => (await import('./commands/qat.ts')).qatCommand,
  render: async () => (await import('./commands/render.ts')).renderCommand,
  validate: async () => (await import('./commands/validate.ts')).validateCommand,
  version: async () => (await import('./commands/version.ts')).versionCommand,
};

// Compiled code of the last call, in the system's directory for temporary files; where that fails, nothing is lost.
enableCompileCache();

/** kubectl runs `kubectl-virt` for `kubectl virt`. */
function programName(path: string | undefined): string {
  return basename(path ?? '').startsWith('kubectl-virt') ? 'kubectl virt' : 'virtctl';
}

async function explain(error: unknown): Promise<string> {
  const { ApiError, TransportError } = await import('@quickvirt/kube');
  if (error instanceof ApiError && error.status === 404 && !error.details?.kind) {
    return `${error.message} (is QuickVirt installed in this cluster?)`;
  }
  if (error instanceof TransportError && error.cause instanceof Error)
    return `${error.message}: ${error.cause.message}`;
  return error instanceof Error ? error.message : String(error);
}

const program = withGlobalOptions(
  new Command(programName(process.argv[1])).description('Control virtual machines of a Kubernetes cluster'),
);
const named = process.argv.slice(2).filter((word) => Object.hasOwn(commands, word));
// No command named: help, or a word that is near one.
for (const name of named.length > 0 ? new Set(named) : Object.keys(commands)) (await commands[name]?.())?.(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(`error: ${await explain(error)}`);
  process.exitCode = 1;
}
await Promise.all([process.stdout, process.stderr].map(flushed));
// Standard input may still be open for reading, which would keep the process.
process.exit();
