import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { virtualFunctionAddress } from '@quickvirt/qat';
import { FakeTree } from './fake-tree.ts';

/** A function on the fake bus. */
export interface FakeFunction {
  /** `0000:3d:00.0`. */
  address: string;
  /** Directories from the root bus down to its parent: `['pci0000:3c', '0000:3c:00.0']`. */
  parents: readonly string[];
  /** `8086:37c8`. */
  id: string;
  class?: string;
  driver?: string;
  /** -1 where the firmware does not say. */
  numaNode?: number;
  group?: number;
  revision?: string;
}

/** A physical function with SR-IOV. */
export interface FakePhysicalFunction extends FakeFunction {
  totalVfs: number;
  offset: number;
  stride: number;
  vfId: string;
  /** Driver that the kernel binds virtual functions to by itself. */
  vfDriver?: string;
  /** IOMMU group of the first virtual function; the others follow. */
  vfGroup: number;
  /** Attributes of the fourth generation; absent for the second. */
  services?: string;
  /** Whether any number above 0 makes all virtual functions, as QAT does; default true. */
  allOrNone?: boolean;
}

/** The machine. */
export interface FakeSysfsOptions {
  iommu?: boolean;
  /** `old`: 6.1's QAT gives no virtual functions back, and only warns without an IOMMU. Default: `new`. */
  kernel?: 'old' | 'new';
  /** Whether vfio-pci is loaded, and its parameter. Default: loaded, with the denylist on. */
  vfio?: 'absent' | 'denylist' | 'no-denylist';
  /** Further vfio drivers, such as `qat_vfio_pci`. */
  variants?: readonly string[];
}

interface State extends FakeFunction {
  directory: string;
  override?: string;
  physical?: FakePhysicalFunction;
  owner?: string;
  virtual: string[];
  vfioIndex?: number;
  /** Held by a guest: what the kernel cannot take away waits for it. */
  inUse: boolean;
}

/** Ids that vfio-pci refuses (Linux vfio_pci.c). */
const DENYLIST = new Set(['8086:0435', '8086:0443', '8086:37c8', '8086:37c9', '8086:19e2', '8086:19e3']);
const SERVICE_SETS = new Set('sym asym dc dcc sym;asym asym;sym sym;dc dc;sym asym;dc dc;asym'.split(' '));

/** An error as the kernel gives it. */
function refused(code: string): Error {
  return Object.assign(new Error(`${code}: refused by the fake kernel`), { code });
}

/**
 * sysfs, `/dev/vfio` and debugfs of a machine with PCI devices, in a directory of real files and relative links as the
 * kernel lays them out, and the kernel's answers to writes: reads go to the files, writes to {@link FakeSysfs.write}.
 * Formats and rules: design/qat.md, sections 1 and 7.
 */
export class FakeSysfs {
  readonly root: string;
  /** Root of `/dev`. */
  readonly devices: string;
  readonly #sysfs: FakeTree;
  readonly #dev: FakeTree;
  readonly #options: Required<FakeSysfsOptions>;
  readonly #functions = new Map<string, State>();
  readonly #drivers = new Set<string>();
  #vfioCount = 0;
  /** Every write that arrived, in order, as `path=value` below the root. */
  readonly writes: string[] = [];
  /** Called before each write; throws to play a crash or a refusal. */
  beforeWrite: (path: string, value: string) => void = () => {};

  private constructor(directory: string, options: FakeSysfsOptions) {
    this.root = join(directory, 'sys');
    this.devices = join(directory, 'dev');
    this.#sysfs = new FakeTree(this.root);
    this.#dev = new FakeTree(this.devices);
    this.#options = { iommu: true, kernel: 'new', vfio: 'denylist', variants: [], ...options };
  }

