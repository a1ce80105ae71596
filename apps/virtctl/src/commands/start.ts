import type { Command } from 'commander';
import { dryRunOptions } from '../dry-run.ts';
import type { GlobalOptions } from '../global-options.ts';
import { putVmAction, withSession } from '../session.ts';

/** `start VM`. */
export function startCommand(program: Command): void {
  program
    .command('start <vm>')
    .description('start a virtual machine')
    .option('--paused', 'start it, but leave its CPUs stopped', false)
    .option('--dry-run', 'only check whether it would be done', false)
    .action(async (vm: string, options: { paused: boolean; dryRun: boolean }, command: Command) => {
      await withSession(command.optsWithGlobals<GlobalOptions>(), (session) =>
        putVmAction(session, vm, 'start', { paused: options.paused, ...dryRunOptions(options) }),
      );
      console.log(`VM ${vm} was scheduled to start`);
    });
}
