import { rewriteDevicePrograms } from '@quickvirt/host';
import { withDeviceRule, withoutDeviceRule } from '@quickvirt/node-plan';

/** First argument of virt-handler's bundle when it is run for one device rule alone. */
export const DEVICE_RULE_COMMAND = 'device-rule';

/**
 * Changes what a cgroup of v2 may open, then ends: `device-rule allow|deny DIRECTORY MAJOR MINOR`. In a process of its
 * own, because only this needs Node's access to system calls (`--experimental-ffi`, adr/0016).
 * @throws BpfError and what rewriteDevicePrograms throws.
 */
export async function runDeviceRuleCommand(args: readonly string[]): Promise<void> {
  const [action, directory = '', major, minor] = args;
  const rule = { major: Number(major), minor: Number(minor) };
  const change = action === 'allow' ? withDeviceRule : withoutDeviceRule;
  await rewriteDevicePrograms(directory, (program) => change(program, rule));
}
