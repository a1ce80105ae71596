import type { VirtualMachine } from '@quickvirt/api';
import { invalid, notSupported, required, type Cause } from '../cause.ts';
import { noFacts, type ClusterFacts } from '../facts.ts';
import { bytesOf, memoryHotplugProblem } from '../memory-hotplug.ts';
import { ratchet } from '../ratchet.ts';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';
import { annotationRules } from './annotations.ts';
import { dataVolumeTemplateRules } from './data-volume-templates.ts';
import { expandTemplate } from './instancetype-matcher.ts';
import { reservedAmong } from './reserved-labels.ts';
import { runningIsDeprecated, runStrategyRules } from './run-strategy.ts';
import { progressRules, sameSpec } from './vm-progress.ts';
import { vmiSpecRules } from './vmi-spec.ts';
import { vmWarnings } from './vm-warnings.ts';
import { volumeRequestRules } from './volume-requests.ts';

type Config = AdmissionRequest<VirtualMachine>['config'];

/**
 * Judges a VirtualMachine at CREATE and UPDATE. What is being deleted passes always, and so does at UPDATE what was
 * stored and is unchanged.
 */
export function validateVm(request: AdmissionRequest<VirtualMachine>): Verdict {
  const { operation, object, old, config, facts = noFacts } = request;
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  if (operation === 'UPDATE' && old && sameSpec(object, old)) return verdictOf([]);
  const causes = vmCauses(object, config, facts);
  if (operation !== 'UPDATE' || !old) return verdictOf(causes, warningsOf(object));
  return verdictOf(
    [...ratchet(causes, vmCauses(old, config, facts)), ...progressRules(object, old)],
    warningsOf(object),
  );
}

/** Judges the status of a VirtualMachine: requests for volumes that users and virt-api leave there. */
export function validateVmStatus({ object, old }: AdmissionRequest<VirtualMachine>): Verdict {
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  const causes = volumeRequestRules(object);
  return verdictOf(old ? ratchet(causes, volumeRequestRules(old)) : causes);
}

/**
 * All that is wrong with a VM's spec.
 * @param path where the VM's own `spec` is, for kinds that hold a VM's template
 */
export function vmCauses(vm: VirtualMachine, config: Config, facts: ClusterFacts): Cause[] {
  const { spec } = vm;
  if (!spec?.template) return [required('spec.template', 'missing virtual machine template.')];
  const { metadata } = spec.template;
  const expanded = expandTemplate(vm, facts);
  return [
    ...runStrategyRules(spec),
    ...expanded.causes,
    ...(expanded.spec?.domain?.devices
      ? vmiSpecRules(expanded.spec, 'spec.template.spec', {
          config,
          annotations: metadata?.annotations ?? {},
          defaulted: false,
          sizeUnknown: expanded.sizeUnknown,
        })
      : []),
    ...annotationRules(metadata?.annotations, 'spec.template.metadata.annotations', config),
    ...labelRules(vm),
    ...dataVolumeTemplateRules(vm),
    ...memoryRules(vm),
  ];
}

function labelRules({ spec }: VirtualMachine): Cause[] {
  const reserved = reservedAmong(spec.template.metadata?.labels);
  if (reserved.length === 0) return [];
  const message = `QuickVirt sets these labels itself; take them off: ${reserved.join(', ')}`;
  return [notSupported('spec.template.metadata.labels', message)];
}

/** A VM that may grow must be able to. */
function memoryRules({ spec }: VirtualMachine): Cause[] {
  const template = spec.template.spec;
  const maxGuest = bytesOf(template?.domain?.memory?.maxGuest);
  if (!template || maxGuest === undefined) return [];
  const problem = memoryHotplugProblem(template, maxGuest);
  return problem ? [invalid('spec.template.spec.domain.memory.guest', problem)] : [];
}

function warningsOf(vm: VirtualMachine): string[] {
  return [...(vm.spec.running === undefined ? [] : [runningIsDeprecated]), ...vmWarnings(vm)];
}
