import { accessCredentialRules } from './access-credentials.ts';
import { affinityRules, topologySpreadRules } from './affinity.ts';
import { architectureRules, machineRules } from './architecture.ts';
import { cpuRules } from './cpu.ts';
import { deviceRules, domainPolicyRules, hostDeviceRules } from './devices.ts';
import { diskRules } from './disks.ts';
import { filesystemRules } from './filesystems.ts';
import { firmwareRules } from './firmware.ts';
import { hypervRules } from './hyperv.ts';
import { launchSecurityRules } from './launch-security.ts';
import { memoryRules } from './memory.ts';
import { interfaceRules, networkRules } from './networks.ts';
import { dnsRules, identityRules, serviceAccountRules } from './placement.ts';
import { probeRules } from './probes.ts';
import { resourceClaimRules } from './resource-claims.ts';
import type { SpecRule } from './rule.ts';
import { diskVolumeRules, volumeRules } from './volumes.ts';

/** Every rule about a VMI's spec, in the order in which a client reads the causes. */
export const specRules: readonly SpecRule[] = [
  identityRules,
  architectureRules,
  machineRules,
  cpuRules,
  memoryRules,
  diskRules,
  volumeRules,
  diskVolumeRules,
  networkRules,
  interfaceRules,
  firmwareRules,
  deviceRules,
  domainPolicyRules,
  hostDeviceRules,
  resourceClaimRules,
  filesystemRules,
  hypervRules,
  launchSecurityRules,
  probeRules,
  accessCredentialRules,
  affinityRules,
  topologySpreadRules,
  dnsRules,
  serviceAccountRules,
];

/** All that is wrong with the spec. */
export const vmiSpecRules: SpecRule = (spec, path, context) => specRules.flatMap((rule) => rule(spec, path, context));
