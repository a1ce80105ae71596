import type { CPU, FeatureHyperv, Features, FeatureState, Timer, VirtualMachineInstanceSpec } from '@quickvirt/api';
import { hypervConflicts, hypervRequirements, isOn } from '../hyperv.ts';

/** Retries before a guest tells the hypervisor that it spins. Source: Hyper-V TLFS; libvirt asks for at least 4095. */
const spinlockRetries = 4096;

/** The spec with every feature that is named switched on or off in so many words, and with what it needs beside it. */
export function withFeatures(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  const { features = {} } = spec.domain;
  const acpi = { ...features.acpi, enabled: features.acpi?.enabled ?? spec.architecture !== 's390x' };
  const named: Features = { ...features, acpi };
  for (const key of ['apic', 'pvspinlock', 'smm'] as const) if (named[key]) named[key] = enabled(named[key]);
  if (named.hyperv) named.hyperv = withHyperv(named.hyperv);
  const cpu = withVmx(spec.domain.cpu, named.hyperv);
  return { ...spec, domain: { ...spec.domain, ...(cpu && { cpu }), features: named } };
}

function enabled<T extends FeatureState>(feature: T): T {
  return { ...feature, enabled: feature.enabled ?? true };
}

function withHyperv(own: FeatureHyperv): FeatureHyperv {
  const named = Object.fromEntries(
    Object.entries(own).map(([key, feature]: [string, FeatureState]) => [
      key,
      isObject(feature) ? enabled(feature) : feature,
    ]),
  ) as FeatureHyperv;
  if (isOn(named.spinlocks)) named.spinlocks = { spinlocks: spinlockRetries, ...named.spinlocks };
  if (hypervConflicts(named).length > 0) return named;
  for (const [feature, needed] of hypervRequirements) {
    if (isOn(named[feature]) && !named[needed]) Object.assign(named, { [needed]: { enabled: true } });
  }
  return named;
}

/** An enlightened VMCS is for guests that run guests: the CPU must have vmx. */
function withVmx(cpu: CPU | undefined, hyperv: FeatureHyperv | undefined): CPU | undefined {
  if (!hyperv || !isOn(hyperv.evmcs) || hypervConflicts(hyperv).length > 0) return cpu;
  const features = cpu?.features ?? [];
  if (features.some(({ name }) => name === 'vmx')) return cpu;
  return { ...cpu, features: [...features, { name: 'vmx', policy: 'require' }] };
}

/** The spec with every timer that is named said to be present, unless it is said to be absent. */
export function withTimers(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  const { clock } = spec.domain;
  if (!clock?.timer) return spec;
  const timer = Object.fromEntries(
    Object.entries(clock.timer).map(([name, own]: [string, { present?: boolean }]) => [
      name,
      isObject(own) ? { ...own, present: own.present ?? true } : own,
    ]),
  ) as Timer;
  return { ...spec, domain: { ...spec.domain, clock: { ...clock, timer } } };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