  static async create(options: FakeSysfsOptions = {}): Promise<FakeSysfs> {
    const fake = new FakeSysfs(await mkdtemp(join(tmpdir(), 'fake-sysfs-')), options);
    for (const path of ['bus/pci/devices', 'bus/pci/drivers', 'kernel/iommu_groups', 'class/iommu', 'kernel/debug']) {
      await fake.#sysfs.putDirectory(path);
    }
    await mkdir(fake.devices);
    await fake.#sysfs.put('bus/pci/drivers_probe', '');
    if (fake.#options.iommu) await fake.#sysfs.link('class/iommu/dmar0', 'devices/virtual/iommu/dmar0');
    if (fake.#options.vfio !== 'absent') await fake.loadModule('vfio-pci', fake.#parametersAtStart());
    for (const variant of fake.#options.variants) await fake.loadModule(variant);
    return fake;
  }

  async remove(): Promise<void> {
    await rm(dirname(this.root), { recursive: true });
  }

  /** Plays modprobe: the driver is registered, parameters appear. */
  async loadModule(module: string, parameters: readonly string[] = []): Promise<void> {
    await this.addDriver(module);
    const directory = `module/${module.replaceAll('-', '_')}`;
    await this.#sysfs.putDirectory(join(directory, 'parameters'));
    if (module === 'vfio-pci') {
      const isOff = parameters.includes('disable_denylist=1');
      this.#options.vfio = isOff ? 'no-denylist' : 'denylist';
      await this.#sysfs.put(`${directory}/parameters/disable_denylist`, isOff ? 'Y' : 'N');
      await this.#sysfs.putDirectory('module/vfio_iommu_type1');
      await this.#dev.put('vfio/vfio', '');
    }
  }

  /** Plays modprobe --remove; refused while a device is bound. */
  async unloadModule(module: string): Promise<void> {
    if ([...this.#functions.values()].some((device) => device.driver === module)) throw refused('EBUSY');
    this.#drivers.delete(module);
    await this.#sysfs.remove(`bus/pci/drivers/${module}`);
    await this.#sysfs.remove(join(`module/${module.replaceAll('-', '_')}`));
    if (module === 'vfio-pci') this.#options.vfio = 'absent';
  }

  async addDriver(driver: string): Promise<void> {
    this.#drivers.add(driver);
    const directory = `bus/pci/drivers/${driver}`;
    await this.#sysfs.putDirectory(directory);
    for (const attribute of ['bind', 'unbind', 'new_id', 'remove_id'])
      await this.#sysfs.put(`${directory}/${attribute}`, '');
    await this.#sysfs.link(`${directory}/module`, `module/${driver.replaceAll('-', '_')}`);
  }

  async addFunction(definition: FakeFunction): Promise<void> {
    const state: State = {
      ...definition,
      directory: join('devices', ...definition.parents, definition.address),
      virtual: [],
      inUse: false,
    };
    this.#functions.set(state.address, state);
    const [vendor = '', device = ''] = state.id.split(':');
    const attributes: Record<string, string> = {
      vendor: `0x${vendor}`,
      device: `0x${device}`,
      subsystem_vendor: `0x${vendor}`,
      subsystem_device: '0x0000',
      class: `0x${state.class ?? '0b4000'}`,
      revision: state.revision ?? '0x04',
      numa_node: String(state.numaNode ?? -1),
      enable: '0',
      irq: '0',
      driver_override: '(null)',
    };
    await this.#sysfs.putDirectory(state.directory);
    for (const [name, value] of Object.entries(attributes)) await this.#sysfs.put(`${state.directory}/${name}`, value);
    await this.#sysfs.link(`bus/pci/devices/${state.address}`, state.directory);
    await this.#sysfs.link(`${state.directory}/subsystem`, 'bus/pci');
    await this.#writeUevent(state);
    if (state.group !== undefined && this.#options.iommu) await this.#joinGroup(state, state.group);
    if (state.driver !== undefined) {
      if (!this.#drivers.has(state.driver)) await this.addDriver(state.driver);
      await this.#bind(state, state.driver);
    }
  }

  async addPhysicalFunction(definition: FakePhysicalFunction): Promise<void> {
    await this.addFunction(definition);
    const state = this.#function(definition.address);
    state.physical = definition;
    const attributes: Record<string, string> = {
      sriov_totalvfs: String(definition.totalVfs),
      sriov_numvfs: '0',
      sriov_offset: String(definition.offset),
      sriov_stride: String(definition.stride),
      sriov_vf_device: definition.vfId.split(':')[1] ?? '',
      sriov_drivers_autoprobe: '1',
      ...(definition.services !== undefined && {
        'qat/state': 'up',
        'qat/cfg_services': definition.services,
        'qat/num_rps': '64',
        'qat/auto_reset': 'off',
        'qat_ras/errors_correctable': '0',
        'qat_ras/errors_nonfatal': '0',
        'qat_ras/errors_fatal': '0',
        'qat_ras/reset_error_counters': '',
      }),
    };
    for (const [name, value] of Object.entries(attributes)) await this.#sysfs.put(`${state.directory}/${name}`, value);
    if (definition.vfDriver) await this.addDriver(definition.vfDriver);
    const debug = this.#debugDirectory(state);
    for (const [name, value] of Object.entries({
      status: '0',
      config: '500',
      queries_sent: '7',
      queries_failed: '0',
    })) {
      await this.#sysfs.put(`${debug}/heartbeat/${name}`, value);
    }
    if (definition.services !== undefined) {
      await this.#sysfs.put(`${debug}/telemetry/control`, '0');
      await this.#sysfs.put(`${debug}/telemetry/device_data`, 'sample_cnt 12\nutil_cpr0 34\nbw_in 5');
    }
  }

  /** Plays something that is not a write of ours: a reset, a fault, a person. */
  async set(address: string, attribute: string, value: string): Promise<void> {
    await this.#sysfs.put(`${this.#function(address).directory}/${attribute}`, value);
  }

  async setHeartbeat(address: string, status: 0 | -1): Promise<void> {
    await this.#sysfs.put(`${this.#debugDirectory(this.#function(address))}/heartbeat/status`, String(status));
  }

  async setTelemetry(address: string, control: 0 | 1): Promise<void> {
    await this.#sysfs.put(`${this.#debugDirectory(this.#function(address))}/telemetry/control`, String(control));
  }

  /** A guest takes a function, or lets go of it. */
  hold(address: string, inUse = true): void {
    this.#function(address).inUse = inUse;
  }

  /** Somebody else binds a function, or takes its driver away. */
  async rebind(address: string, driver: string | undefined): Promise<void> {
    const state = this.#function(address);
    await this.#unbind(state);
    if (driver === undefined) return;
    if (!this.#drivers.has(driver)) await this.addDriver(driver);
    await this.#bind(state, driver);
  }

  /** A function is pulled out, or its card was reset. */
  async vanish(address: string): Promise<void> {
    const state = this.#function(address);
    await this.#unbind(state);
    if (state.owner !== undefined) await this.#forgetVirtual(this.#function(state.owner), address);
    await this.#leaveGroup(state);
    await this.#sysfs.unlink(join('bus/pci/devices', address));
    await this.#sysfs.remove(state.directory);
    this.#functions.delete(address);
  }

  /** A virtual function is there again, in a group of another number. */
  async returnVirtual(owner: string, index: number, group: number): Promise<void> {
    await this.#addVirtual(this.#function(owner), index, group);
  }

  /** What the kernel does on write(2) to an attribute, by absolute path. Rejects with its error in `code`. */
  readonly write = async (absolutePath: string, value: string): Promise<void> => {
    const path = relative(this.root, absolutePath);
    this.beforeWrite(path, value);
    this.writes.push(`${path}=${value}`);
    const [, driver, action] = /^bus\/pci\/drivers\/([^/]+)\/(bind|unbind)$/.exec(path) ?? [];
    if (driver !== undefined) return this.#bindOrUnbind(driver, action ?? '', value.trim());
    if (/^kernel\/debug\/qat_.*\/telemetry\/control$/.test(path)) return this.#sysfs.put(path, value);
    if (path === 'bus/pci/drivers_probe') return this.#probe(value.trim());
    const [, address = '', attribute = ''] = /^bus\/pci\/devices\/([^/]+)\/(.+)$/.exec(path) ?? [];
    const state = this.#functions.get(address);
    if (!state) throw refused('ENOENT');
    switch (attribute) {
      case 'driver_override':
        state.override = value.trim() || undefined;
        return this.set(address, attribute, state.override ?? '(null)');
      case 'sriov_drivers_autoprobe':
        return this.set(address, attribute, value);
      case 'sriov_numvfs':
        return this.#setNumVfs(state, Number(value));
      case 'qat/state':
        return this.#setState(state, value);
      case 'qat/cfg_services':
        return this.#setServices(state, value);
      case 'qat_ras/reset_error_counters':
        for (const kind of ['correctable', 'nonfatal', 'fatal']) await this.set(address, `qat_ras/errors_${kind}`, '0');
        return undefined;
      default:
        throw refused('EACCES');
    }
  };

  async #setNumVfs(state: State, count: number): Promise<void> {
    const { physical } = state;
    if (!physical) throw refused('ENOENT');
    const now = state.virtual.length;
    if (count > physical.totalVfs) throw refused('ERANGE');
    if (count === now) return;
    if (state.driver === undefined) throw refused('ENOENT');
    if (count !== 0 && now !== 0) throw refused('EBUSY');
    if (state.inUse) throw refused('EBUSY');
    const isOld = this.#options.kernel === 'old';
    if (count === 0) {
      if (isOld && physical.allOrNone !== false) throw refused('EINVAL');
      if (state.virtual.some((address) => this.#function(address).inUse)) return new Promise(() => {});
      for (const address of state.virtual) await this.vanish(address);
    } else {
      if (!this.#options.iommu && !isOld) throw refused('EINVAL');
      const made = physical.allOrNone === false ? count : physical.totalVfs;
      for (let index = 0; index < made; index += 1) await this.#addVirtual(state, index, physical.vfGroup + index);
    }
    await this.set(state.address, 'sriov_numvfs', String(state.virtual.length));
    return undefined;
  }

  async #addVirtual(owner: State, index: number, group: number): Promise<void> {
    const physical = owner.physical;
    if (!physical) throw refused('ENOENT');
    const address = virtualFunctionAddress(owner.address, index, physical);
    await this.addFunction({
      address,
      parents: owner.parents,
      id: physical.vfId,
      class: owner.class,
      numaNode: owner.numaNode,
      group,
    });
    const state = this.#function(address);
    state.owner = owner.address;
    owner.virtual.push(address);
    await this.#sysfs.link(`${state.directory}/physfn`, owner.directory);
    await this.#sysfs.link(`${owner.directory}/virtfn${index}`, state.directory);
    const autoprobe = (await this.#sysfs.get(`${owner.directory}/sriov_drivers_autoprobe`)) === '1';
    if (autoprobe && physical.vfDriver !== undefined) await this.#bind(state, physical.vfDriver);
  }

  async #setState(state: State, value: string): Promise<void> {
    if (state.physical?.services === undefined) throw refused('ENOENT');
    if (value !== 'up' && value !== 'down') throw refused('EINVAL');
    if (state.inUse || state.virtual.some((address) => this.#function(address).inUse)) throw refused('EBUSY');
    await this.set(state.address, 'qat/state', value);
  }

  async #setServices(state: State, value: string): Promise<void> {
    const isDown = (await this.#sysfs.get(`${state.directory}/qat/state`)) === 'down';
    if (!isDown || !SERVICE_SETS.has(value)) throw refused('EINVAL');
    await this.set(state.address, 'qat/cfg_services', value);
  }

  /** Success whatever comes of it: a probe that fails leaves no link, and no error. */
  async #probe(address: string): Promise<void> {
    const state = this.#functions.get(address);
    if (!state) throw refused('ENODEV');
    if (state.driver !== undefined) return;
    const owner = state.owner === undefined ? undefined : this.#function(state.owner);
    const driver = state.override ?? owner?.physical?.vfDriver;
    if (driver !== undefined && this.#accepts(driver, state)) await this.#bind(state, driver);
  }

  async #bindOrUnbind(driver: string, action: string, address: string): Promise<void> {
    const state = this.#functions.get(address);
    if (!this.#drivers.has(driver)) throw refused('ENOENT');
    if (!state) throw refused('ENODEV');
    if (action === 'unbind') {
      if (state.driver !== driver) throw refused('ENODEV');
      // The kernel waits until the guest lets go.
      if (state.inUse) return new Promise(() => {});
      return this.#unbind(state);
    }
    if (state.driver !== undefined) throw refused('EBUSY');
    if (!this.#accepts(driver, state)) throw refused('EINVAL');
    return this.#bind(state, driver);
  }

  #accepts(driver: string, state: State): boolean {
    if (!this.#drivers.has(driver)) return false;
    if (!isVfio(driver)) return true;
    const denied = driver === 'vfio-pci' && DENYLIST.has(state.id) && this.#options.vfio !== 'no-denylist';
    return this.#options.iommu && !denied;
  }

  async #bind(state: State, driver: string): Promise<void> {
    state.driver = driver;
    await this.#sysfs.link(`${state.directory}/driver`, `bus/pci/drivers/${driver}`);
    await this.#sysfs.link(`bus/pci/drivers/${driver}/${state.address}`, state.directory);
    await this.#writeUevent(state);
    if (!isVfio(driver)) return;
    state.vfioIndex = this.#vfioCount;
    this.#vfioCount += 1;
    await this.#sysfs.putDirectory(join(state.directory, 'vfio-dev', `vfio${state.vfioIndex}`));
    if (state.group !== undefined && this.#options.iommu) await this.#dev.put(`vfio/${state.group}`, '');
  }

  async #unbind(state: State): Promise<void> {
    const { driver } = state;
    if (driver === undefined) return;
    state.driver = undefined;
    await this.#sysfs.unlink(join(state.directory, 'driver'));
    await this.#sysfs.unlink(join('bus/pci/drivers', driver, state.address));
    await this.#writeUevent(state);
    if (!isVfio(driver)) return;
    await this.#sysfs.remove(join(state.directory, 'vfio-dev'));
    const group = state.group;
    const isLast = ![...this.#functions.values()].some((other) => other.group === group && isVfio(other.driver));
    if (isLast) await this.#dev.remove(`vfio/${group}`);
  }

  async #joinGroup(state: State, group: number): Promise<void> {
    const directory = `kernel/iommu_groups/${group}`;
    await this.#sysfs.putDirectory(join(directory, 'devices'));
    await this.#sysfs.put(`${directory}/type`, 'DMA-FQ');
    await this.#sysfs.link(`${directory}/devices/${state.address}`, state.directory);
    await this.#sysfs.link(`${state.directory}/iommu_group`, directory);
  }

  async #leaveGroup(state: State): Promise<void> {
    if (state.group === undefined || !this.#options.iommu) return;
    const directory = `kernel/iommu_groups/${state.group}`;
    await this.#sysfs.unlink(`${directory}/devices/${state.address}`);
    const left = await readdir(join(this.root, directory, 'devices'));
    if (left.length === 0) await this.#sysfs.remove(directory);
  }

  async #forgetVirtual(owner: State, address: string): Promise<void> {
    owner.virtual = owner.virtual.filter((known) => known !== address);
    const { physical, directory } = owner;
    if (!physical) return;
    const names = (await readdir(join(this.root, directory))).filter((name) => name.startsWith('virtfn'));
    const name = names.find(
      (candidate) => virtualFunctionAddress(owner.address, Number(candidate.slice(6)), physical) === address,
    );
    if (name !== undefined) await this.#sysfs.unlink(join(directory, name));
  }

  async #writeUevent(state: State): Promise<void> {
    const pciClass = (state.class ?? '0b4000').replace(/^0+/, '').toUpperCase();
    const lines = [
      ...(state.driver === undefined ? [] : [`DRIVER=${state.driver}`]),
      `PCI_CLASS=${pciClass}`,
      `PCI_ID=${state.id.toUpperCase()}`,
      `PCI_SLOT_NAME=${state.address}`,
    ];
    await this.#sysfs.put(`${state.directory}/uevent`, lines.join('\n'));
  }

  #function(address: string): State {
    const state = this.#functions.get(address);
    if (!state) throw new Error(`the fake bus has no ${address}`);
    return state;
  }

  #debugDirectory(state: State): string {
    return `kernel/debug/qat_${state.driver ?? state.physical?.driver}_${state.address}`;
  }

  #parametersAtStart(): string[] {
    return this.#options.vfio === 'no-denylist' ? ['disable_denylist=1'] : [];
  }
}

function isVfio(driver: string | undefined): boolean {
  return driver === 'vfio-pci' || (driver?.endsWith('_vfio_pci') ?? false);
}
