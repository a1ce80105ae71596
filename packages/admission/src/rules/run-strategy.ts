import type { VirtualMachine, VirtualMachineRunStrategy } from '@quickvirt/api';
import { invalid, oneOf, type Cause } from '../cause.ts';

const runStrategies: readonly VirtualMachineRunStrategy[] = [
  'Always',
  'RerunOnFailure',
  'Manual',
  'Halted',
  'Once',
  'WaitAsReceiver',
];

/** Shown for a field that a newer one stands for. */
export const runningIsDeprecated = 'spec.running is deprecated, please use spec.runStrategy instead.';

/** Whether the VM is to run is said once, in words that are known. */
export function runStrategyRules({ running, runStrategy }: VirtualMachine['spec']): Cause[] {
  if (running !== undefined && runStrategy !== undefined) {
    const message =
      'Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead';
    return [invalid('spec.running', message)];
  }
  if (running === undefined && runStrategy === undefined) {
    return [
      invalid('spec.running', `RunStrategy must be specified: set spec.runStrategy to ${runStrategies.join(', ')}`),
    ];
  }
  if (runStrategy !== undefined && !runStrategies.includes(runStrategy)) {
    return [
      invalid('spec.runStrategy', `Invalid RunStrategy (${String(runStrategy)}): ${oneOf(runStrategy, runStrategies)}`),
    ];
  }
  return [];
}
