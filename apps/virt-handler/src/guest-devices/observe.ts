import type { VirtualMachineInstance } from '@quickvirt/api';
import type { StoreReader } from '@quickvirt/kube';
import type { DomainState } from '@quickvirt/rpc';
import type { CurrentConfig } from '../current-config.ts';
import { describedDomain } from '../launchers/domain-description.ts';
import type { Launchers } from '../launchers/launchers.ts';
import type { DomainFunction, GuestDevicesObserved } from './decide.ts';
import type { DeviceMemories } from './device-memory.ts';
import type { FunctionFacts } from './device-status.ts';

export interface ObservePorts {
  vmis: StoreReader<VirtualMachineInstance>;
  launchers: Launchers;
  config: () => CurrentConfig;
  memories: DeviceMemories;
  /** What the node tells of a function, by its address; undefined for one that it does not know. */
  functionFacts: (pciAddress: string) => FunctionFacts | undefined;
}

const OWN_ALIAS = /^ua-(?:hostdevice|gpu)-(.+)$/;
/** What a launcher may have the status say: more devices than any bus of a guest takes. */
const MAX_FUNCTIONS = 256;
const PCI_ADDRESS = /^[\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.[0-7]$/;

/** Reads what a decision needs, from memory only. */
export function observeGuestDevices(
  key: string,
  { vmis, launchers, config, memories, functionFacts }: ObservePorts,
): GuestDevicesObserved | undefined {
  const vmi = vmis.get(key);
  if (!vmi) return undefined;
  const connection = launchers.get(key);
  const state = connection?.view.type === 'heard' ? connection.view.state : undefined;
  const runs = state?.phase === 'DOMAIN_PHASE_RUNNING' || state?.phase === 'DOMAIN_PHASE_PAUSED';
  return {
    vmi,
    config: config().domainConfig,
    guest: connection && state && runs ? { podUid: connection.podUid, functions: functionsOf(state) } : undefined,
    facts: functionFacts,
    memory: memories.get(key),
  };
}

/** The functions of a domain that bear an alias of ours. A launcher says it: what is no address is left out. */
function functionsOf(state: DomainState): DomainFunction[] {
  const seenAt = new Map(state.guestPciDevices.map(({ alias, pciAddress }) => [alias, pciAddress]));
  const functions = (describedDomain(state)?.hostDevices ?? []).flatMap(({ alias, address }): DomainFunction[] => {
    const name = OWN_ALIAS.exec(alias)?.[1];
    if (name === undefined || address === undefined || !PCI_ADDRESS.test(address)) return [];
    const guestPciAddress = seenAt.get(alias);
    const isAddress = guestPciAddress !== undefined && PCI_ADDRESS.test(guestPciAddress);
    return [{ alias, name, pciAddress: address, ...(isAddress && { guestPciAddress }) }];
  });
  return functions.slice(0, MAX_FUNCTIONS);
}
