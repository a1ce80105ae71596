import type { Clock } from './clock.ts';
import type { CPU } from './cpu.ts';
import type { Devices } from './devices.ts';
import type { DiskIOThreads, IOThreadsPolicy } from './disks.ts';
import type { Features } from './features.ts';
import type { Chassis, Firmware, Machine } from './firmware.ts';
import type { LaunchSecurity } from './launch-security.ts';
import type { Memory } from './memory.ts';
import type { Quantity } from './scalars.ts';

export type RebootPolicy = 'Reboot' | 'Terminate';

export interface DomainSpec {
  chassis?: Chassis;
  /** @preserveUnknownFields */
  clock?: Clock;
  cpu?: CPU;
  devices: Devices;
  features?: Features;
  firmware?: Firmware;
  ioThreads?: DiskIOThreads;
  ioThreadsPolicy?: IOThreadsPolicy;
  launchSecurity?: LaunchSecurity;
  machine?: Machine;
  memory?: Memory;
  /** @enforced */
  rebootPolicy?: RebootPolicy;
  resources?: ResourceRequirements;
}

export interface ResourceRequirements {
  limits?: Record<string, Quantity>;
  overcommitGuestOverhead?: boolean;
  requests?: Record<string, Quantity>;
}
