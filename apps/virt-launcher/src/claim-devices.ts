import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { VirtualMachineInstance } from '@quickvirt/api';
import {
  DEVICE_METADATA_DIRECTORY,
  deviceMetadataPath,
  parseDeviceMetadata,
  type MetadataDevice,
} from '@quickvirt/node-plan';
import { FieldError } from './field-error.ts';

/** Attributes by which drivers of any vendor name their devices (KEP-4381 standard attributes; mdevUUID by usage). */
const PCI_BUS_ID = 'resource.kubernetes.io/pciBusID';
const MDEV_UUID = 'mdevUUID';
const PCI_ADDRESS = /^[\da-f]{4,8}:[\da-f]{2}:[01][\da-f]\.[0-7]$/;
/** A driver writes about 1 KiB a device. */
const MAX_FILE_BYTES = 256 * 1024;
const FILE_SUFFIX = '-metadata.json';

/**
 * The PCI functions that the pod got by resource claims, by the name of the GPU or host device that asks for one: read from
 * the files that DRA drivers put into the container (KEP-5304), one device for each request.
 * @returns addresses as 0000:3d:01.0.
 * @throws FieldError that names the device when its claim's file is not there or tells no PCI function.
 */
export async function claimDevices(
  vmi: VirtualMachineInstance,
  directory = DEVICE_METADATA_DIRECTORY,
): Promise<Map<string, string>> {
  const { gpus = [], hostDevices = [] } = vmi.spec.domain.devices;
  const asked = [
    ...gpus.map((device, index) => ({ ...device, field: `spec.domain.devices.gpus[${index}]` })),
    ...hostDevices.map((device, index) => ({ ...device, field: `spec.domain.devices.hostDevices[${index}]` })),
  ];
  const addresses = new Map<string, string>();
  for (const { name, claimName, requestName, field } of asked) {
    if (!claimName || !requestName) continue;
    const path = join(directory, deviceMetadataPath(podClaim(vmi, claimName, field), requestName));
    addresses.set(name, await addressIn(path, requestName, field));
  }
  return addresses;
}

function podClaim(vmi: VirtualMachineInstance, claimName: string, field: string) {
  const claim = vmi.spec.resourceClaims?.find(({ name }) => name === claimName);
  if (!claim) throw new FieldError(`${field}.claimName`, `spec.resourceClaims lists no ${JSON.stringify(claimName)}`);
  return claim.resourceClaimName ? { claimName: claim.resourceClaimName } : { podClaimName: claim.name };
}

async function addressIn(path: string, request: string, field: string): Promise<string> {
  const [device, ...others] = await devicesIn(path, request, field);
  if (!device || others.length > 0) {
    const count = device ? others.length + 1 : 0;
    throw new FieldError(
      `${field}.requestName`,
      `request ${JSON.stringify(request)} got ${count} devices, and a device of the VMI is one: set its count to 1`,
    );
  }
  const shown = `device ${device.name} of driver ${device.driver}`;
  const address = device.attributes[PCI_BUS_ID]?.['string'];
  if (typeof address === 'string' && PCI_ADDRESS.test(address.toLowerCase())) return address.toLowerCase();
  if (device.attributes[MDEV_UUID] !== undefined)
    throw new FieldError(field, `${shown} is a mediated device, which a claim cannot give to a guest in this release`);
  throw new FieldError(
    field,
    `${shown} has no attribute ${PCI_BUS_ID} that is a PCI address: ask its driver's maintainers`,
  );
}

async function devicesIn(path: string, request: string, field: string): Promise<MetadataDevice[]> {
  const files = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const names = files.filter((name) => name.endsWith(FILE_SUFFIX));
  const [name] = names;
  if (name === undefined)
    throw new FieldError(
      `${field}.requestName`,
      `the pod has no file ${path}/*${FILE_SUFFIX}: the DRA driver of this claim must publish device metadata (KEP-5304)`,
    );
  if (names.length > 1)
    throw new FieldError(`${field}.requestName`, `several drivers serve one request: ${names.join(', ')}`);
  try {
    const { size } = await stat(join(path, name));
    if (size > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`);
    return parseDeviceMetadata(await readFile(join(path, name), 'utf8'), request);
  } catch (error) {
    const detail = `${path}/${name} cannot be used: ${(error as Error).message}`;
    throw new FieldError(`${field}.requestName`, detail, { cause: error });
  }
}
