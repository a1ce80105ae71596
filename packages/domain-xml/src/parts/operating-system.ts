import type { VirtualMachineInstance } from '@quickvirt/api';
import { ConversionError } from '../conversion-error.ts';
import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import type { EfiImage, EfiKind } from '../facts.ts';

/** Milliseconds that the firmware's boot menu waits in a guest that starts paused: time to attach a console. */
const pausedBootMenuTimeoutMs = 10_000;

/** Machine type, firmware, direct kernel boot and ACPI tables. */
export function operatingSystem(context: Context): Element[] {
  const { domain, architecture, vmi, facts } = context;
  const { firmware } = domain;
  return [
    element(
      'os',
      {},
      element(
        'type',
        { arch: architecture.libvirtName, machine: domain.machine?.type || architecture.machineType },
        'hvm',
      ),
      ...efi(context),
      facts.kernelBoot?.kernelPath !== undefined && element('kernel', {}, facts.kernelBoot.kernelPath),
      facts.kernelBoot?.initrdPath !== undefined && element('initrd', {}, facts.kernelBoot.initrdPath),
      firmware?.kernelBoot?.kernelArgs !== undefined &&
        firmware.kernelBoot.kernelArgs !== '' &&
        element('cmdline', {}, firmware.kernelBoot.kernelArgs),
      acpiTables(context),
      firmware?.bootloader?.bios?.useSerial === true && element('bios', { useserial: 'yes' }),
      vmi.spec.startStrategy === 'Paused' && element('bootmenu', { enable: 'yes', timeout: pausedBootMenuTimeoutMs }),
      architecture.smbios && element('smbios', { mode: 'sysinfo' }),
    ),
  ];
}

/** Pairs of kernel boot fields and facts are checked here, so that a guest never starts from its disk by mistake. */
function acpiTables({ domain, facts }: Context): Element | undefined {
  const { slicNameRef, msdmNameRef } = domain.firmware?.acpi ?? {};
  const table = (type: string, volume: string | undefined) => {
    if (!volume) return [];
    const path = facts.acpiTables?.[volume];
    if (path === undefined) {
      throw new ConversionError(
        `spec.domain.firmware.acpi.${type}NameRef`,
        `volume ${JSON.stringify(volume)} is not in the pod`,
      );
    }
    return [element('table', { type }, path)];
  };
  const tables = [...table('slic', slicNameRef), ...table('msdm', msdmNameRef)];
  return tables.length === 0 ? undefined : element('acpi', {}, tables);
}

function efi(context: Context): Element[] {
  if (!context.efi) return [];
  const { facts, vmi } = context;
  const kind = efiKindOf(context);
  const image: EfiImage | undefined = facts.efi?.[kind];
  if (image === undefined) {
    throw new ConversionError(
      'spec.domain.firmware.bootloader.efi',
      `the launcher's image has no UEFI of kind ${kind}`,
    );
  }
  const flash = image.varsPath !== undefined;
  return [
    element(
      'loader',
      { readonly: 'yes', secure: kind === 'secureBoot' ? 'yes' : 'no', type: flash ? 'pflash' : 'rom' },
      image.codePath,
    ),
    ...(flash ? [element('nvram', { template: image.varsPath }, nvramPath(facts.runDirectory, vmi))] : []),
  ];
}

/**
 * The guest's own UEFI variables. Persistent ones lie on the claim that keeps the guest's state.
 * @param runDirectory as in the facts.
 */
export function nvramPath(runDirectory: string, { metadata, spec }: VirtualMachineInstance): string {
  const persistent = spec.domain.firmware?.bootloader?.efi?.persistent === true;
  return `${runDirectory}/${persistent ? 'state/' : ''}nvram/${metadata.name ?? ''}_VARS.fd`;
}

/** The build of OVMF that a guest needs. SNP and TDX measure the firmware, so theirs is one image without variables. */
function efiKindOf({ domain }: Pick<Context, 'domain'>): EfiKind {
  const { sev, snp, tdx } = domain.launchSecurity ?? {};
  if (snp !== undefined) return 'snp';
  if (tdx !== undefined) return 'tdx';
  if (sev !== undefined) return 'sev';
  const bootloader = domain.firmware?.bootloader;
  return bootloader?.efi !== undefined && bootloader.efi.secureBoot !== false ? 'secureBoot' : 'plain';
}
