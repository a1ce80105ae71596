import { isDeepStrictEqual } from 'node:util';
import type { DeviceStatus, HostDevice, VirtualMachineInstance } from '@quickvirt/api';
import type { DomainConfig } from '@quickvirt/config';
import type { Decision } from '@quickvirt/kube';
import type { DeviceMemory } from './device-memory.ts';
import { byName, deviceStatusOf, ownDeviceStatus, type FunctionFacts } from './device-status.ts';
import type { Attachment, DeviceProblem, GuestDevicesEffect, NamedFunction } from './effects.ts';
import { devicePlugged, deviceUnplugged } from './events.ts';

/** A function that the running domain has, by libvirt's alias. */
export interface DomainFunction extends NamedFunction {
  alias: string;
  /** Where the guest sees it, once its firmware has numbered its buses. */
  guestPciAddress?: string;
}

/** All that a decision about the devices of a guest on this node depends on. */
export interface GuestDevicesObserved {
  vmi: VirtualMachineInstance;
  config: DomainConfig;
  /** The guest that runs; undefined while none does, or its launcher does not answer. */
  guest: { podUid: string; functions: readonly DomainFunction[] } | undefined;
  /** What the node tells of functions, by address. */
  facts: (pciAddress: string) => FunctionFacts | undefined;
  memory: DeviceMemory;
}

/** Aliases of devices that may come and go while the guest runs. */
const HOST_DEVICE_ALIAS = 'ua-hostdevice-';
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** What a launcher says goes into a status; etcd is not its store. */
const MAX_MESSAGE_CHARACTERS = 1024;

/**
 * What virt-handler does about the devices of a running guest. Pure. A function of an attachment pod is stated in the
 * status before the guest gets it, and for as long as it may have it: virt-controller deletes no pod whose device has an
 * address there, and each of the two writes against the version that it read.
 */
export function decideGuestDevices(observed: GuestDevicesObserved, now: Date): Decision<GuestDevicesEffect> {
  const { vmi, guest } = observed;
  if (vmi.status?.phase !== 'Running' || vmi.metadata.deletionTimestamp || !guest) return { effects: [] };
  const devices = new Devices(observed, guest);
  const missing = devices.unknownAttachments(now);
  const status = devices.status();
  const effects: GuestDevicesEffect[] = missing.length > 0 ? [{ type: 'findFunctions', attachments: missing }] : [];
  if (!isDeepStrictEqual(status, ownDeviceStatus(vmi))) {
    // The next look, at the version that this write makes, asks for what is stated then.
    return {
      effects: [...effects, ...devices.closed(), { type: 'applyDevices', vmi, devices: status }, ...devices.told()],
    };
  }
  return devices.synced(effects, now);
}

/** One look at a guest's devices. */
class Devices {
  readonly #observed: GuestDevicesObserved;
  readonly #podUid: string;
  readonly #present: readonly DomainFunction[];
  readonly #wanted: readonly HostDevice[];

  constructor(observed: GuestDevicesObserved, guest: NonNullable<GuestDevicesObserved['guest']>) {
    this.#observed = observed;
    this.#podUid = guest.podUid;
    this.#present = guest.functions;
    this.#wanted = observed.vmi.spec.domain.devices.hostDevices ?? [];
  }

