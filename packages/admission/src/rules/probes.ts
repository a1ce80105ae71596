import type { Probe, VirtualMachineInstanceSpec } from '@quickvirt/api';
import { invalid, required, type Cause } from '../cause.ts';
import type { SpecRule } from './rule.ts';

const actions = ['httpGet', 'tcpSocket', 'exec', 'guestAgentPing'] as const;

/** Probes: one action each, and the pod network for those that go through it. */
export const probeRules: SpecRule = (spec, path) => [
  ...oneProbe(spec.readinessProbe, spec, `${path}.readinessProbe`),
  ...oneProbe(spec.livenessProbe, spec, `${path}.livenessProbe`),
];

function oneProbe(probe: Probe | undefined, spec: VirtualMachineInstanceSpec, field: string): Cause[] {
  if (!probe) return [];
  const set = actions.filter((action) => probe[action]);
  if (set.length === 0) return [required(field, `either ${actions.join(', ')} must be set if a ${field} is specified`)];
  if (set.length > 1)
    return [invalid(field, `${field} must have exactly one probe type set, not ${set.join(' and ')}`)];
  const [action] = set;
  const throughNetwork = action === 'httpGet' || action === 'tcpSocket';
  const podNetwork =
    spec.networks?.some((network) => network.pod) ||
    (!spec.networks?.length && spec.domain.devices.autoattachPodInterface !== false);
  return throughNetwork && !podNetwork
    ? [invalid(`${field}.${action}`, `${field}.${action} is only allowed if the Pod Network is attached`)]
    : [];
}
