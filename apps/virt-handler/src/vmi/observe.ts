import type { VirtualMachineInstance } from '@quickvirt/api';
import type { StoreReader } from '@quickvirt/kube';
import type { DomainState } from '@quickvirt/rpc';
import type { CurrentConfig } from '../current-config.ts';
import { describedDomain } from '../launchers/domain-description.ts';
import type { LauncherConnection } from '../launchers/launcher-connection.ts';
import type { Launchers } from '../launchers/launchers.ts';
import type { ObservedLauncher, VmiObserved } from './decide.ts';
import type { PodEnds } from './pod-ends.ts';
import type { DomainDisk } from './status.ts';

export interface ObservePorts {
  nodeName: string;
  vmis: StoreReader<VirtualMachineInstance>;
  launchers: Launchers;
  podEnds: PodEnds;
  config: () => CurrentConfig;
  /** Why a guest that runs has other devices than asked for, by its key. */
  deviceProblem?: (key: string) => VmiObserved['deviceProblem'];
}

/** Reads what a decision needs, from memory only. */
export function observeVmi(key: string, ports: ObservePorts): VmiObserved | undefined {
  const { nodeName, vmis, launchers, podEnds, config, deviceProblem } = ports;
  const vmi = vmis.get(key);
  if (!vmi) return undefined;
  const { domainConfig, revision } = config();
  const podUid = podOnNode(vmi, nodeName);
  return {
    vmi,
    podUid,
    config: domainConfig,
    configRevision: revision,
    launcher: observedLauncher(launchers.get(key)),
    podEnd: podUid === undefined ? undefined : podEnds.stateOf(key, podUid),
    deviceProblem: deviceProblem?.(key),
  };
}

/** During a migration an instance has two active pods; a node has at most one of them. */
export function podOnNode({ status }: VirtualMachineInstance, nodeName: string): string | undefined {
  return Object.entries(status?.activePods ?? {}).find(([, node]) => node === nodeName)?.[0];
}

function observedLauncher(connection: LauncherConnection | undefined): ObservedLauncher | undefined {
  if (!connection) return undefined;
  const { podUid, openedAt, view, syncOutcome, shutdownTold } = connection;
  const disks = view.type === 'heard' ? disksOf(view.state) : [];
  return { podUid, openedAt, view, syncOutcome, shutdownTold, disks };
}

/** Disks of the domain that have a name of ours. */
function disksOf(state: DomainState): readonly DomainDisk[] {
  return (describedDomain(state)?.disks ?? []).flatMap(({ name, target }) => (name ? [{ name, target }] : []));
}
