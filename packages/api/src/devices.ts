import type { Disk, Filesystem } from './disks.ts';
import type { FeatureState } from './features.ts';
import type { Interface } from './network.ts';
import type { EmptyObject } from './scalars.ts';

/** Bus of an input device. */
export type InputBus = 'usb' | 'virtio';

/** Kind of input device. */
export type InputType = 'tablet' | 'keyboard';

/** Model of a panic device. */
export type PanicDeviceModel = 'hyperv' | 'isa' | 'pvpanic';

/** What a watchdog does to a guest that hangs. */
export type WatchdogAction = 'poweroff' | 'reset' | 'shutdown';

/** Devices of the guest. */
export interface Devices {
  /** Gives the guest a video adapter and a VNC server. Default: true. */
  autoattachGraphicsDevice?: boolean;
  /** Gives the guest a tablet where `inputs` is empty, so that the VNC pointer follows the mouse. Default: false. */
  autoattachInputDevice?: boolean;
  /** Gives the guest a memory balloon, by which its memory use is measured. Default: true. */
  autoattachMemBalloon?: boolean;
  /** Gives a guest without networks and interfaces one interface on the pod network. Default: true. */
  autoattachPodInterface?: boolean;
  /** Gives the guest a serial console. Default: true. */
  autoattachSerialConsole?: boolean;
  /** Gives the guest a VSOCK device, so that host and guest talk without a network. Default: false. */
  autoattachVSOCK?: boolean;
  /** Gives each virtio disk one queue a virtual CPU. Default: false. */
  blockMultiQueue?: boolean;
  /** Lets a client of `virtctl usbredir` pass USB devices to the guest. */
  clientPassthrough?: EmptyObject;
  /** Leaves out the controllers and slots that hot plug needs. Default: false. */
  disableHotplug?: boolean;
  /**
   * Disks, LUNs and CD-ROM drives. At most 256.
   * @maxItems 256
   */
  disks?: Disk[];
  /** Gives the guest metrics of its host over a virtio serial port. */
  downwardMetrics?: EmptyObject;
  /**
   * Directories that the guest mounts by virtiofs.
   * @listType atomic
   */
  filesystems?: Filesystem[];
  /**
   * GPUs that are passed to the guest.
   * @listType atomic
   */
  gpus?: GPU[];
  /**
   * Other host devices that are passed to the guest.
   * @listType atomic
   */
  hostDevices?: HostDevice[];
  /** Tablets and keyboards. */
  inputs?: Input[];
  /**
   * Network interfaces. At most 256.
   * @maxItems 256
   */
  interfaces?: Interface[];
  /**
   * Writes the serial console to the log of the container `guest-console-log`. Default: true, unless the KubeVirt
   * object turns it off.
   */
  logSerialConsole?: boolean;
  /** Gives each virtio interface one queue a virtual CPU. Default: false. */
  networkInterfaceMultiqueue?: boolean;
  /** Devices by which a crashed guest says so. */
  panicDevices?: PanicDevice[];
  /** Gives the guest a random number generator fed by the host. */
  rng?: EmptyObject;
  /** A sound card. */
  sound?: SoundDevice;
  /** A TPM 2.0. */
  tpm?: TPMDevice;
  /** Uses virtio devices that old guests know too (virtio 0.9). Default: false. */
  useVirtioTransitional?: boolean;
  /** The video adapter. */
  video?: VideoDevice;
  /** A watchdog that acts when the guest hangs. */
  watchdog?: Watchdog;
}

/** A GPU of the host. Either `deviceName`, or `claimName` with `requestName`, says which. */
export interface GPU {
  /** Resource claim of the VMI that the GPU comes from. */
  claimName?: string;
  /** Resource name that the node offers the GPU under, for example `nvidia.com/TU104GL_Tesla_T4`. */
  deviceName?: string;
  /** Name of the device in this VMI. */
  name: string;
  /** Request in the claim that the GPU comes from. */
  requestName?: string;
  /** Text that the guest finds in its cloud-init metadata with the device. */
  tag?: string;
  /** Options of a virtual GPU. */
  virtualGPUOptions?: VGPUOptions;
}

/** A device of the host. Either `deviceName`, or `claimName` with `requestName`, says which. */
export interface HostDevice {
  /** Resource claim of the VMI that the device comes from. */
  claimName?: string;
  /** Resource name that the node offers the device under, for example `qat.intel.com/cy`. */
  deviceName?: string;
  /** Name of the device in this VMI. */
  name: string;
  /** PCI address of the device in the guest, for example `0000:81:01.0`. Left out, it gets a free one. QuickVirt only. */
  pciAddress?: string;
  /** Request in the claim that the device comes from. */
  requestName?: string;
  /** Whether the guest sees the device's option ROM. Default: true. QuickVirt only. */
  romBar?: boolean;
  /** Text that the guest finds in its cloud-init metadata with the device. */
  tag?: string;
}

/** An input device. */
export interface Input {
  /** Bus of the device. Default: `usb`. */
  bus?: InputBus;
  /** Name of the device in this VMI. */
  name: string;
  /** Kind of device. Default: `tablet`. */
  type: InputType;
}

/** A device by which a crashed guest says so. */
export interface PanicDevice {
  /** `hyperv` for Windows, `isa` or `pvpanic` for Linux. Default: `isa` on amd64, `pvpanic` on arm64. */
  model?: PanicDeviceModel;
}

/** A sound card. */
export interface SoundDevice {
  /** `ich9` or `ac97`. Default: `ich9`. */
  model?: string;
  /** Name of the device in this VMI. */
  name: string;
}

/** A TPM 2.0. */
export interface TPMDevice {
  /** Whether the guest has it. Default: true where the device is named. */
  enabled?: boolean;
  /** Keeps the TPM's state on a volume over restarts. Default: false; it begins afresh with each VMI. */
  persistent?: boolean;
}

/** Options of a virtual GPU. */
export interface VGPUOptions {
  /** Display of the virtual GPU. */
  display?: VGPUDisplayOptions;
}

/** Display of a virtual GPU. */
export interface VGPUDisplayOptions {
  /** Whether the display shows in VNC. Default: true. */
  enabled?: boolean;
  /** A frame buffer that is there before the guest's driver. Default: on. */
  ramFB?: FeatureState;
}

/** The video adapter. */
export interface VideoDevice {
  /** Model, for example `virtio`, `vga` or `bochs`. Default: `vga`, or `bochs` with UEFI. */
  type?: string;
}

/** A watchdog. One of the models is set. */
export interface Watchdog {
  /** The watchdog of s390x. */
  diag288?: Diag288Watchdog;
  /** The PCI watchdog of other architectures. */
  i6300esb?: I6300ESBWatchdog;
  /** Name of the device in this VMI. */
  name: string;
}

/** The PCI watchdog i6300esb. */
export interface I6300ESBWatchdog {
  /** What happens when the guest hangs. Default: `reset`. */
  action?: WatchdogAction;
}

/** The watchdog of s390x. */
export interface Diag288Watchdog {
  /** What happens when the guest hangs. Default: `reset`. */
  action?: WatchdogAction;
}
