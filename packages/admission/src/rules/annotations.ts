import { annotations } from '@quickvirt/api';
import { featureGateEnabled, type ClusterConfig, type FeatureGate } from '@quickvirt/config';
import { invalid, type Cause } from '../cause.ts';

/** Annotations that switch on what a feature gate guards. */
const gatedAnnotations: readonly (readonly [string, FeatureGate])[] = [
  [annotations.hookSidecars, 'Sidecar'],
  [annotations.ignitionData, 'ExperimentalIgnitionSupport'],
];

/** @param field `metadata.annotations`, or where a template has them */
export function annotationRules(
  own: Readonly<Record<string, string>> | undefined,
  field: string,
  config: ClusterConfig,
): Cause[] {
  return gatedAnnotations
    .filter(([name, gate]) => own?.[name] !== undefined && !featureGateEnabled(config, gate))
    .map(([name, gate]) => invalid(field, `annotation ${name} needs the feature gate ${gate} in the KubeVirt object`));
}
