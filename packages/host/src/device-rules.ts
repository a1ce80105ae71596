import { readFile, writeFile } from 'node:fs/promises';
import type { DeviceCgroup, DeviceRule } from '@quickvirt/node-plan';
import { HOST_CGROUP_MOUNT } from './cgroup-mount.ts';
import { exec } from './exec.ts';

/** It starts a second Node, which takes seconds on a node that has no time. */
const COMMAND_TIMEOUT_MS = 60_000;

/** What becomes of a rule: processes of the cgroup may open the device from now on, or no longer. */
export type DeviceRuleAction = 'allow' | 'deny';

export interface DeviceRuleOptions {
  cgroup: DeviceCgroup;
  action: DeviceRuleAction;
  rule: DeviceRule;
  /** The rule as cgroup v1 reads it. */
  line: string;
  /** Arguments of Node for a program that rewrites the programs of a cgroup v2: `ARGS allow|deny DIRECTORY MAJOR MINOR`. */
  command: readonly string[];
  /** Where the node's hierarchies are mounted. Default: as the node's first process sees them. */
  cgroupMount?: string;
}

/**
 * Lets the processes of a cgroup open a device, or no longer. A cgroup of v2 takes rules as programs, which another
 * process of ours replaces (see rewriteDevicePrograms).
 * @throws ExecError when that fails; Error when the cgroup is gone or not ours to see.
 */
export async function applyDeviceRule(options: DeviceRuleOptions): Promise<void> {
  const { cgroup, action, rule, line, command, cgroupMount = HOST_CGROUP_MOUNT } = options;
  if (cgroup.path.split('/').includes('..'))
    throw new Error(`the cgroup ${cgroup.path} lies outside of ours: virt-handler needs the node's cgroup namespace`);
  if (cgroup.version === 1) {
    await writeFile(`${cgroupMount}/devices${cgroup.path}/devices.${action}`, line);
    return;
  }
  const numbers = [String(rule.major), String(rule.minor)];
  await exec(process.execPath, [...command, action, `${cgroupMount}${cgroup.path}`, ...numbers], {
    timeoutMs: COMMAND_TIMEOUT_MS,
  });
}

/** The cgroups that a process is in, as deviceCgroupOf reads them; undefined when it is gone. */
export async function cgroupsOf(pid: number | 'self', proc = '/proc'): Promise<string | undefined> {
  return readFile(`${proc}/${pid}/cgroup`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  });
}
