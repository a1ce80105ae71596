import type { EfiImage, EfiKind } from './facts.ts';

/** OVMF of Debian's package ovmf: builds of 4 MiB, the variable store with Microsoft's keys for secure boot. */
const OVMF = '/usr/share/OVMF';
/** AAVMF of Debian's package qemu-efi-aarch64. */
const AAVMF = '/usr/share/AAVMF';

const plain: EfiImage = { codePath: `${OVMF}/OVMF_CODE_4M.fd`, varsPath: `${OVMF}/OVMF_VARS_4M.fd` };

const amd64: Partial<Record<EfiKind, EfiImage>> = {
  plain,
  secureBoot: { codePath: `${OVMF}/OVMF_CODE_4M.secboot.fd`, varsPath: `${OVMF}/OVMF_VARS_4M.ms.fd` },
  sev: plain,
  snp: { codePath: `${OVMF}/OVMF.amdsev.fd` },
  tdx: { codePath: `${OVMF}/OVMF.inteltdx.fd` },
};

const arm64: Partial<Record<EfiKind, EfiImage>> = {
  plain: { codePath: `${AAVMF}/AAVMF_CODE.fd`, varsPath: `${AAVMF}/AAVMF_VARS.fd` },
};

/** Where the launcher's image has its UEFI builds, by kind; not every image has all of them. */
export const efiImages = (architecture: string | undefined): Partial<Record<EfiKind, EfiImage>> =>
  architecture === 'arm64' ? arm64 : amd64;
