import type { VirtualMachineInstance } from '@quickvirt/api';
import type { DomainConfig } from '@quickvirt/config';
import { convertHostDevices, convertVmiToDomainXml, type DomainFacts, type VolumeFacts } from '@quickvirt/domain-xml';
import {
  CreateFlag,
  DomainState,
  ErrorCode,
  LibvirtError,
  ModificationImpact,
  type Domain,
  type Hypervisor,
} from '@quickvirt/libvirt';
import { join, relative } from 'node:path';
import { RUN_DIRECTORY, SERIAL_LOG } from '@quickvirt/launcher-pod';
import { DeviceNotReleased, type DeviceRemovals } from './device-removals.ts';
import { functionsInDomain, isHostDevice } from './domain-devices.ts';
import type { SyncStep } from './domain-sync.ts';
import { gatherFacts, type HandlerFacts } from './facts.ts';
import { prepareFirmware } from './firmware.ts';
import { prepareDisk, type DiskDirectories } from './prepare-disks.ts';
import type { SerialConsole } from './serial-console.ts';
import { withSpareRootPorts } from './spare-root-ports.ts';

/** What a SyncDomain asks for. */
export interface SyncRequest {
  vmi: VirtualMachineInstance;
  config: DomainConfig;
  handlerFacts: HandlerFacts;
}

/** What the steps work on. */
export interface SyncEnvironment {
  runDirectory: string;
  disks: DiskDirectories;
  hypervisor: Hypervisor;
  console: SerialConsole;
  removals: DeviceRemovals;
}

/** A guest that heeds a removal does so within a second or two; the handler asks again. */
const REMOVAL_TIMEOUT_MS = 8_000;

/** Runs the steps of one SyncDomain; what one step made, the next ones use. */
export class SyncRun {
  readonly #request: SyncRequest;
  readonly #environment: SyncEnvironment;
  readonly #volumes: Record<string, VolumeFacts> = {};
  #domain: Domain | undefined;

  /** @param domain the domain that libvirt has already, if any. */
  constructor(request: SyncRequest, environment: SyncEnvironment, domain: Domain | undefined) {
    this.#request = request;
    this.#environment = environment;
    this.#domain = domain;
  }

  /** @throws FieldError, ConversionError, LibvirtError, LibvirtConnectionError, ProgramFailed, ConsoleUnavailable. */
  async run(step: SyncStep): Promise<void> {
    const { vmi } = this.#request;
    const { disks, console, runDirectory } = this.#environment;
    switch (step.kind) {
      case 'prepareDisk':
        this.#volumes[step.disk.volumeName] = await prepareDisk(step.disk, vmi, disks);
        return;
      case 'define':
        this.#domain = await this.#define();
        return;
      case 'start':
        await this.#domain?.create(CreateFlag.paused);
        return;
      case 'connectConsole':
        await console.connect(join(runDirectory, 'serial0'), this.#serialLog());
        return;
      case 'release':
        if (!step.paused && (await this.#domain?.state())?.state === DomainState.paused) await this.#domain?.resume();
        return;
      case 'detachDevice':
        await this.#detach(step.name);
        return;
      case 'attachDevice':
        await this.#attach(step.name);
    }
  }

  async #detach(name: string): Promise<void> {
    const { removals } = this.#environment;
    const domain = this.#domain;
    const devices = domain ? functionsInDomain(await domain.xml()).filter(isHostDevice) : [];
    const present = devices.find((device) => device.name === name);
    if (!domain || !present) return;
    try {
      const outcome = await removals.outcome(present.alias, REMOVAL_TIMEOUT_MS, () =>
        domain.detachDevice(present.xml, ModificationImpact.live),
      );
      if (outcome !== 'removed') throw new DeviceNotReleased(name, outcome);
    } catch (error) {
      // It left on an earlier request, after its XML was read.
      if (error instanceof LibvirtError && error.code === ErrorCode.deviceMissing) return;
      throw error;
    }
  }

  async #attach(name: string): Promise<void> {
    const { vmi, config } = this.#request;
    const domain = this.#domain;
    if (!domain) return;
    const facts = await this.#facts(await domain.xml());
    const device = convertHostDevices(vmi, config, facts).find((one) => one.name === name);
    if (device) await domain.attachDevice(device.xml, ModificationImpact.live);
  }

  /** @param domainXml the running domain's, whose devices keep their functions. */
  #facts(domainXml?: string): Promise<DomainFacts> {
    const { vmi, handlerFacts } = this.#request;
    const { runDirectory, hypervisor } = this.#environment;
    const present = domainXml === undefined ? [] : functionsInDomain(domainXml);
    const presentFunctions = new Map(present.map((device) => [device.name, device.pciAddress]));
    return gatherFacts(vmi, handlerFacts, { volumes: this.#volumes, runDirectory, presentFunctions }, hypervisor);
  }

  /** The pod has a container that shows this file, unless VMI or cluster say otherwise. */
  #serialLog(): string | undefined {
    const { vmi, config } = this.#request;
    const isLogged = vmi.spec.domain.devices.logSerialConsole ?? !config.disableSerialConsoleLog;
    return isLogged ? join(this.#environment.runDirectory, relative(RUN_DIRECTORY, SERIAL_LOG)) : undefined;
  }

  async #define(): Promise<Domain> {
    const { vmi, config } = this.#request;
    const { hypervisor, runDirectory } = this.#environment;
    const facts = { ...(await this.#facts()), ...(await prepareFirmware(vmi, runDirectory)) };
    const { xml } = convertVmiToDomainXml(withoutSerialLog(vmi), config, facts);
    const domain = await hypervisor.defineXml(xml);
    if (vmi.spec.domain.devices.disableHotplug === true) return domain;
    // Only libvirt knows how many ports the devices take that are there already.
    return hypervisor.defineXml(withSpareRootPorts(await domain.xml()));
  }
}

/** The launcher keeps the log of the serial port itself, within bounds; QEMU's own has none, and lies in memory. */
function withoutSerialLog(vmi: VirtualMachineInstance): VirtualMachineInstance {
  const { domain } = vmi.spec;
  const devices = { ...domain.devices, logSerialConsole: false };
  return { ...vmi, spec: { ...vmi.spec, domain: { ...domain, devices } } };
}
