import { parseArgs } from 'node:util';

/** What the launcher is told on its command line. */
export interface LauncherOptions {
  namespace: string;
  name: string;
  /** UID of the VirtualMachineInstance. */
  uid: string;
  /** How long the guest may take to power off after SIGTERM. */
  gracePeriodMs: number;
  /** libvirt's sockets, state and logs; `disks` and `sockets` below it. Short: a socket path ends at 107 bytes. */
  runDirectory: string;
  /** Holds one directory a volume: `/volumes/<volume name>`. */
  volumesDirectory: string;
  /** Holds one directory a cloud-init volume: `/secrets/<volume name>`. */
  secretsDirectory: string;
  terminationMessagePath: string;
  /** QEMU capabilities found out when the image was built, see capabilities-cache.ts. */
  capabilitiesDirectory: string;
  verbosity: number;
}

/**
 * Reads the flags; those without a default must be given.
 * @throws Error that names the flag.
 */
export function parseOptions(args: string[]): LauncherOptions {
  const { values } = parseArgs({
    args,
    options: {
      namespace: { type: 'string' },
      name: { type: 'string' },
      uid: { type: 'string' },
      'grace-period-seconds': { type: 'string', default: '30' },
      'run-dir': { type: 'string', default: '/run/launcher' },
      'volumes-dir': { type: 'string', default: '/volumes' },
      'secrets-dir': { type: 'string', default: '/secrets' },
      'termination-message-path': { type: 'string', default: '/dev/termination-log' },
      'capabilities-dir': { type: 'string', default: '/etc/quickvirt/capabilities' },
      verbosity: { type: 'string', default: '2' },
    },
  });
  return {
    namespace: required('namespace', values.namespace),
    name: required('name', values.name),
    uid: required('uid', values.uid),
    gracePeriodMs: wholeNumber('grace-period-seconds', values['grace-period-seconds']) * 1000,
    runDirectory: values['run-dir'],
    volumesDirectory: values['volumes-dir'],
    secretsDirectory: values['secrets-dir'],
    terminationMessagePath: values['termination-message-path'],
    capabilitiesDirectory: values['capabilities-dir'],
    verbosity: wholeNumber('verbosity', values.verbosity),
  };
}

function required(flag: string, value: string | undefined): string {
  if (!value) throw new Error(`--${flag} must be given`);
  return value;
}

function wholeNumber(flag: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new Error(`--${flag} must be a whole number, got ${JSON.stringify(value)}`);
  return Number(value);
}
