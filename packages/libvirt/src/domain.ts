import type { Connection } from './connection.ts';
import { ShutdownFlag, type DomainState } from './constants.ts';
import type { CallOptions } from './pending-call.ts';
import type { DomainRef } from './remote-types.ts';
import type { LibvirtStream } from './stream.ts';
import { paramsByField, type TypedParam, type TypedParams } from './typed-params.ts';

/** The two connections that a domain's calls go over. */
export interface DomainConnections {
  /** Lifecycle, devices, aborts: calls that must never wait behind slow ones. */
  control: Connection;
  /** Statistics, XML, agent, monitor, migration: calls that may hang with the guest. */
  query: Connection;
}

/** `virDomainGetState`. The meaning of `reason` depends on `state`. */
export interface DomainStateAndReason {
  state: DomainState;
  reason: number;
}

/** Where a live migration goes and how. Flags are `virDomainMigrateFlags`, parameters `VIR_MIGRATE_PARAM_*`. */
export interface MigrateOptions extends CallOptions {
  destinationUri: string;
  params: TypedParam[];
  flags: number;
}

/** One domain of a {@link Hypervisor}. Holds nothing in the daemon. Each method throws as `Connection.call` does. */
export class Domain {
  readonly ref: DomainRef;
  readonly #connections: DomainConnections;

  constructor(connections: DomainConnections, ref: DomainRef) {
    this.#connections = connections;
    this.ref = ref;
  }

  get name(): string {
    return this.ref.name;
  }

  get uuid(): string {
    return this.ref.uuid;
  }

  /** Starts QEMU. @param flags `CreateFlag`. */
  async create(flags = 0): Promise<void> {
    await this.#connections.control.call('domainCreateWithFlags', { dom: this.ref, flags });
  }

  /** Ends QEMU. Takes up to 2 s, because libvirt waits for the process. @param flags `virDomainDestroyFlagsValues`. */
  async destroy(flags = 0): Promise<void> {
    await this.#connections.control.call('domainDestroyFlags', { dom: this.ref, flags });
  }

  /** Asks the guest to power off; by its ACPI power button unless told otherwise. Does not wait for it. */
  async shutdown(flags: number = ShutdownFlag.acpiPowerButton): Promise<void> {
    await this.#connections.control.call('domainShutdownFlags', { dom: this.ref, flags });
  }

  /** Asks the guest to reboot. */
  async reboot(flags = 0): Promise<void> {
    await this.#connections.control.call('domainReboot', { dom: this.ref, flags });
  }

  /** Presses the reset button: the guest is not asked. */
  async reset(): Promise<void> {
    await this.#connections.control.call('domainReset', { dom: this.ref, flags: 0 });
  }

  /** Stops the virtual CPUs. */
  async suspend(): Promise<void> {
    await this.#connections.control.call('domainSuspend', { dom: this.ref });
  }

  /** Lets the virtual CPUs run. */
  async resume(): Promise<void> {
    await this.#connections.control.call('domainResume', { dom: this.ref });
  }

  /** Removes the definition. @param flags `virDomainUndefineFlagsValues`. */
  async undefine(flags = 0): Promise<void> {
    await this.#connections.control.call('domainUndefineFlags', { dom: this.ref, flags });
  }

  async state(): Promise<DomainStateAndReason> {
    const { state, reason } = await this.#connections.control.call('domainGetState', { dom: this.ref, flags: 0 });
    return { state: state as DomainState, reason };
  }

