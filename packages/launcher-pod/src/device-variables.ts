/**
 * The variable that tells a container which PCI functions of a resource it was given, as a comma-separated list of
 * addresses: `PCI_RESOURCE_QAT_INTEL_COM_SYM_DC` for `qat.intel.com/sym-dc`. KubeVirt's name, but for characters that no
 * shell can export, which become `_` too.
 */
export function pciResourceVariable(resourceName: string): string {
  return `PCI_RESOURCE_${resourceName.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

/**
 * The variables that Intel's own device plugin gives a container for its QAT functions, counted from 0 in each container:
 * `QAT0=0000:3d:02.2`. Images made for that plugin read them.
 */
export function qatVariables(pciAddresses: readonly string[]): Record<string, string> {
  return Object.fromEntries(pciAddresses.map((address, index) => [`QAT${index}`, address]));
}
