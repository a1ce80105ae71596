import type { ImagePullPolicy } from './core/references.ts';

export interface ACPI {
  msdmNameRef?: string;
  slicNameRef?: string;
}

export interface BIOS {
  useSerial?: boolean;
}

export interface Bootloader {
  bios?: BIOS;
  efi?: EFI;
}

export interface EFI {
  persistent?: boolean;
  secureBoot?: boolean;
}

export interface Firmware {
  acpi?: ACPI;
  bootloader?: Bootloader;
  kernelBoot?: KernelBoot;
  serial?: string;
  uuid?: string;
}

export interface KernelBoot {
  container?: KernelBootContainer;
  kernelArgs?: string;
}

export interface KernelBootContainer {
  image: string;
  imagePullPolicy?: ImagePullPolicy;
  imagePullSecret?: string;
  initrdPath?: string;
  kernelPath?: string;
}

export interface Machine {
  type?: string;
}

export interface Chassis {
  asset?: string;
  manufacturer?: string;
  serial?: string;
  sku?: string;
  version?: string;
}
