#!/usr/bin/env node
import { basename } from 'node:path';
import { Command } from 'commander';
import { ApiError, TransportError } from '@quickvirt/kube';
import { consoleCommand } from './commands/console.ts';
import { restartCommand } from './commands/restart.ts';
import { startCommand } from './commands/start.ts';
import { stopCommand } from './commands/stop.ts';
import { versionCommand } from './commands/version.ts';
import { withGlobalOptions } from './session.ts';

/** kubectl runs `kubectl-virt` for `kubectl virt`. */
function programName(path: string | undefined): string {
  return basename(path ?? '').startsWith('kubectl-virt') ? 'kubectl virt' : 'virtctl';
}

function explain(error: unknown): string {
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
for (const addCommand of [startCommand, stopCommand, restartCommand, consoleCommand, versionCommand])
  addCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(`error: ${explain(error)}`);
  process.exitCode = 1;
}
// Standard input may still be open for reading, which would keep the process.
process.exit();
