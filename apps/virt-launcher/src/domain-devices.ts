/** A PCI function of the node in the domain, by the alias that we gave it. */
export interface DomainFunction {
  /** libvirt's alias, for example `ua-hostdevice-qat0`. */
  alias: string;
  /** Name in gpus, hostDevices or interfaces. */
  name: string;
  /** Address on the node, as 0000:3d:01.0. */
  pciAddress: string;
  /** The device as libvirt prints it, which is what a removal names. */
  xml: string;
}

/** Aliases of devices that may come and go while the guest runs begin so. */
const HOST_DEVICE_ALIAS = 'ua-hostdevice-';

/** Whether a device may come and go while the guest runs. */
export const isHostDevice = ({ alias }: Pick<DomainFunction, 'alias'>): boolean => alias.startsWith(HOST_DEVICE_ALIAS);

const OWN_ALIAS = /^ua-(?:hostdevice|gpu|sriov)-(.+)$/;

/**
 * The PCI functions in the XML that libvirt prints, whose form is libvirt's own: a parser would cost each pod a
 * megabyte.
 */
export function functionsInDomain(xml: string): DomainFunction[] {
  return [...xml.matchAll(/<hostdev [^>]*\btype='pci'[^>]*>([^]*?)<\/hostdev>/g)].flatMap(([device, body = '']) => {
    const alias = /<alias name='([^']+)'\/>/.exec(body)?.[1] ?? '';
    const name = OWN_ALIAS.exec(alias)?.[1];
    const source = /<source[^>]*>\s*<address ([^>]*)\/>/.exec(body)?.[1] ?? '';
    const digits = (field: string, width: number) =>
      new RegExp(`\\b${field}='0x([0-9a-f]+)'`).exec(source)?.[1]?.padStart(width, '0');
    const [domain, bus, slot, fn] = [digits('domain', 4), digits('bus', 2), digits('slot', 2), digits('function', 1)];
    if (name === undefined || domain === undefined || bus === undefined || slot === undefined || fn === undefined) {
      return [];
    }
    return [{ alias, name, pciAddress: `${domain}:${bus}:${slot}.${fn}`, xml: device }];
  });
}
