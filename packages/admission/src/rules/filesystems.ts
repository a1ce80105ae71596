import { featureGateEnabled } from '@quickvirt/config';
import { invalid } from '../cause.ts';
import type { SpecRule } from './rule.ts';

/** File systems shared from PersistentVolumeClaims are a feature of their own. */
export const filesystemRules: SpecRule = (spec, path, { config }) => {
  if (featureGateEnabled(config, 'EnableVirtioFsStorageVolumes')) return [];
  const shared = new Set((spec.domain.devices.filesystems ?? []).map(({ name }) => name));
  const onStorage = (spec.volumes ?? []).some(
    (volume) => shared.has(volume.name) && (volume.persistentVolumeClaim || volume.dataVolume),
  );
  if (!onStorage) return [];
  const message =
    'sharing a PersistentVolumeClaim needs the feature gate EnableVirtioFsStorageVolumes in the KubeVirt object';
  return [invalid(`${path}.domain.devices.filesystems`, message)];
};