  /** Attachment pods whose function is to be asked for now. */
  unknownAttachments(now: Date): Attachment[] {
    return this.#toPlug().flatMap(({ name, deviceName }) => {
      const attachment = this.#attachmentOf(name, deviceName);
      if (!attachment || this.#claimed(name)) return [];
      const found = this.#foundFor(attachment);
      if (!found) return [attachment];
      if ('pciAddress' in found) return [];
      return found.at.getTime() + retryDelayMs(found.attempts) <= now.getTime() ? [attachment] : [];
    });
  }

  /** What virt-handler is to say of each device: those in the guest, and those that it is about to get. */
  status(): DeviceStatus[] {
    const { vmi, facts } = this.#observed;
    const functions: (NamedFunction & { guestPciAddress?: string })[] = [...this.#present, ...this.#coming()];
    return byName(functions.map((one) => deviceStatusOf(vmi, one, facts(one.pciAddress), one.guestPciAddress)));
  }

  /** Functions that the status names and the guest has no more: they are taken from the launcher's pod again. */
  closed(): GuestDevicesEffect[] {
    const stillUsed = this.#present.map(({ pciAddress }) => pciAddress);
    return this.#gone().flatMap(({ name, pciAddress = '' }): GuestDevicesEffect[] => {
      // What the launcher's own pod was given stays its own.
      if (this.#attachmentOf(name, '') === undefined) return [];
      return [{ type: 'closeFunction', pciAddress, stillUsed }];
    });
  }

  /** Events of what the guest let go of; a device that it never got is no news. */
  told(): GuestDevicesEffect[] {
    const { vmi, memory } = this.#observed;
    const failed = memory.outcome && memory.outcome.type !== 'synced' ? pluggedBy(memory.outcome.wish) : [];
    return this.#gone()
      .filter(({ name }) => !failed.includes(name))
      .map(({ name, pciAddress = '' }) => ({ type: 'event', vmi, event: deviceUnplugged(name, pciAddress) }));
  }

  /** The status says what is: the launcher is asked for what is not as it should be. */
  synced(before: GuestDevicesEffect[], now: Date): Decision<GuestDevicesEffect> {
    const { memory, config } = this.#observed;
    const unplug = this.#present.filter((one) => this.#isTooMuch(one)).map(({ name }) => name);
    const plug = this.#toPlug().filter(({ name }) => this.#isReady(name));
    const text = wishText(
      plug.map(({ name }) => [name, this.#claimed(name) ?? '']),
      unplug,
    );
    if (plug.length + unplug.length === 0) return this.#asWanted(before, now);
    const outcome = memory.outcome?.wish === text ? memory.outcome : undefined;
    const ask: GuestDevicesEffect = { type: 'syncDevices', wish: { ...this.#wish(plug), config, text } };
    if (outcome === undefined) return { effects: [...before, ask] };
    if (outcome.type === 'synced') return { effects: before };
    const shown = this.#problem({ reason: outcome.reason, message: bounded(outcome.message) });
    if (outcome.type === 'refused') return { effects: [...before, ...shown] };
    const leftMs = outcome.at.getTime() + retryDelayMs(outcome.attempts) - now.getTime();
    return leftMs > 0
      ? { effects: [...before, ...shown], requeueAfterMs: leftMs }
      : { effects: [...before, ...shown, ask] };
  }

  /** Nothing can be asked of the launcher now: what still waits says why. */
  #asWanted(before: GuestDevicesEffect[], now: Date): Decision<GuestDevicesEffect> {
    for (const { name, deviceName } of this.#toPlug()) {
      const attachment = this.#attachmentOf(name, deviceName);
      const found = attachment && this.#foundFor(attachment);
      if (!found || !('problem' in found)) continue;
      const leftMs = found.at.getTime() + retryDelayMs(found.attempts) - now.getTime();
      const shown = this.#problem({ reason: 'HotplugFailed', message: bounded(`device ${name}: ${found.problem}`) });
      return { effects: [...before, ...shown], ...(leftMs > 0 && { requeueAfterMs: leftMs }) };
    }
    const plugged = this.#observed.memory.outcome?.type === 'synced' ? this.#pluggedEvents() : [];
    return { effects: [...before, ...plugged, ...this.#problem(undefined)] };
  }

  /** Events of the devices that the last wish brought, told as it is forgotten. */
  #pluggedEvents(): GuestDevicesEffect[] {
    const { vmi, memory } = this.#observed;
    return pluggedBy(memory.outcome?.wish).flatMap((name): GuestDevicesEffect[] => {
      const present = this.#present.find((one) => one.name === name);
      return present ? [{ type: 'event', vmi, event: devicePlugged(name, present.pciAddress) }] : [];
    });
  }

  #problem(problem: DeviceProblem | undefined): GuestDevicesEffect[] {
    const { memory } = this.#observed;
    const settles = problem === undefined && memory.outcome !== undefined;
    return settles || !isDeepStrictEqual(memory.problem, problem) ? [{ type: 'setProblem', problem }] : [];
  }

  #wish(plug: readonly HostDevice[]) {
    const { vmi } = this.#observed;
    const names = new Set([...this.#present, ...plug].map(({ name }) => name));
    const hostDevices = this.#wanted.filter(({ name }) => names.has(name));
    const { domain } = vmi.spec;
    const spec = { ...vmi.spec, domain: { ...domain, devices: { ...domain.devices, hostDevices } } };
    const attached = hostDevices.flatMap(({ name, deviceName }): NamedFunction[] => {
      const pciAddress = this.#claimed(name);
      return pciAddress && this.#attachmentOf(name, deviceName) ? [{ name, pciAddress }] : [];
    });
    const toOpen = attached.filter(({ name }) => plug.some((device) => device.name === name));
    return { vmi: { ...vmi, spec }, functions: attached, toOpen: toOpen.map(({ pciAddress }) => pciAddress) };
  }

  /** Devices of the spec that the guest has not, and that a pod holds for it. */
  #toPlug(): HostDevice[] {
    const { vmi } = this.#observed;
    return this.#wanted.filter(({ name }) => {
      const entry = vmi.status?.deviceStatus?.find((one) => one.name === name);
      return entry?.hotplug?.attachPodUID !== undefined && !this.#present.some((one) => one.name === name);
    });
  }

  /** Of them, those whose function is known: stated in the status, or of the launcher's own pod. */
  #isReady(name: string): boolean {
    return this.#claimed(name) !== undefined || this.#attachmentOf(name, '') === undefined;
  }

  /** Functions that attachment pods were found to have: to be stated before anything is done with them. */
  #coming(): NamedFunction[] {
    return this.#toPlug().flatMap(({ name, deviceName }): NamedFunction[] => {
      const attachment = this.#attachmentOf(name, deviceName);
      const found = attachment && this.#foundFor(attachment);
      const pciAddress = found && 'pciAddress' in found ? found.pciAddress : attachment && this.#claimed(name);
      return pciAddress ? [{ name, pciAddress }] : [];
    });
  }

  #isTooMuch({ alias, name }: DomainFunction): boolean {
    return alias.startsWith(HOST_DEVICE_ALIAS) && !this.#wanted.some((device) => device.name === name);
  }

  /** Devices that the status names with an address, and the guest neither has nor is about to get. */
  #gone(): DeviceStatus[] {
    const kept = new Set([...this.#present, ...this.#coming()].map(({ name }) => name));
    return ownDeviceStatus(this.#observed.vmi).filter(({ name }) => !kept.has(name));
  }

  /** The address that the status states for a device. */
  #claimed(name: string): string | undefined {
    return this.#observed.vmi.status?.deviceStatus?.find((one) => one.name === name)?.pciAddress;
  }

  /** The pod that was made for a device; undefined for what the launcher's own pod has. */
  #attachmentOf(name: string, deviceName: string | undefined): Attachment | undefined {
    const entry = this.#observed.vmi.status?.deviceStatus?.find((one) => one.name === name);
    const { attachPodName: podName, attachPodUID: podUid } = entry?.hotplug ?? {};
    if (!podName || !podUid || podUid === this.#podUid) return undefined;
    return { name, podName, podUid, deviceName: deviceName ?? '' };
  }

  #foundFor({ name, podUid }: Attachment) {
    const found = this.#observed.memory.found.get(name);
    return found?.podUid === podUid ? found : undefined;
  }
}

/** What is asked for, as text: devices to plug in with their functions, and devices to take out. */
const wishText = (plug: readonly (readonly [name: string, pciAddress: string])[], unplug: readonly string[]): string =>
  JSON.stringify([plug, unplug]);

/** Names of the devices that a wish brings. */
function pluggedBy(wish: string | undefined): string[] {
  const [plug] = JSON.parse(wish ?? '[[]]') as [[string, string][]];
  return plug.map(([name]) => name);
}

function retryDelayMs(attempts: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), MAX_RETRY_MS);
}

/** Without control characters, and cut. */
function bounded(message: string): string {
  const plain = message.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return plain.length <= MAX_MESSAGE_CHARACTERS ? plain : `${plain.slice(0, MAX_MESSAGE_CHARACTERS)}…`;
}