  /** The domain's XML as libvirt has it. @param flags `virDomainXMLFlags`. */
  async xml(flags = 0): Promise<string> {
    return (await this.#connections.query.call('domainGetXmlDesc', { dom: this.ref, flags })).xml;
  }

  /** @param xml one device element. @param flags `virDomainModificationImpact`. */
  async attachDevice(xml: string, flags: number): Promise<void> {
    await this.#connections.control.call('domainAttachDeviceFlags', { dom: this.ref, xml, flags });
  }

  /** Asks for the device's removal; a live one is gone with the event `deviceRemoved`, if the guest agrees. */
  async detachDevice(xml: string, flags: number): Promise<void> {
    await this.#connections.control.call('domainDetachDeviceFlags', { dom: this.ref, xml, flags });
  }

  async updateDevice(xml: string, flags: number): Promise<void> {
    await this.#connections.control.call('domainUpdateDeviceFlags', { dom: this.ref, xml, flags });
  }

  async setMemory(memoryKib: bigint, flags: number): Promise<void> {
    await this.#connections.control.call('domainSetMemoryFlags', { dom: this.ref, memoryKib, flags });
  }

  async setVcpus(vcpus: number, flags: number): Promise<void> {
    await this.#connections.control.call('domainSetVcpusFlags', { dom: this.ref, vcpus, flags });
  }

  /** This domain's statistics by field name. @param groups `virDomainStatsTypes`, 0 for all. */
  async stats(groups = 0): Promise<TypedParams> {
    const args = { doms: [this.ref], stats: groups, flags: 0 };
    const { records } = await this.#connections.query.call('connectGetAllDomainStats', args);
    return paramsByField(records[0]?.params ?? []);
  }

  /** libvirt's own console stream. @param deviceName alias of the device; the first console when left out. */
  async openConsole(deviceName?: string, flags = 0): Promise<LibvirtStream> {
    const args = { dom: this.ref, deviceName: deviceName ?? null, flags };
    return (await this.#connections.query.openStream('domainOpenConsole', args)).stream;
  }

  /** A picture of the screen; the stream ends with it. */
  async screenshot(screen = 0): Promise<{ mimeType: string; stream: LibvirtStream }> {
    const args = { dom: this.ref, screen, flags: 0 };
    const { reply, stream } = await this.#connections.query.openStream('domainScreenshot', args);
    return { mimeType: reply.mimeType ?? 'application/octet-stream', stream };
  }

  /** Sends one JSON command to the guest's agent and returns its JSON answer. */
  async agentCommand(command: string, timeoutSeconds: number, options?: CallOptions): Promise<string> {
    const args = { dom: this.ref, command, timeoutSeconds, flags: 0 };
    return (await this.#connections.query.call('qemuDomainAgentCommand', args, options)).result ?? '';
  }

  /** Sends one QMP command (JSON) past libvirt; libvirt does not know what it did. */
  async monitorCommand(command: string): Promise<string> {
    const args = { dom: this.ref, command, flags: 0 };
    return (await this.#connections.query.call('qemuDomainMonitorCommand', args)).result;
  }

  /** Peer-to-peer live migration; resolves when the domain is over there. @see abortJob */
  async migrate({ destinationUri, params, flags, ...options }: MigrateOptions): Promise<void> {
    const args = { dom: this.ref, destinationUri, params, cookieIn: new Uint8Array(), flags };
    await this.#connections.query.call('domainMigratePerform3Params', args, options);
  }

  async startPostCopy(): Promise<void> {
    await this.#connections.control.call('domainMigrateStartPostCopy', { dom: this.ref, flags: 0 });
  }

  /** Progress of the job that runs, for example a migration. @param flags `virDomainGetJobStatsFlags`. */
  async jobStats(flags = 0): Promise<{ type: number; params: TypedParams }> {
    const { type, params } = await this.#connections.control.call('domainGetJobStats', { dom: this.ref, flags });
    return { type, params: paramsByField(params) };
  }

  /** Ends the job that runs; its call fails with code 78. */
  async abortJob(): Promise<void> {
    await this.#connections.control.call('domainAbortJob', { dom: this.ref });
  }

  /** @param disk target (`vda`) or path. @param sizeBytes new size, with `VIR_DOMAIN_BLOCK_RESIZE_BYTES`. */
  async blockResize(disk: string, sizeBytes: bigint): Promise<void> {
    const VIR_DOMAIN_BLOCK_RESIZE_BYTES = 1;
    const args = { dom: this.ref, disk, size: sizeBytes, flags: VIR_DOMAIN_BLOCK_RESIZE_BYTES };
    await this.#connections.control.call('domainBlockResize', args);
  }

  /** Mirrors a disk to what `destinationXml` describes. @param flags `virDomainBlockCopyFlags`. */
  async blockCopy(path: string, destinationXml: string, params: TypedParam[], flags: number): Promise<void> {
    await this.#connections.control.call('domainBlockCopy', { dom: this.ref, path, destinationXml, params, flags });
  }

  /** @param flags `virDomainBlockJobAbortFlags`; 2 pivots to the copy. */
  async blockJobAbort(path: string, flags: number): Promise<void> {
    await this.#connections.control.call('domainBlockJobAbort', { dom: this.ref, path, flags });
  }
}
