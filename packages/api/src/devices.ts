import type { Disk, Filesystem } from './disks.ts';
import type { FeatureState } from './features.ts';
import type { Interface } from './network.ts';
import type { EmptyObject } from './scalars.ts';

export type InputBus = 'usb' | 'virtio';

export type InputType = 'tablet' | 'keyboard';

export type PanicDeviceModel = 'hyperv' | 'isa' | 'pvpanic';

export type WatchdogAction = 'poweroff' | 'reset' | 'shutdown';

export interface Devices {
  autoattachGraphicsDevice?: boolean;
  autoattachInputDevice?: boolean;
  autoattachMemBalloon?: boolean;
  autoattachPodInterface?: boolean;
  autoattachSerialConsole?: boolean;
  autoattachVSOCK?: boolean;
  blockMultiQueue?: boolean;
  clientPassthrough?: EmptyObject;
  disableHotplug?: boolean;
  /** @maxItems 256 */
  disks?: Disk[];
  downwardMetrics?: EmptyObject;
  /** @listType atomic */
  filesystems?: Filesystem[];
  /** @listType atomic */
  gpus?: GPU[];
  /** @listType atomic */
  hostDevices?: HostDevice[];
  inputs?: Input[];
  /** @maxItems 256 */
  interfaces?: Interface[];
  logSerialConsole?: boolean;
  networkInterfaceMultiqueue?: boolean;
  panicDevices?: PanicDevice[];
  rng?: EmptyObject;
  sound?: SoundDevice;
  tpm?: TPMDevice;
  useVirtioTransitional?: boolean;
  video?: VideoDevice;
  watchdog?: Watchdog;
}

export interface GPU {
  claimName?: string;
  deviceName?: string;
  name: string;
  requestName?: string;
  tag?: string;
  virtualGPUOptions?: VGPUOptions;
}

export interface HostDevice {
  claimName?: string;
  deviceName?: string;
  name: string;
  requestName?: string;
  tag?: string;
}

export interface Input {
  bus?: InputBus;
  name: string;
  type: InputType;
}

export interface PanicDevice {
  model?: PanicDeviceModel;
}

export interface SoundDevice {
  model?: string;
  name: string;
}

export interface TPMDevice {
  enabled?: boolean;
  persistent?: boolean;
}

export interface VGPUOptions {
  display?: VGPUDisplayOptions;
}

export interface VGPUDisplayOptions {
  enabled?: boolean;
  ramFB?: FeatureState;
}

export interface VideoDevice {
  type?: string;
}

export interface Watchdog {
  diag288?: Diag288Watchdog;
  i6300esb?: I6300ESBWatchdog;
  name: string;
}

export interface I6300ESBWatchdog {
  action?: WatchdogAction;
}

export interface Diag288Watchdog {
  action?: WatchdogAction;
}
