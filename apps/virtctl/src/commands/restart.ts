import type { Command } from 'commander';
import { dryRunOptions } from '../dry-run.ts';
import { forcedGracePeriod, OWN_GRACE_PERIOD, parseGracePeriod } from '../grace-period.ts';
import type { GlobalOptions } from '../global-options.ts';
import { putVmAction, withSession } from '../session.ts';

/** `restart VM`. */
export function restartCommand(program: Command): void {
  program
    .command('restart <vm>')
    .description('restart a virtual machine')
    .option(
      '--grace-period <seconds>',
      'only 0 is supported: do not wait for the guest',
      parseGracePeriod,
      OWN_GRACE_PERIOD,
    )
    .option('--force', 'needed with --grace-period, which may cost the guest its unsaved data', false)
    .option('--dry-run', 'only check whether it would be done', false)
    .action(async (vm: string, options: { gracePeriod: number; force: boolean; dryRun: boolean }, command: Command) => {
      const gracePeriodSeconds = forcedGracePeriod(options);
      await withSession(command.optsWithGlobals<GlobalOptions>(), (session) =>
        putVmAction(session, vm, 'restart', {
          ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
          ...dryRunOptions(options),
        }),
      );
      console.log(`VM ${vm} was scheduled to restart`);
    });
}
