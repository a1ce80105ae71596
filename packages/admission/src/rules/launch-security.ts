import { featureGateEnabled, type FeatureGate } from '@quickvirt/config';
import { forbidden, invalid, type Cause } from '../cause.ts';
import type { SpecRule } from './rule.ts';

const types = [
  { key: 'sev', name: 'SEV', gate: 'WorkloadEncryptionSEV' },
  { key: 'snp', name: 'SEV-SNP', gate: 'WorkloadEncryptionSEV' },
  { key: 'tdx', name: 'TDX', gate: 'WorkloadEncryptionTDX' },
] as const satisfies readonly { key: string; name: string; gate: FeatureGate }[];

/** Confidential guests: one technology, its firmware, and what it cannot live with. */
export const launchSecurityRules: SpecRule = (spec, path, { config }) => {
  const security = spec.domain.launchSecurity;
  if (!security) return [];
  const field = `${path}.launchSecurity`;
  const set = types.filter(({ key }) => security[key]);
  if (set.length > 1)
    return [
      forbidden(
        field,
        `One and only one launchSecurity type can be set, not ${set.map(({ name }) => name).join(' and ')}`,
      ),
    ];
  const type = set[0];
  if (!type) return [];
  const architecture = spec.architecture ?? config.defaultArchitecture;
  if (architecture !== 'amd64') {
    return [invalid(field, `${type.name} is a feature of amd64 processors, and this guest is for ${architecture}`)];
  }
  const causes: Cause[] = [];
  const refuse = (message: string): void => void causes.push(invalid(field, message));
  if (!featureGateEnabled(config, type.gate)) refuse(`${type.gate} feature gate is not enabled in kubevirt-config`);
  const efi = spec.domain.firmware?.bootloader?.efi;
  if (!efi) refuse(`${type.name} requires OVMF (UEFI): set firmware.bootloader.efi with secureBoot false`);
  else {
    if (efi.secureBoot !== false)
      refuse(`${type.name} does not work along with SecureBoot: set firmware.bootloader.efi.secureBoot to false`);
    if (efi.persistent) refuse(`${type.name} does not work along with Persistent EFI variables`);
  }
  if (security.sev?.attestation && spec.startStrategy !== 'Paused')
    refuse("SEV attestation requires VMI StartStrategy 'Paused'");
  if (type.key === 'tdx' && spec.domain.features?.smm && spec.domain.features.smm.enabled !== false)
    refuse('TDX does not work along with SMM: set features.smm.enabled to false');
  for (const { name, bootOrder } of spec.domain.devices.interfaces ?? []) {
    if (bootOrder !== undefined) refuse(`${type.name} does not work with bootable NICs: ${name}`);
  }
  return causes;
};
