import type { VirtualMachineInstance } from '@quickvirt/api';
import type { DomainConfig } from '@quickvirt/config';
import { convertVmiToDomainXml, type VolumeFacts } from '@quickvirt/domain-xml';
import { CreateFlag, type Domain, type Hypervisor } from '@quickvirt/libvirt';
import { join, relative } from 'node:path';
import { RUN_DIRECTORY, SERIAL_LOG } from '@quickvirt/launcher-pod';
import type { SyncStep } from './domain-sync.ts';
import { gatherFacts, type HandlerFacts } from './facts.ts';
import { prepareFirmware } from './firmware.ts';
import { prepareDisk, type DiskDirectories } from './prepare-disks.ts';
import type { SerialConsole } from './serial-console.ts';

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
}

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
        if (!step.paused) await this.#domain?.resume();
    }
  }

  /** The pod has a container that shows this file, unless VMI or cluster say otherwise. */
  #serialLog(): string | undefined {
    const { vmi, config } = this.#request;
    const isLogged = vmi.spec.domain.devices.logSerialConsole ?? !config.disableSerialConsoleLog;
    return isLogged ? join(this.#environment.runDirectory, relative(RUN_DIRECTORY, SERIAL_LOG)) : undefined;
  }

  async #define(): Promise<Domain> {
    const { vmi, config, handlerFacts } = this.#request;
    const { hypervisor, runDirectory } = this.#environment;
    const facts = {
      ...(await gatherFacts(vmi, handlerFacts, this.#volumes, runDirectory, hypervisor)),
      ...(await prepareFirmware(vmi, runDirectory)),
    };
    const { xml } = convertVmiToDomainXml(withoutSerialLog(vmi), config, facts);
    return hypervisor.defineXml(xml);
  }
}

/** The launcher keeps the log of the serial port itself, within bounds; QEMU's own has none, and lies in memory. */
function withoutSerialLog(vmi: VirtualMachineInstance): VirtualMachineInstance {
  const { domain } = vmi.spec;
  const devices = { ...domain.devices, logSerialConsole: false };
  return { ...vmi, spec: { ...vmi.spec, domain: { ...domain, devices } } };
}
