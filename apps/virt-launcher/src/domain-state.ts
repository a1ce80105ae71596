import { DomainState as LibvirtState, ShutoffReason } from '@quickvirt/libvirt';
import type { DomainPhase as WirePhase, DomainState } from '@quickvirt/rpc';

/** What the launcher tells of its domain: `DomainState` of launcher.proto, phases without their prefix. */
export type ObservedDomain = Omit<DomainState, 'phase'> & { phase: DomainPhase };

/** `DomainPhase` of launcher.proto, without its prefix. */
export type DomainPhase = WirePhase extends `DOMAIN_PHASE_${infer Phase}` ? Phase : never;

/** No domain yet. */
export const NO_DOMAIN: ObservedDomain = {
  phase: 'UNSPECIFIED',
  reason: '',
  uuid: '',
  machineType: '',
  guestMemoryBytes: 0,
  error: '',
  domainXml: '',
  guestPciDevices: [],
};

const phases: Record<LibvirtState, DomainPhase> = {
  [LibvirtState.noState]: 'UNSPECIFIED',
  [LibvirtState.running]: 'RUNNING',
  [LibvirtState.blocked]: 'RUNNING',
  [LibvirtState.paused]: 'PAUSED',
  [LibvirtState.shutdown]: 'SHUTTING_DOWN',
  [LibvirtState.shutoff]: 'SHUT_OFF',
  [LibvirtState.crashed]: 'CRASHED',
  [LibvirtState.pmSuspended]: 'PAUSED',
};

export function domainPhase(state: LibvirtState): DomainPhase {
  return phases[state] ?? 'UNSPECIFIED';
}

// virDomainRunningReason and virDomainPausedReason, in the order of their numbers.
const runningReasons = ['unknown', 'booted', 'migrated', 'restored', 'from-snapshot', 'unpaused', 'migration-canceled'];
const pausedReasons =
  'unknown user migration save dump io-error watchdog from-snapshot shutting-down snapshot crashed starting-up'.split(
    ' ',
  );
const shutoffReasons = new Map<number, string>(Object.entries(ShutoffReason).map(([name, number]) => [number, name]));

/** libvirt's reason within a state, as a word; `unknown` for one that we have no word for. */
export function stateReason(state: LibvirtState, reason: number): string {
  const words: Partial<Record<LibvirtState, string | undefined>> = {
    [LibvirtState.running]: runningReasons[reason],
    [LibvirtState.paused]: pausedReasons[reason],
    [LibvirtState.shutoff]: shutoffReasons.get(reason),
    [LibvirtState.crashed]: 'panicked',
    [LibvirtState.pmSuspended]: 'pm-suspended',
  };
  return words[state] ?? 'unknown';
}

/**
 * Machine type and current memory from the XML that libvirt prints. Two fields of a text whose form is libvirt's own: a
 * parser would cost each pod a megabyte.
 */
export function summarizeDomainXml(xml: string): { machineType: string; guestMemoryBytes: number } {
  const machineType = /<type [^>]*\bmachine='([^']+)'/.exec(xml)?.[1] ?? '';
  const memoryKib = /<currentMemory unit='KiB'>(\d+)</.exec(xml)?.[1] ?? '0';
  return { machineType, guestMemoryBytes: Number(memoryKib) * 1024 };
}
