/** Devices that can be plugged into a running guest before it is started again. */
const SPARE_ROOT_PORTS = 4;

/**
 * Adds free PCIe root ports to a domain as libvirt prints it. libvirt makes as many as the devices need that are there
 * at the start, and QEMU takes none while the guest runs (libvirt, "PCI topology and hotplug"). Domains without PCIe stay
 * as they are.
 */
export function withSpareRootPorts(xml: string, count = SPARE_ROOT_PORTS): string {
  if (!xml.includes("model='pcie-root'")) return xml;
  const port = "<controller type='pci' model='pcie-root-port'/>";
  return xml.replace('</devices>', `${port.repeat(count)}</devices>`);
}
