import { connect } from 'node:net';
import type { Sysfs } from '@quickvirt/host';
import {
  comparePciAddresses,
  isPciAddress,
  type HeartbeatFacts,
  type NodeFacts,
  type PciAddress,
  type PciFunction,
  type QatAttributes,
  type RasCounters,
  type SriovFacts,
} from '@quickvirt/qat';

/** Where the facts of a node are read. */
export interface FactSources {
  readonly sysfs: Sysfs;
  /** The host's `/dev`. */
  readonly devices: Sysfs;
  /** The kubelet's directory of device plugins. */
  readonly pluginDirectory: Sysfs;
}

/** Sockets of Intel's QAT device plugin: `<namespace>-<resource>.sock`. */
const FOREIGN_PLUGIN = /^qat\.intel\.com-.*\.sock$/;
const DEBUG_DIRECTORY = 'kernel/debug';

/**
 * Reads what `@quickvirt/qat` decides from: all functions of the PCI bus, vfio, the IOMMU, other plugins. Functions that
 * come or go meanwhile are left out; the next look has them.
 * @throws SysfsError when sysfs cannot be read at all.
 */
export async function gatherFacts(sources: FactSources): Promise<NodeFacts> {
  const { sysfs, devices } = sources;
  const addresses = (await sysfs.list('bus/pci/devices')).filter(isPciAddress).toSorted(comparePciAddresses);
  const [functions, iommus, drivers, denylist, groups, cdevs, foreignPlugins] = await Promise.all([
    Promise.all(addresses.map((address) => readFunction(sysfs, address))),
    sysfs.list('class/iommu'),
    sysfs.list('bus/pci/drivers'),
    sysfs.read('module/vfio_pci/parameters/disable_denylist'),
    devices.list('vfio'),
    devices.list('vfio/devices'),
    readForeignPlugins(sources.pluginDirectory),
  ]);
  return {
    functions: functions.filter((found) => found !== undefined),
    iommuEnabled: iommus.length > 0,
    drivers: drivers.toSorted(),
    vfioDenylistDisabled: denylist === undefined ? undefined : denylist === 'Y',
    foreignPlugins,
    vfioNodes: [...groups.filter((name) => name !== 'devices'), ...cdevs.map((name) => `devices/${name}`)].toSorted(),
  };
}

/** One function; undefined when it is gone. */
export async function readFunction(sysfs: Sysfs, pciAddress: PciAddress): Promise<PciFunction | undefined> {
  const directory = `bus/pci/devices/${pciAddress}`;
  const names = new Set(await sysfs.list(directory));
  const [vendor, device, pciClass, driver, override, group, numaNode, physicalFunction] = await Promise.all([
    sysfs.read(`${directory}/vendor`),
    sysfs.read(`${directory}/device`),
    sysfs.read(`${directory}/class`),
    names.has('driver') ? sysfs.linkName(`${directory}/driver`) : undefined,
    sysfs.read(`${directory}/driver_override`),
    names.has('iommu_group') ? sysfs.linkName(`${directory}/iommu_group`) : undefined,
    sysfs.readNumber(`${directory}/numa_node`),
    names.has('physfn') ? sysfs.linkName(`${directory}/physfn`) : undefined,
  ]);
  if (vendor === undefined || device === undefined || pciClass === undefined) return undefined;
  const [vfioDevices, sriov, qat, ras, debug] = await Promise.all([
    names.has('vfio-dev') ? sysfs.list(`${directory}/vfio-dev`) : [],
    names.has('sriov_totalvfs') ? readSriov(sysfs, directory, names) : undefined,
    names.has('qat') ? readQatAttributes(sysfs, `${directory}/qat`) : undefined,
    names.has('qat_ras') ? readRas(sysfs, `${directory}/qat_ras`) : undefined,
    driver !== undefined && names.has('sriov_totalvfs') ? readDebug(sysfs, driver, pciAddress) : undefined,
  ]);
  return withoutUndefined({
    pciAddress,
    vendorDevice: `${vendor.slice(2)}:${device.slice(2)}`,
    class: pciClass.slice(2),
    driver,
    driverOverride: override === '(null)' || override === '' ? undefined : override,
    iommuGroup: group === undefined ? undefined : Number(group),
    numaNode: numaNode === undefined || numaNode < 0 ? undefined : numaNode,
    physicalFunction,
    vfioDevice: vfioDevices.find((name) => /^vfio\d+$/.test(name)),
    sriov,
    qat,
    ras,
    ...debug,
  });
}

