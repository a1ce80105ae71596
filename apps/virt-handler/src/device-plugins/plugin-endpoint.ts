import { createHash } from 'node:crypto';

/** Room in sun_path (107 bytes, unix(7)) behind `/var/lib/kubelet/device-plugins/`, with some to spare for other roots. */
const MAX_ENDPOINT_LENGTH = 64;

/** File name of the socket of a resource's plugin, for example `kubevirt-qat.intel.com-sym-dc.sock`. */
export function pluginEndpoint(resourceName: string): string {
  const plain = `kubevirt-${resourceName.replaceAll('/', '-')}.sock`;
  if (plain.length <= MAX_ENDPOINT_LENGTH) return plain;
  const hash = createHash('sha256').update(resourceName).digest('hex').slice(0, 16);
  return `kubevirt-${hash}.sock`;
}
