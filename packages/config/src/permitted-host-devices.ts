import type { ClusterConfig } from './cluster-config.ts';

/**
 * Whether guests may ask for a resource as a host device. As in KubeVirt, any is when the CR permits none by name; the
 * names of QAT resources always are while QAT is looked after, so that the user of a card need not list it.
 */
export function isPermittedHostDevice(
  config: Pick<ClusterConfig, 'permittedHostDevices' | 'qat'>,
  resourceName: string,
): boolean {
  const { pciHostDevices, mediatedDevices, usb } = config.permittedHostDevices;
  const named = [...pciHostDevices, ...mediatedDevices, ...usb];
  if (named.length === 0 || named.some((device) => device.resourceName === resourceName)) return true;
  return isQatResource(config.qat, resourceName);
}

/** Whether a resource is one of the QAT cards that virt-handler looks after. */
export function isQatResource(qat: ClusterConfig['qat'], resourceName: string): boolean {
  if (!qat.enabled) return false;
  return (
    resourceName.startsWith(`${qat.resourcePrefix}/`) ||
    qat.resources.some((resource) => resource.resourceName === resourceName)
  );
}
