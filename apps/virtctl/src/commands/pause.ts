import type { Command } from 'commander';
import { dryRunOptions } from '../dry-run.ts';
import type { GlobalOptions } from '../global-options.ts';
import { machineNamed } from '../machine-name.ts';
import { putVmiAction, withSession } from '../session.ts';

/** `pause vm|vmi NAME`. */
export function pauseCommand(program: Command): void {
  guestCommand(program, 'pause', 'stop the CPUs of a virtual machine; its memory stays as it is');
}

/** `unpause vm|vmi NAME`. */
export function unpauseCommand(program: Command): void {
  guestCommand(program, 'unpause', 'let the CPUs of a paused virtual machine run again');
}

function guestCommand(program: Command, action: 'pause' | 'unpause', description: string): void {
  program
    .command(`${action} <machine...>`)
    .description(`${description}; the machine is named as "vm NAME", "vmi NAME", vm/NAME or vmi/NAME`)
    .option('--dry-run', 'only check whether it would be done', false)
    .action(async (machine: string[], options: { dryRun: boolean }, command: Command) => {
      const { name } = machineNamed(machine);
      await withSession(command.optsWithGlobals<GlobalOptions>(), (session) =>
        putVmiAction(session, name, action, dryRunOptions(options)),
      );
      console.log(`VMI ${name} was ${action}d`);
    });
}
