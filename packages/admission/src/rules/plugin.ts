import type { Plugin } from '@quickvirt/api';
import { featureGateEnabled } from '@quickvirt/config';
import { invalid } from '../cause.ts';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';

/** Judges a Plugin: the kind is behind a gate. */
export function validatePlugin({ object, config }: AdmissionRequest<Plugin>): Verdict {
  if (object.metadata.deletionTimestamp || featureGateEnabled(config, 'Plugins')) return verdictOf([]);
  return verdictOf([invalid('spec', 'plugins need the feature gate Plugins in the KubeVirt object')]);
}
