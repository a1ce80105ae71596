import type { ACPI, KernelBoot, VirtualMachineInstanceSpec } from '@quickvirt/api';
import { invalid, quoted, required, type Cause } from '../cause.ts';
import type { SpecRule } from './rule.ts';
import { absolutePathProblem } from './volumes.ts';

/** Boot loader, kernel boot and ACPI tables. */
export const firmwareRules: SpecRule = (spec, path) => {
  const firmware = spec.domain.firmware;
  if (!firmware) return [];
  const causes: Cause[] = [];
  const { bootloader } = firmware;
  if (bootloader?.bios && bootloader.efi) {
    causes.push(
      invalid(
        `${path}.domain.firmware.bootloader`,
        'a guest starts by BIOS or by EFI; keep one of bootloader.bios and bootloader.efi',
      ),
    );
  }
  const secureBoot = bootloader?.efi !== undefined && bootloader.efi.secureBoot !== false;
  const smm = spec.domain.features?.smm;
  if (secureBoot && (!smm || smm.enabled === false) && (spec.architecture ?? 'amd64') === 'amd64') {
    causes.push(
      invalid(
        `${path}.domain`,
        'EFI secure boot needs system management mode: set features.smm.enabled to true, or firmware.bootloader.efi.secureBoot to false',
      ),
    );
  }
  if (firmware.kernelBoot) causes.push(...kernelBootRules(firmware.kernelBoot, `${path}.domain.firmware.kernelBoot`));
  if (firmware.acpi) causes.push(...acpiRules(firmware.acpi, spec, `${path}.acpi`));
  return causes;
};

function kernelBootRules(kernelBoot: KernelBoot, field: string): Cause[] {
  const { container, kernelArgs } = kernelBoot;
  const causes: Cause[] = [];
  if (kernelArgs && !container)
    causes.push(invalid(`${field}.kernelArgs`, 'kernel arguments need a kernel of their own in kernelBoot.container'));
  if (!container) return causes;
  if (!container.image)
    causes.push(required(`${field}.container.image`, 'kernel boot needs an image to take the kernel from'));
  if (!container.kernelPath && !container.initrdPath)
    causes.push(required(`${field}.container`, 'kernel boot needs kernelPath, initrdPath or both'));
  for (const name of ['kernelPath', 'initrdPath'] as const) {
    const value = container[name];
    if (value)
      causes.push(...absolutePathProblem(value).map((problem) => invalid(`${field}.container.${name}`, problem)));
  }
  return causes;
}

function acpiRules(acpi: ACPI, spec: VirtualMachineInstanceSpec, field: string): Cause[] {
  if (!acpi.slicNameRef && !acpi.msdmNameRef)
    return [invalid(field, 'ACPI tables are named by slicNameRef or msdmNameRef; neither is set')];
  return (['slicNameRef', 'msdmNameRef'] as const).flatMap((name) => {
    const reference = acpi[name];
    if (!reference) return [];
    const volume = spec.volumes?.find((candidate) => candidate.name === reference);
    if (!volume)
      return [invalid(`${field}.${name}`, `there is no volume ${quoted(reference)}; add a secret volume of that name`)];
    return volume.secret ? [] : [invalid(`${field}.${name}`, `volume ${quoted(reference)} must be a secret`)];
  });
}
