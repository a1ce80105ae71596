import type { VirtualMachine, VirtualMachineRunStrategy } from '@quickvirt/api';
import { invalid, required, type Cause } from '../cause.ts';
import { ratchet } from '../ratchet.ts';
import type { AdmissionRequest, Verdict } from '../request.ts';
import { vmiSpecRules } from './vmi-spec.ts';

const RUN_STRATEGIES: readonly VirtualMachineRunStrategy[] = [
  'Always',
  'RerunOnFailure',
  'Manual',
  'Halted',
  'Once',
  'WaitAsReceiver',
];

/**
 * Judges a VirtualMachine at CREATE and UPDATE. What is being deleted passes always, and so does at UPDATE what was
 * stored and is unchanged.
 */
export function validateVm({ operation, object, old, config }: AdmissionRequest<VirtualMachine>): Verdict {
  if (object.metadata.deletionTimestamp) return { causes: [], warnings: [] };
  const causes = vmCauses(object, config);
  return {
    causes: operation === 'UPDATE' && old ? ratchet(causes, vmCauses(old, config)) : causes,
    warnings:
      object.spec.running === undefined ? [] : ['spec.running is deprecated, please use spec.runStrategy instead.'],
  };
}

function vmCauses({ spec }: VirtualMachine, config: AdmissionRequest<VirtualMachine>['config']): Cause[] {
  if (!spec.template) return [required('spec.template', 'missing virtual machine template.')];
  return [
    ...runStrategyCauses(spec),
    ...(spec.template.spec
      ? vmiSpecRules(spec.template.spec, 'spec.template.spec', {
          config,
          annotations: spec.template.metadata?.annotations ?? {},
          defaulted: false,
        })
      : []),
  ];
}

function runStrategyCauses({ running, runStrategy }: VirtualMachine['spec']): Cause[] {
  if (running !== undefined && runStrategy !== undefined) {
    return [
      invalid(
        'spec.running',
        'Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead',
      ),
    ];
  }
  if (running === undefined && runStrategy === undefined) {
    return [invalid('spec.running', 'RunStrategy must be specified')];
  }
  if (runStrategy !== undefined && !RUN_STRATEGIES.includes(runStrategy)) {
    return [invalid('spec.runStrategy', `Invalid RunStrategy (${String(runStrategy)})`)];
  }
  return [];
}
