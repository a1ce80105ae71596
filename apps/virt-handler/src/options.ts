import { parseArgs } from 'node:util';

/** How virt-handler was told to run. */
export interface Options {
  /** This node. */
  readonly nodeName: string;
  /** Namespace that QuickVirt is installed in. */
  readonly namespace: string;
  /** This pod, the holder of the node's Lease. */
  readonly podName: string;
  /** How many guests may use a device of this node at a time; for each of kvm, tun, vhost-net. */
  readonly maxDevices: number;
  /** klog-style, 0 to 9. */
  readonly logVerbosity: number;
  /** Port of /healthz, /readyz and /metrics. */
  readonly healthPort: number;
  /** Port of the gRPC service for virt-api. */
  readonly grpcPort: number;
  /** The kubelet's root directory, as mounted here. */
  readonly kubeletDirectory: string;
  /** The same on the host: mounts that the container runtime makes are named by it. */
  readonly hostKubeletDirectory: string;
  /** The host's /dev, as mounted here. */
  readonly deviceDirectory: string;
  /** The node's /sys. */
  readonly sysfsDirectory: string;
  /** Where the container runtime reads CDI specifications. */
  readonly cdiDirectory: string;
  /** virt-handler's own directory on the node, for what must outlive it. */
  readonly stateDirectory: string;
  /** Where the init container left what the node's libvirt says of it. */
  readonly capabilitiesDirectory: string;
}

/** A flag or variable that is missing or makes no sense; the message says which and what it should be. */
export class UsageError extends Error {}

const FLAGS = {
  'max-devices': { type: 'string', default: '1000' },
  'log-verbosity': { type: 'string', default: '2' },
  'health-port': { type: 'string', default: '8080' },
  'grpc-port': { type: 'string', default: '8186' },
  'kubelet-directory': { type: 'string', default: '/var/lib/kubelet' },
  'host-kubelet-directory': { type: 'string', default: '/var/lib/kubelet' },
  'device-directory': { type: 'string', default: '/host/dev' },
  'sysfs-directory': { type: 'string', default: '/sys' },
  'cdi-directory': { type: 'string', default: '/var/run/cdi' },
  'state-directory': { type: 'string', default: '/var/lib/quickvirt' },
  'capabilities-directory': { type: 'string', default: '/capabilities' },
} as const;

/** Reads flags, and the pod's identity from the environment. @throws UsageError */
export function readOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Options {
  const flags = parse(args);
  const nodeName = env['NODE_NAME'];
  if (!nodeName) throw new UsageError('NODE_NAME is missing: set it to the name of this node (spec.nodeName)');
  return {
    nodeName,
    namespace: env['POD_NAMESPACE'] ?? 'quickvirt',
    podName: env['POD_NAME'] ?? `virt-handler-${nodeName}`,
    maxDevices: wholeNumber('--max-devices', flags['max-devices'], 100_000),
    logVerbosity: wholeNumber('--log-verbosity', flags['log-verbosity'], 9),
    healthPort: wholeNumber('--health-port', flags['health-port'], 65_535),
    grpcPort: wholeNumber('--grpc-port', flags['grpc-port'], 65_535),
    kubeletDirectory: flags['kubelet-directory'],
    hostKubeletDirectory: flags['host-kubelet-directory'],
    deviceDirectory: flags['device-directory'],
    sysfsDirectory: flags['sysfs-directory'],
    cdiDirectory: flags['cdi-directory'],
    stateDirectory: flags['state-directory'],
    capabilitiesDirectory: flags['capabilities-directory'],
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    const known = Object.keys(FLAGS).map((flag) => `--${flag}`);
    throw new UsageError(`${(error as Error).message}; known: ${known.join(', ')}`, { cause: error });
  }
}

function wholeNumber(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || value < 0 || value > most)
    throw new UsageError(`${flag}=${text} is no whole number from 0 to ${most}`);
  return value;
}
