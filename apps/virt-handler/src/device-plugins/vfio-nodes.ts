import { mkdir, readlink, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { deviceNumbers, writeAtomically } from '@quickvirt/host';
import {
  cdiDeviceName,
  cdiFileName,
  cdiSpec,
  type CdiDevice,
  type DeviceAccess,
  type DeviceNodeFacts,
} from '@quickvirt/node-plan';
import { isVfioDriver, vfioGroupNodes, type PciAddress } from '@quickvirt/qat';
import type { ContainerAllocateResponse, Init } from '@quickvirt/rpc';

export interface VfioNodesOptions {
  /** The node's /sys. */
  sysfsDirectory: string;
  /** The node's /dev. */
  deviceDirectory: string;
  cdiDirectory: string;
  access: DeviceAccess;
}

/** A function that no pod can have now, and why. */
export class FunctionUnavailable extends Error {
  override name = 'FunctionUnavailable';
}

/** File and name of the CDI devices of vfio: `vfio` is the control node, `vfio-25` the node of group 25. */
const VFIO = 'vfio';

/** The device nodes behind PCI functions: found afresh each time, for a group's number lasts only until the next boot. */
export class VfioNodes {
  readonly #options: VfioNodesOptions;
  readonly #specified = new Map<string, CdiDevice>();
  #writing: Promise<void> = Promise.resolve();

  constructor(options: VfioNodesOptions) {
    this.#options = options;
  }

  /**
   * The nodes that a user of the functions opens: the control node, and each IOMMU group's once.
   * @throws FunctionUnavailable when one has no driver of vfio, no group, or no node.
   */
  async nodesOf(pciAddresses: readonly PciAddress[]): Promise<DeviceNodeFacts[]> {
    const control = await this.#node('vfio/vfio');
    if (!control)
      throw new FunctionUnavailable('/dev/vfio/vfio is not there: load the modules vfio and vfio_iommu_type1');
    const groups = new Map<string, DeviceNodeFacts>();
    for (const pciAddress of pciAddresses) {
      const node = await this.#groupNode(pciAddress);
      groups.set(node.path, node);
    }
    return [control, ...groups.values()];
  }

  /**
   * What gives a container these nodes. Where the runtime has CDI, its specification is there before this resolves.
   */
  async edits(nodes: readonly DeviceNodeFacts[]): Promise<Init<ContainerAllocateResponse>> {
    if (this.#options.access === 'chown')
      return { devices: nodes.map(({ path }) => ({ containerPath: path, hostPath: path, permissions: 'rw' })) };
    await this.specify(nodes);
    return { cdiDevices: nodes.map((node) => ({ name: cdiDeviceName(cdiName(node)) })) };
  }

  /** Writes nodes into the CDI specification, beside those that are there already; nothing where it holds them. */
  async specify(nodes: readonly DeviceNodeFacts[]): Promise<void> {
    if (this.#options.access !== 'cdi') return;
    // One after another: each writes the whole file.
    const written = this.#writing.then(() => this.#specify(nodes));
    this.#writing = written.catch(() => undefined);
    await written;
  }

  async #specify(nodes: readonly DeviceNodeFacts[]): Promise<void> {
    const isKnown = (node: DeviceNodeFacts) => {
      const known = this.#specified.get(cdiName(node))?.node;
      return known?.path === node.path && known.major === node.major && known.minor === node.minor;
    };
    if (nodes.every(isKnown)) return;
    const devices = new Map(this.#specified);
    for (const node of nodes) devices.set(cdiName(node), { name: cdiName(node), node });
    const { cdiDirectory } = this.#options;
    await mkdir(cdiDirectory, { recursive: true });
    const spec = `${JSON.stringify(cdiSpec([...devices.values()]), undefined, 2)}\n`;
    await writeAtomically(`${cdiDirectory}/${cdiFileName(VFIO)}`, spec);
    for (const [name, device] of devices) this.#specified.set(name, device);
  }

  async #groupNode(pciAddress: PciAddress): Promise<DeviceNodeFacts> {
    const directory = `${this.#options.sysfsDirectory}/bus/pci/devices/${pciAddress}`;
    const driver = await nameOfLink(`${directory}/driver`);
    if (!isVfioDriver(driver))
      throw new FunctionUnavailable(`${pciAddress} is bound to ${driver ?? 'no driver'}, not to one of vfio`);
    const group = Number(await nameOfLink(`${directory}/iommu_group`));
    if (!Number.isInteger(group))
      throw new FunctionUnavailable(`${pciAddress} is in no IOMMU group: switch the IOMMU on, or bind it anew`);
    for (const name of vfioGroupNodes(group)) {
      const node = await this.#node(`vfio/${name}`);
      if (node) return node;
    }
    throw new FunctionUnavailable(`${pciAddress}: /dev/vfio has no node for its IOMMU group ${group}`);
  }

  async #node(path: string): Promise<DeviceNodeFacts | undefined> {
    const found = await stat(`${this.#options.deviceDirectory}/${path}`).catch(ignoreMissing);
    return found?.isCharacterDevice() ? { path: `/dev/${path}`, ...deviceNumbers(found.rdev) } : undefined;
  }
}

/** `vfio` for the control node, `vfio-25`, `vfio-noiommu-25` for groups'. */
function cdiName({ path }: DeviceNodeFacts): string {
  const name = basename(path);
  return name === VFIO ? VFIO : `${VFIO}-${name}`;
}

async function nameOfLink(path: string): Promise<string | undefined> {
  const target = await readlink(path).catch(ignoreMissing);
  return target && basename(target);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
