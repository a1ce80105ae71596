import type { Command } from 'commander';
import { dryRunOptions } from '../dry-run.ts';
import { forcedGracePeriod, OWN_GRACE_PERIOD, parseGracePeriod } from '../grace-period.ts';
import type { GlobalOptions } from '../global-options.ts';
import { putVmAction, withSession } from '../session.ts';

/** `stop VM`. */
export function stopCommand(program: Command): void {
  program
    .command('stop <vm>')
    .description('stop a virtual machine')
    .option('--grace-period <seconds>', 'how long the guest may take to shut down', parseGracePeriod, OWN_GRACE_PERIOD)
    .option('--force', 'needed with --grace-period, which may cost the guest its unsaved data', false)
    .option('--dry-run', 'only check whether it would be done', false)
    .action(async (vm: string, options: { gracePeriod: number; force: boolean; dryRun: boolean }, command: Command) => {
      const gracePeriod = forcedGracePeriod(options);
      await withSession(command.optsWithGlobals<GlobalOptions>(), (session) =>
        putVmAction(session, vm, 'stop', {
          ...(gracePeriod !== undefined && { gracePeriod }),
          ...dryRunOptions(options),
        }),
      );
      console.log(`VM ${vm} was scheduled to stop`);
    });
}
