import type { VirtualMachineInstance } from '@quickvirt/api';
import { invalid, notSupported, type Cause } from '../cause.ts';
import { isDeepEqual } from '../deep-equal.ts';
import { componentOf, verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';
import { annotationRules } from './annotations.ts';
import { hotplugVolumeRules, utilityVolumeRules } from './hotplug-volumes.ts';
import { nodeRestrictionRules } from './node-restriction.ts';
import { reservedAmong, reservedLabels } from './reserved-labels.ts';
import type { RuleContext } from './rule.ts';
import { specWarnings } from './vm-warnings.ts';
import { vmiSpecRules } from './vmi-spec.ts';

/** Judges a VirtualMachineInstance at CREATE, after its defaults. */
export function validateVmiCreate(request: AdmissionRequest<VirtualMachineInstance>): Verdict {
  const { object, config, user, installNamespace } = request;
  const { metadata, spec } = object;
  const causes = vmiSpecRules(spec, 'spec', contextOf(request));
  causes.push(...annotationRules(metadata.annotations, 'metadata.annotations', config));
  const reserved = reservedAmong(metadata.labels);
  if (reserved.length > 0 && !componentOf(user, installNamespace)) {
    const message = `creation of the following reserved kubevirt.io/ labels on a VMI object is prohibited: ${reserved.join(', ')}`;
    causes.push(invalid('metadata.labels', message));
  }
  return verdictOf(causes, specWarnings(spec, 'spec'));
}

/**
 * Judges a VirtualMachineInstance at UPDATE. Users change the VirtualMachine, never the spec of its running instance;
 * metadata, finalizers and deletion pass. QuickVirt's own services plug volumes and grow guests within what was planned.
 */
export function validateVmiUpdate(request: AdmissionRequest<VirtualMachineInstance>): Verdict {
  const { object, old, user, installNamespace } = request;
  if (!old || object.metadata.deletionTimestamp) return verdictOf([]);
  const component = componentOf(user, installNamespace);
  if (component === 'virt-handler') return verdictOf(nodeRestrictionRules(request));
  const specChanged = !isDeepEqual(object.spec, old.spec);
  if (component) return verdictOf(specChanged ? liveChangeRules(object, old, contextOf(request)) : []);
  const causes: Cause[] = [];
  if (specChanged) {
    causes.push(notSupported('', 'update of VMI object is restricted: change its VirtualMachine instead'));
  }
  const changed = reservedLabels.filter((label) => object.metadata.labels?.[label] !== old.metadata.labels?.[label]);
  if (changed.length > 0) {
    const message = `modification of the following reserved kubevirt.io/ labels on a VMI object is prohibited: ${changed.join(', ')}`;
    causes.push(notSupported('', message));
  }
  return verdictOf(causes);
}

function liveChangeRules(
  { spec }: VirtualMachineInstance,
  { spec: old }: VirtualMachineInstance,
  context: RuleContext,
): Cause[] {
  const causes = [...hotplugVolumeRules(spec, old, context), ...utilityVolumeRules(spec, context)];
  for (const device of spec.domain.devices.hostDevices ?? []) {
    const before = old.domain.devices.hostDevices?.find(({ name }) => name === device.name);
    if (before && !isDeepEqual(before, device)) {
      const message = `host device ${JSON.stringify(device.name)} changed: a device in use is fixed while the guest runs`;
      causes.push(invalid('spec.domain.devices.hostDevices', message));
    }
  }
  if (spec.domain.cpu?.maxSockets !== old.domain.cpu?.maxSockets) {
    causes.push(invalid('', 'CPU topology maxSockets changed: it is fixed while the guest runs'));
  }
  if (!isDeepEqual(spec.domain.memory?.maxGuest, old.domain.memory?.maxGuest)) {
    causes.push(invalid('', 'Memory maxGuest changed: it is fixed while the guest runs'));
  }
  return causes;
}

function contextOf({ object, config }: AdmissionRequest<VirtualMachineInstance>): RuleContext {
  return { config, annotations: object.metadata.annotations ?? {}, defaulted: true };
}
