import type { VirtualMachineInstanceSpec } from '@quickvirt/api';

/** The spec with EFI where machines of its architecture start by nothing else; without secure boot, which few images sign for. */
export function withBootloader(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  const { firmware } = spec.domain;
  if (spec.architecture !== 'arm64' || firmware?.bootloader) return spec;
  return {
    ...spec,
    domain: { ...spec.domain, firmware: { ...firmware, bootloader: { efi: { secureBoot: false } } } },
  };
}
