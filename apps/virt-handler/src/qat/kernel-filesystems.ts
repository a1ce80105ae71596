import { readFile } from 'node:fs/promises';
import { exec, Sysfs } from '@quickvirt/host';

/** What is done to this pod's view of the kernel. */
export type MountCommand = readonly string[];

/**
 * The mounts that make sysfs and debugfs below it usable: some runtimes mount sysfs read-only even for privileged pods,
 * and none mounts debugfs, where cards tell their heartbeat. Pure.
 * @param mountInfo `/proc/self/mountinfo` (proc(5)): the fifth field is the mount point, the sixth its options.
 */
export function mountCommands(mountInfo: string, sysfsRoot: string, hasDebugfs: boolean): readonly MountCommand[] {
  const mounts = mountInfo.split('\n').map((line) => line.split(' '));
  const own = mounts.findLast(([, , , , mountPoint]) => mountPoint === sysfsRoot);
  const isReadOnly = own?.[5]?.split(',').includes('ro') ?? false;
  return [
    ...(isReadOnly ? [['-o', 'remount,rw', sysfsRoot]] : []),
    ...(hasDebugfs ? [] : [['-t', 'debugfs', 'debugfs', `${sysfsRoot}/kernel/debug`]]),
  ];
}

/** Makes sysfs writable and debugfs readable for this pod, where they are not. @throws ExecError */
export async function prepareKernelFilesystems(sysfsRoot: string): Promise<void> {
  const hasDebugfs = (await new Sysfs(sysfsRoot).list('kernel/debug')).length > 0;
  const mountInfo = await readFile('/proc/self/mountinfo', 'utf8');
  for (const command of mountCommands(mountInfo, sysfsRoot, hasDebugfs)) await exec('mount', command);
}
