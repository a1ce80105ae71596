import type { VirtualMachineInstance } from '@quickvirt/api';
import { readDomainXml } from '@quickvirt/domain-xml';
import type { StoreReader } from '@quickvirt/kube';
import type { DomainState } from '@quickvirt/rpc';
import type { CurrentConfig } from '../current-config.ts';
import type { LauncherConnection } from '../launchers/launcher-connection.ts';
import type { Launchers } from '../launchers/launchers.ts';
import type { ObservedLauncher, VmiObserved } from './decide.ts';
import type { DomainDisk } from './status.ts';

export interface ObservePorts {
  nodeName: string;
  vmis: StoreReader<VirtualMachineInstance>;
  launchers: Launchers;
  config: () => CurrentConfig;
}

/** Reads what a decision needs, from memory only. */
export function observeVmi(key: string, { nodeName, vmis, launchers, config }: ObservePorts): VmiObserved | undefined {
  const vmi = vmis.get(key);
  if (!vmi) return undefined;
  const { domainConfig, revision } = config();
  return {
    vmi,
    podUid: podOnNode(vmi, nodeName),
    config: domainConfig,
    configRevision: revision,
    launcher: observedLauncher(launchers.get(key)),
  };
}

/** During a migration an instance has two active pods; a node has at most one of them. */
function podOnNode({ status }: VirtualMachineInstance, nodeName: string): string | undefined {
  return Object.entries(status?.activePods ?? {}).find(([, node]) => node === nodeName)?.[0];
}

function observedLauncher(connection: LauncherConnection | undefined): ObservedLauncher | undefined {
  if (!connection) return undefined;
  const { podUid, openedAt, view, syncOutcome, shutdownTold } = connection;
  const disks = view.type === 'heard' ? disksOf(view.state) : [];
  return { podUid, openedAt, view, syncOutcome, shutdownTold, disks };
}

const disksByState = new WeakMap<DomainState, readonly DomainDisk[]>();

/** Read once a state. XML that cannot be read has no disks: it came from a launcher, and only the status depends on it. */
function disksOf(state: DomainState): readonly DomainDisk[] {
  const known = disksByState.get(state);
  if (known) return known;
  let disks: readonly DomainDisk[] = [];
  try {
    if (state.domainXml !== '')
      disks = readDomainXml(state.domainXml).disks.flatMap(({ name, target }) => (name ? [{ name, target }] : []));
  } catch {
    disks = [];
  }
  disksByState.set(state, disks);
  return disks;
}
