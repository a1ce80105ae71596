/**
 * What a conversion needs to know beyond the VMI and the configuration. virt-launcher finds most of it out in its own
 * pod; virt-handler sends the rest (taps, host devices).
 */
export interface DomainFacts {
  /** Directory of sockets and logs inside the pod, for example `/run/launcher`. */
  runDirectory: string;
  /** By volume name. Every volume that a disk names must be here; a volume that is not in the pod yet is `unplugged`. */
  volumes: Record<string, VolumeFacts>;
  /** By interface name, for interfaces that hang on a tap device. */
  taps?: Record<string, TapFacts>;
  /** By name in gpus, hostDevices or interfaces (SR-IOV). */
  hostDevices?: Record<string, HostDeviceFacts>;
  /** libvirt's version as virConnectGetLibVersion gives it (9.0.0 is 9000000). Some elements are written for newer ones only. */
  libvirtVersion: number;
  /** CPUs that the container may use, ascending: needed with dedicatedCpuPlacement alone. */
  cpuSet?: readonly number[];
  /** The node's NUMA cells: needed with guestMappingPassthrough alone. */
  numaCells?: readonly HostNumaCell[];
  /** UEFI images by kind: needed by guests that boot with UEFI alone. */
  efi?: Partial<Record<EfiKind, EfiImage>>;
  /** Kernel and initrd of spec.domain.firmware.kernelBoot, as files in the pod. */
  kernelBoot?: { kernelPath?: string; initrdPath?: string };
  /** Files of ACPI tables, by the volume's name. */
  acpiTables?: Record<string, string>;
  /** File with the guest's Ignition data. */
  ignitionPath?: string;
  /** Socket directories of virtiofsd, by volume name: the socket's path. */
  virtiofsSockets?: Record<string, string>;
}

/** A volume in the pod: a disk, or nothing yet. */
export type VolumeFacts = DiskVolumeFacts | { kind: 'unplugged' };

/** The image behind a disk. */
export interface DiskVolumeFacts {
  kind: 'file' | 'block';
  /** Path inside the pod. */
  path: string;
  format: 'raw' | 'qcow2';
  /** Whether the file system or device takes O_DIRECT. */
  directIo: boolean;
  /** Whether all blocks are allocated, which makes native asynchronous I/O worth it on a file. */
  preallocated?: boolean;
  /** True when nobody can read the data after the pod's end: overlays of containerDisks, emptyDisks, seed ISOs. */
  diesWithPod: boolean;
  /** The image below an overlay. */
  backing?: { path: string; format: 'raw' | 'qcow2'; kind: 'file' | 'block' };
  /** Sector sizes of a block device, for `blockSize.matchVolume`. */
  blockSize?: { logicalBytes: number; physicalBytes: number; discardGranularityBytes?: number };
}

/** A tap device in the pod's network namespace. */
export interface TapFacts {
  deviceName: string;
  macAddress: string;
  mtu: number;
  /** Name of the pod's interface behind it (`eth0`), for bindings without a tap. */
  podInterfaceName?: string;
}

/** A device of the node that was given to the pod. */
export type HostDeviceFacts =
  | {
      kind: 'pci';
      /** As 0000:3d:01.0. */
      address: string;
      /** The node's NUMA node that it hangs on; left out when the firmware tells none. */
      numaNode?: number;
    }
  | { kind: 'mdev'; uuid: string }
  | { kind: 'usb'; bus: number; device: number };

/** A NUMA cell of the node. */
export interface HostNumaCell {
  id: number;
  cpus: readonly number[];
  /** Distance to each cell (ACPI SLIT), by cell id. */
  distances: readonly { cell: number; value: number }[];
}

/** Builds of OVMF or AAVMF. */
export type EfiKind = 'plain' | 'secureBoot' | 'sev' | 'snp' | 'tdx';

/** A firmware image and, for flash images, its variable store's template. */
export interface EfiImage {
  codePath: string;
  varsPath?: string;
}
