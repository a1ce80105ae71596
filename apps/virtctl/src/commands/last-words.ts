import { virtualMachineInstances, virtualMachines, type LastFailure } from '@quickvirt/api';
import type { Command } from 'commander';
import type { GlobalOptions } from '../global-options.ts';
import { machineNamed } from '../machine-name.ts';
import { withSession } from '../session.ts';

/** `last-words vm/NAME`. */
export function lastWordsCommand(program: Command): void {
  program
    .command('last-words <machine...>')
    .description('show how a machine last ended badly, and what was logged last; also after its pod is gone')
    .option('-o, --output <format>', 'json for programs')
    .action(async (machine: string[], options: { output?: string }, command: Command) => {
      if (options.output !== undefined && options.output !== 'json') throw new Error('--output is json, or left out');
      const { kind, name } = machineNamed(machine);
      const failure = await withSession(command.optsWithGlobals<GlobalOptions>(), async ({ client, namespace }) => {
        const ref = { namespace, name };
        const { status } = await (kind === 'vm'
          ? client.get(virtualMachines, ref)
          : client.get(virtualMachineInstances, ref));
        return status?.lastFailure;
      });
      if (options.output === 'json') console.log(JSON.stringify(failure ?? null, undefined, 2));
      else console.log(failure ? lastWords(failure) : `${kind}/${name} has not ended badly`);
    });
}

/** The record for people. Its lines are plain text: the controller took out what a terminal would obey. */
export function lastWords(failure: LastFailure): string {
  const { reason, message, time, nodeName, podName, exitCode, instanceUID } = failure;
  const facts: [string, string | number | undefined][] = [
    ['Reason', reason],
    ['Message', message],
    ['Time', time],
    ['Exit code', exitCode],
    ['Node', nodeName],
    ['Pod', podName],
    ['Instance', instanceUID],
  ];
  const logs: [string, readonly string[] | undefined][] = [
    ['Guest console', failure.consoleLog],
    ['QEMU', failure.qemuLog],
    ['libvirt', failure.libvirtLog],
    ['virt-launcher', failure.launcherLog],
  ];
  const rows = facts.flatMap(([name, value]) => (value === undefined ? [] : [`${`${name}:`.padEnd(11)}${value}`]));
  const sections = logs.flatMap(([name, lines]) =>
    lines?.length ? ['', `${name}, last lines:`, ...lines.map((line) => `  ${line}`)] : [],
  );
  return [...rows, ...sections].join('\n');
}