async function readSriov(sysfs: Sysfs, directory: string, names: ReadonlySet<string>): Promise<SriovFacts> {
  const links = [...names]
    .map((name) => Number(/^virtfn(\d+)$/.exec(name)?.[1] ?? NaN))
    .filter((index) => !Number.isNaN(index))
    .toSorted((a, b) => a - b);
  const [totalVfs, numVfs, offset, stride, vfDevice, autoprobe, virtualFunctions] = await Promise.all([
    sysfs.readNumber(`${directory}/sriov_totalvfs`),
    sysfs.readNumber(`${directory}/sriov_numvfs`),
    sysfs.readNumber(`${directory}/sriov_offset`),
    sysfs.readNumber(`${directory}/sriov_stride`),
    sysfs.read(`${directory}/sriov_vf_device`),
    sysfs.read(`${directory}/sriov_drivers_autoprobe`),
    Promise.all(links.map((index) => sysfs.linkName(`${directory}/virtfn${index}`))),
  ]);
  return {
    totalVfs: totalVfs ?? 0,
    numVfs: numVfs ?? 0,
    offset: offset ?? 0,
    stride: stride ?? 0,
    vfDevice,
    driversAutoprobe: autoprobe !== '0',
    virtualFunctions: virtualFunctions.filter((address) => address !== undefined),
  };
}

async function readQatAttributes(sysfs: Sysfs, directory: string): Promise<QatAttributes> {
  const [state, configuredServices, autoReset] = await Promise.all([
    sysfs.read(`${directory}/state`),
    sysfs.read(`${directory}/cfg_services`),
    sysfs.read(`${directory}/auto_reset`),
  ]);
  return withoutUndefined<QatAttributes>({
    state: state === 'up' || state === 'down' ? state : undefined,
    configuredServices,
    autoReset: autoReset === undefined ? undefined : autoReset === 'on',
  });
}

async function readRas(sysfs: Sysfs, directory: string): Promise<RasCounters | undefined> {
  const [correctable, nonfatal, fatal] = await Promise.all(
    ['correctable', 'nonfatal', 'fatal'].map((kind) => sysfs.readNumber(`${directory}/errors_${kind}`)),
  );
  return fatal === undefined ? undefined : { correctable: correctable ?? 0, nonfatal: nonfatal ?? 0, fatal };
}

/** What debugfs says of a card, in `qat_<driver>_<address>`; nothing where it is not mounted or locked down. */
async function readDebug(
  sysfs: Sysfs,
  driver: string,
  pciAddress: PciAddress,
): Promise<Pick<PciFunction, 'heartbeat' | 'telemetryOn' | 'telemetry'>> {
  const directory = `${DEBUG_DIRECTORY}/qat_${driver}_${pciAddress}`;
  // A card that is down answers these reads with an error; so does a kernel that is locked down.
  const number = (name: string) => sysfs.readNumber(`${directory}/${name}`).catch(() => undefined);
  const [status, queriesSent, queriesFailed, control] = await Promise.all([
    number('heartbeat/status'),
    number('heartbeat/queries_sent'),
    number('heartbeat/queries_failed'),
    number('telemetry/control'),
  ]);
  const heartbeat: HeartbeatFacts | undefined =
    status === undefined ? undefined : { status, queriesSent: queriesSent ?? 0, queriesFailed: queriesFailed ?? 0 };
  const data = control ? await sysfs.read(`${directory}/telemetry/device_data`).catch(() => undefined) : undefined;
  return withoutUndefined({
    heartbeat,
    telemetryOn: control === undefined ? undefined : control !== 0,
    telemetry: data === undefined ? undefined : telemetryFrom(data),
  });
}

/** Lines of `name value` (Linux ABI debugfs-driver-qat_telemetry). */
function telemetryFrom(text: string): Readonly<Record<string, number>> {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  return Object.fromEntries(
    lines.flatMap(([name, value]) =>
      name && value !== undefined && Number.isFinite(Number(value)) ? [[name, Number(value)]] : [],
    ),
  );
}

/** A socket that nobody listens on is left over from a plugin that is gone. */
async function readForeignPlugins(directory: Sysfs): Promise<readonly string[]> {
  const names = (await directory.list('.')).filter((name) => FOREIGN_PLUGIN.test(name)).toSorted();
  const alive = await Promise.all(names.map((name) => isListening(`${directory.root}/${name}`)));
  return names.filter((_, index) => alive[index]);
}

const CONNECT_TIMEOUT_MS = 1000;

function isListening(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => end(true));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

function withoutUndefined<T extends object>(facts: T): T {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as T;
}
