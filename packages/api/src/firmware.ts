import type { ImagePullPolicy } from './core/references.ts';

/** ACPI tables that are passed to the guest. Each one comes from a Secret volume of the VMI. */
export interface ACPI {
  /** Name of the volume that holds an MSDM table, which carries a Windows licence key. */
  msdmNameRef?: string;
  /** Name of the volume that holds a SLIC table, which carries a Windows licence. */
  slicNameRef?: string;
}

/** Settings of SeaBIOS. */
export interface BIOS {
  /** Shows the BIOS output on the serial console. Default: false. */
  useSerial?: boolean;
}

/** The firmware that starts the guest. One of `bios` and `efi` is set. */
export interface Bootloader {
  /** SeaBIOS. */
  bios?: BIOS;
  /** UEFI (OVMF, or AAVMF on arm64). */
  efi?: EFI;
}

/** Settings of the UEFI firmware. */
export interface EFI {
  /** Keeps the UEFI variables on a volume over restarts. Default: false; they begin afresh with each VMI. */
  persistent?: boolean;
  /** Runs only signed boot loaders; needs the `smm` feature. Default: true (false on arm64). */
  secureBoot?: boolean;
}

/** Identity and boot method of the machine. */
export interface Firmware {
  /** ACPI tables of our own that the guest gets, from Secrets. */
  acpi?: ACPI;
  /** BIOS or UEFI. Default: BIOS on amd64, UEFI on arm64. */
  bootloader?: Bootloader;
  /** Boots a kernel directly, from a container image. */
  kernelBoot?: KernelBoot;
  /** Serial number in the SMBIOS system table. Default: a random one, set once when the object is made. */
  serial?: string;
  /** UUID of the machine, which the guest sees. Default: a random one, set once when the object is made. */
  uuid?: string;
}

/** Direct boot of a kernel. */
export interface KernelBoot {
  /** Container image that holds kernel and initrd. */
  container?: KernelBootContainer;
  /** Command line of the kernel. Default: empty. */
  kernelArgs?: string;
}

/** A container image with a kernel. At least one of `kernelPath` and `initrdPath` is set. */
export interface KernelBootContainer {
  /** Reference of the image. */
  image: string;
  /** When the image is pulled. Default: `Always` for the tag `latest` or none, else `IfNotPresent`. */
  imagePullPolicy?: ImagePullPolicy;
  /** Secret in the same namespace with the registry's credentials. */
  imagePullSecret?: string;
  /** Absolute path of the initial RAM disk in the image. */
  initrdPath?: string;
  /** Absolute path of the kernel in the image. */
  kernelPath?: string;
}

/** The machine that is emulated. */
export interface Machine {
  /**
   * Machine type, for example `q35` or `pc-q35-9.2`. Default: that of the architecture: `q35`, `virt` or
   * `s390-ccw-virtio`. It is set once, when the object is made.
   */
  type?: string;
}

/** Text fields of the SMBIOS chassis table. */
export interface Chassis {
  /** Asset tag of the chassis. */
  asset?: string;
  /** Maker of the chassis. */
  manufacturer?: string;
  /** Serial number of the chassis. */
  serial?: string;
  /** Stock keeping unit of the chassis. */
  sku?: string;
  /** Version of the chassis. */
  version?: string;
}
