import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { KERNEL_BOOT_DIRECTORY } from '@quickvirt/launcher-pod';
import { efiImages, nvramPath, type DomainFacts } from '@quickvirt/domain-xml';
import { FieldError } from './field-error.ts';
import { fileWithin } from './file-within.ts';

/**
 * What this image and pod have for the guest's firmware; makes a place for its UEFI variables.
 * @throws FieldError for a kernel that is not in its image.
 */
export async function prepareFirmware(
  vmi: VirtualMachineInstance,
  runDirectory: string,
): Promise<Pick<DomainFacts, 'efi' | 'kernelBoot'>> {
  // libvirt makes the file from its template, but not the directory.
  await mkdir(dirname(nvramPath(runDirectory, vmi)), { recursive: true });
  return { efi: await presentEfiImages(vmi), kernelBoot: await kernelFiles(vmi) };
}

/** The UEFI builds that are in the image. */
async function presentEfiImages({ spec }: VirtualMachineInstance): Promise<DomainFacts['efi']> {
  const images = Object.entries(efiImages(spec.architecture));
  const present = await Promise.all(
    images.map(
      async ([, { codePath, varsPath }]) => (await isFile(codePath)) && (!varsPath || (await isFile(varsPath))),
    ),
  );
  return Object.fromEntries(images.filter((_, index) => present[index]));
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** Kernel and initrd of `spec.domain.firmware.kernelBoot`, in their image. */
async function kernelFiles({ spec }: VirtualMachineInstance): Promise<DomainFacts['kernelBoot']> {
  const container = spec.domain.firmware?.kernelBoot?.container;
  if (!container) return undefined;
  const find = async (field: 'kernelPath' | 'initrdPath'): Promise<string | undefined> => {
    const wanted = container[field];
    if (!wanted) return undefined;
    return fileWithin(KERNEL_BOOT_DIRECTORY, wanted).catch((cause: Error) => {
      throw new FieldError(`spec.domain.firmware.kernelBoot.container.${field}`, cause.message, { cause });
    });
  };
  return { kernelPath: await find('kernelPath'), initrdPath: await find('initrdPath') };
}
