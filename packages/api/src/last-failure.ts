import type { Integer, Time } from './scalars.ts';

/**
 * How an instance ended badly, with the last words of all that had a part in it: kept after its pod is gone. Lines are
 * bounded, and what a terminal would obey is taken out of them. QuickVirt only.
 */
export interface LastFailure {
  /**
   * What the guest printed last on its serial console, oldest line first.
   * @listType atomic
   */
  consoleLog?: string[];
  /** Exit code of the launcher's container; 128 and a signal's number when it was killed. */
  exitCode?: Integer;
  /** UID of the instance. */
  instanceUID?: string;
  /**
   * What virt-launcher logged last.
   * @listType atomic
   */
  launcherLog?: string[];
  /**
   * What libvirt logged last.
   * @listType atomic
   */
  libvirtLog?: string[];
  /** One sentence for people. */
  message?: string;
  /** Node that the instance was on. */
  nodeName?: string;
  /** Pod that the instance ran in. */
  podName?: string;
  /**
   * What QEMU logged last.
   * @listType atomic
   */
  qemuLog?: string[];
  /** One word, for example `QEMUOutOfMemory`. */
  reason: string;
  /** When it ended. */
  time?: Time;
}
