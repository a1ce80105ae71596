import { XMLParser } from 'fast-xml-parser';

/** What the status of a VMI needs to know of a running domain. */
export interface DomainDescription {
  name: string;
  uuid: string;
  /** Machine type as libvirt resolved it, for example `pc-q35-7.2`. */
  machineType: string;
  /** RAM that the guest has at most now, in bytes. */
  memoryBytes: bigint;
  /** RAM after ballooning, in bytes. */
  currentMemoryBytes: bigint;
  topology: { sockets: number; cores: number; threads: number; /** vCPUs that are plugged in. */ vcpus: number };
  disks: DiskDescription[];
  interfaces: InterfaceDescription[];
  /** PCI functions of the node. */
  hostDevices: HostDeviceDescription[];
  /** Sockets that serve VNC. */
  vncSockets: string[];
}

/** A disk of the domain. */
export interface DiskDescription {
  /** Name in the VMI; undefined for a disk that the VMI does not know. */
  name?: string;
  /** Name of the target, for example `vda`. */
  target: string;
  bus: string;
  /** File or device; undefined for an empty cdrom. */
  source?: string;
}

/** A network interface of the domain. */
export interface InterfaceDescription {
  name?: string;
  macAddress: string;
  tapName?: string;
  model?: string;
  queueCount: number;
  linkState: 'up' | 'down';
}

/** A PCI function of the node that the guest has. */
export interface HostDeviceDescription {
  /** libvirt's alias, for example `ua-hostdevice-qat0`. */
  alias: string;
  /** Its address on the node, as 0000:3d:01.0; undefined for what is no PCI function. */
  address?: string;
}

/** Text that is no libvirt domain. */
export class DomainXmlError extends Error {
  constructor(detail: string, options?: ErrorOptions) {
    super(`the domain XML from libvirt cannot be read: ${detail}`, options);
    this.name = 'DomainXmlError';
  }
}

type Node = { [key: string]: Node[] | string | undefined };

// Everything is a list and every value text: nothing depends on how often an element happens to occur.
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#',
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
  processEntities: true,
});

/** Reads a domain as libvirt prints it. @throws DomainXmlError when the text is not XML or lacks what every domain has. */
export function readDomainXml(xml: string): DomainDescription {
  const domain = list(parse(xml), 'domain')[0];
  if (domain === undefined) throw new DomainXmlError('there is no <domain> in it');
  const devices = list(domain, 'devices')[0] ?? {};
  return {
    name: text(domain, 'name'),
    uuid: text(domain, 'uuid'),
    machineType: attribute(list(list(domain, 'os')[0] ?? {}, 'type')[0], 'machine') ?? '',
    memoryBytes: bytes(domain, 'memory'),
    currentMemoryBytes:
      list(domain, 'currentMemory').length > 0 ? bytes(domain, 'currentMemory') : bytes(domain, 'memory'),
    topology: topology(domain),
    disks: list(devices, 'disk').map(disk),
    interfaces: list(devices, 'interface').map(networkInterface),
    hostDevices: list(devices, 'hostdev').map(hostDevice),
    vncSockets: list(devices, 'graphics')
      .filter((graphics) => attribute(graphics, 'type') === 'vnc')
      .flatMap((graphics) => list(graphics, 'listen'))
      .flatMap((listen) => attribute(listen, 'socket') ?? []),
  };
}

function parse(xml: string): Node {
  try {
    return parser.parse(xml, true) as Node;
  } catch (error) {
    throw new DomainXmlError('it is not well-formed', { cause: error });
  }
}

/** Child elements of a name. An element without attributes and children is plain text to the parser. */
function list(node: Node, name: string): Node[] {
  const value: unknown = node[name];
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown) =>
    typeof item === 'object' && item !== null ? (item as Node) : { '#': String(item) },
  );
}

function attribute(node: Node | undefined, name: string): string | undefined {
  const value = node?.[`@${name}`];
  return typeof value === 'string' ? value : undefined;
}

function text(node: Node, name: string): string {
  const child: unknown = list(node, name)[0]?.['#'];
  return typeof child === 'string' ? child : Array.isArray(child) ? child.join('') : '';
}

/** libvirt prints memory in KiB unless told otherwise; what we wrote ourselves is in bytes. */
const unitBytes: Record<string, bigint> = {
  b: 1n,
  bytes: 1n,
  KB: 1000n,
  k: 1n << 10n,
  KiB: 1n << 10n,
  MB: 1_000_000n,
  M: 1n << 20n,
  MiB: 1n << 20n,
  GB: 1_000_000_000n,
  G: 1n << 30n,
  GiB: 1n << 30n,
  T: 1n << 40n,
  TiB: 1n << 40n,
};

function bytes(domain: Node, name: string): bigint {
  const value = text(domain, name).trim();
  const unit = unitBytes[attribute(list(domain, name)[0], 'unit') ?? 'KiB'];
  if (unit === undefined || !/^\d+$/.test(value)) throw new DomainXmlError(`<${name}> is no amount of memory`);
  return BigInt(value) * unit;
}

function topology(domain: Node): DomainDescription['topology'] {
  const element = list(list(domain, 'cpu')[0] ?? {}, 'topology')[0];
  const perSocket = (name: string) => Number(attribute(element, name) ?? 1);
  const all = Number(text(domain, 'vcpu'));
  const cores = perSocket('cores') * perSocket('dies');
  const threads = perSocket('threads');
  const each = list(list(domain, 'vcpus')[0] ?? {}, 'vcpu');
  const enabled = each.filter((vcpu) => attribute(vcpu, 'enabled') === 'yes').length;
  const vcpus = each.length > 0 ? enabled : Number(attribute(list(domain, 'vcpu')[0], 'current') ?? all);
  return { sockets: Math.ceil(vcpus / (cores * threads)), cores, threads, vcpus };
}

/** Aliases that we gave begin with `ua-`: the rest is libvirt's own. */
function nameOf(device: Node): string | undefined {
  const alias = attribute(list(device, 'alias')[0], 'name');
  return alias?.startsWith('ua-') ? alias.slice('ua-'.length) : undefined;
}

function disk(device: Node): DiskDescription {
  const target = list(device, 'target')[0];
  const source = list(device, 'source')[0];
  return {
    name: nameOf(device),
    target: attribute(target, 'dev') ?? '',
    bus: attribute(target, 'bus') ?? '',
    source: attribute(source, 'file') ?? attribute(source, 'dev'),
  };
}

function networkInterface(device: Node): InterfaceDescription {
  return {
    name: nameOf(device),
    macAddress: attribute(list(device, 'mac')[0], 'address') ?? '',
    tapName: attribute(list(device, 'target')[0], 'dev'),
    model: attribute(list(device, 'model')[0], 'type'),
    queueCount: Number(attribute(list(device, 'driver')[0], 'queues') ?? 1),
    linkState: attribute(list(device, 'link')[0], 'state') === 'down' ? 'down' : 'up',
  };
}

function hostDevice(device: Node): HostDeviceDescription {
  const alias = attribute(list(device, 'alias')[0], 'name') ?? '';
  const address = list(list(device, 'source')[0] ?? {}, 'address')[0];
  const digits = (name: string) => /^0x([\da-f]{1,4})$/i.exec(attribute(address, name) ?? '')?.[1]?.toLowerCase();
  const [domain, bus, slot, fn] = ['domain', 'bus', 'slot', 'function'].map(digits);
  if (domain === undefined || bus === undefined || slot === undefined || fn === undefined) return { alias };
  return { alias, address: `${domain.padStart(4, '0')}:${bus.padStart(2, '0')}:${slot.padStart(2, '0')}.${fn}` };
}
