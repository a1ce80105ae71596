/** What differs between architectures in a domain, as data. */
export interface ArchitectureProfile {
  /** libvirt's name of the architecture. */
  libvirtName: string;
  /** Machine type when the VMI has none. */
  machineType: string;
  /** Disk bus when the VMI has none. */
  diskBus: 'sata' | 'virtio';
  /** CPU mode when the VMI names no model. */
  cpuModel: 'host-model' | 'host-passthrough';
  /** Prefix of virtio models that say whether legacy drivers are served; s390x has one kind only. */
  virtioVariants: boolean;
  /** Model of the virtio SCSI controller where there are no variants. */
  scsiModel: string;
  /** Whether there is a PCI option ROM and hence something to turn off. */
  optionRom: boolean;
  smbios: boolean;
  /** The VMware back door port exists and is turned off. */
  vmport: boolean;
  /** Video models for guests with BIOS and with UEFI. */
  video: { bios: VideoModel; efi: VideoModel };
  /** Input devices that a guest with graphics gets unasked: there is no PS/2. */
  graphicsInputs: readonly { type: 'tablet' | 'keyboard'; bus: 'usb' | 'virtio' }[];
  /** Whether the architecture has USB at all. */
  usb: boolean;
  /** Whether a guest with graphics has a USB controller even without USB devices. */
  usbWithGraphics: boolean;
  watchdogModel: 'i6300esb' | 'diag288';
  /** Whether the guest boots with UEFI unless told otherwise. */
  efiByDefault: boolean;
}

interface VideoModel {
  type: string;
  vramKiB?: number;
}

const amd64: ArchitectureProfile = {
  libvirtName: 'x86_64',
  machineType: 'q35',
  diskBus: 'sata',
  cpuModel: 'host-model',
  virtioVariants: true,
  scsiModel: 'virtio-scsi',
  optionRom: true,
  smbios: true,
  vmport: true,
  video: { bios: { type: 'vga', vramKiB: 16384 }, efi: { type: 'bochs' } },
  graphicsInputs: [],
  usb: true,
  usbWithGraphics: false,
  watchdogModel: 'i6300esb',
  efiByDefault: false,
};

/** Profiles by Kubernetes' architecture name. */
export const architectureProfiles: Record<string, ArchitectureProfile> = {
  amd64,
  arm64: {
    ...amd64,
    libvirtName: 'aarch64',
    machineType: 'virt',
    diskBus: 'virtio',
    cpuModel: 'host-passthrough',
    vmport: false,
    video: { bios: { type: 'virtio' }, efi: { type: 'virtio' } },
    graphicsInputs: [
      { type: 'tablet', bus: 'usb' },
      { type: 'keyboard', bus: 'usb' },
    ],
    usbWithGraphics: true,
    efiByDefault: true,
  },
  s390x: {
    ...amd64,
    libvirtName: 's390x',
    machineType: 's390-ccw-virtio',
    diskBus: 'virtio',
    virtioVariants: false,
    optionRom: false,
    smbios: false,
    vmport: false,
    video: { bios: { type: 'virtio' }, efi: { type: 'virtio' } },
    graphicsInputs: [{ type: 'keyboard', bus: 'virtio' }],
    usb: false,
    watchdogModel: 'diag288',
  },
};
