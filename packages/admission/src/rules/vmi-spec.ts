import { accessCredentialRules } from './access-credentials.ts';
import { affinityRules, topologySpreadRules } from './affinity.ts';
import { cpuRules } from './cpu.ts';
import { deviceRules, hostDeviceRules } from './devices.ts';
import { diskRules } from './disks.ts';
import { firmwareRules } from './firmware.ts';
import { launchSecurityRules } from './launch-security.ts';
import { memoryRules } from './memory.ts';
import { interfaceRules, networkRules } from './networks.ts';
import { dnsRules, identityRules, serviceAccountRules } from './placement.ts';
import { probeRules } from './probes.ts';
import type { SpecRule } from './rule.ts';
import { diskVolumeRules, volumeRules } from './volumes.ts';

/** Every rule about a VMI's spec, in the order in which a client reads the causes. */
const specRules: readonly SpecRule[] = [
  identityRules,
  cpuRules,
  memoryRules,
  diskRules,
  volumeRules,
  diskVolumeRules,
  networkRules,
  interfaceRules,
  firmwareRules,
  deviceRules,
  hostDeviceRules,
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
