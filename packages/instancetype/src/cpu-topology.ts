import type { VirtualMachinePreferenceSpec } from '@quickvirt/api';

/** Sockets, cores and threads of a guest. */
export interface Topology {
  sockets: number;
  cores: number;
  threads: number;
}

/** How many cores share a socket when vCPUs are spread, unless the preference says otherwise. */
const defaultSpreadRatio = 2;
const spreadThreads = 2;

/**
 * Lays a number of vCPUs out as the preference wants them: all as sockets when it says nothing.
 * Undefined when a spread does not divide.
 */
export function topologyFor(vcpus: number, preference: VirtualMachinePreferenceSpec | undefined): Topology | undefined {
  const wanted = preference?.cpu?.preferredCPUTopology ?? 'sockets';
  switch (wanted) {
    case 'sockets':
    case 'preferSockets':
    case 'any':
    case 'preferAny':
      return { sockets: vcpus, cores: 1, threads: 1 };
    case 'cores':
    case 'preferCores':
      return { sockets: 1, cores: vcpus, threads: 1 };
    case 'threads':
    case 'preferThreads':
      return { sockets: 1, cores: 1, threads: vcpus };
    case 'spread':
    case 'preferSpread':
      return spread(vcpus, preference ?? {});
  }
}

function spread(
  vcpus: number,
  { cpu, preferSpreadSocketToCoreRatio }: VirtualMachinePreferenceSpec,
): Topology | undefined {
  const ratio = cpu?.spreadOptions?.ratio || preferSpreadSocketToCoreRatio || defaultSpreadRatio;
  const divided = (by: number): number | undefined => (vcpus % by === 0 ? vcpus / by : undefined);
  switch (cpu?.spreadOptions?.across ?? 'SocketsCores') {
    case 'SocketsCores': {
      const sockets = divided(ratio);
      return sockets === undefined ? undefined : { sockets, cores: ratio, threads: 1 };
    }
    case 'CoresThreads': {
      const cores = divided(spreadThreads);
      return cores === undefined ? undefined : { sockets: 1, cores, threads: spreadThreads };
    }
    case 'SocketsCoresThreads': {
      const sockets = divided(ratio * spreadThreads);
      return sockets === undefined ? undefined : { sockets, cores: ratio, threads: spreadThreads };
    }
  }
}
