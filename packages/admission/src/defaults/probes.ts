import type { Probe, VirtualMachineInstanceSpec } from '@quickvirt/api';

/** Kubernetes' own timing of probes, in seconds and counts. Source: core/v1 Probe. */
const timing = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };

/** The spec with the timing of its probes. */
export function withProbeTiming(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  const { readinessProbe, livenessProbe } = spec;
  if (!readinessProbe && !livenessProbe) return spec;
  return {
    ...spec,
    ...(readinessProbe && { readinessProbe: timed(readinessProbe) }),
    ...(livenessProbe && { livenessProbe: timed(livenessProbe) }),
  };
}

function timed(probe: Probe): Probe {
  const merged = { ...probe };
  for (const [name, value] of Object.entries(timing)) {
    const key = name as keyof typeof timing;
    if (!merged[key]) merged[key] = value;
  }
  return merged;
}
