import type { VirtualMachineInstance } from '@quickvirt/api';
import type { StoreReader } from '@quickvirt/kube';
import { RpcError, type LauncherClient, type VmiReference } from '@quickvirt/rpc';
import type { Launchers } from './launchers.ts';

/** Where the launchers of this node's guests are found. */
export interface LauncherDirectory {
  nodeName: string;
  vmis: StoreReader<VirtualMachineInstance>;
  launchers: Launchers;
}

/**
 * The launcher of the guest that a caller names.
 * @throws RpcError NOT_FOUND when it is not on this node, UNAVAILABLE while its launcher does not answer.
 */
export function launcherOf(
  { namespace, name, uid }: VmiReference,
  { vmis, launchers, nodeName }: LauncherDirectory,
): LauncherClient {
  const key = `${namespace}/${name}`;
  const vmi = vmis.get(key);
  if (!vmi || (uid !== '' && vmi.metadata.uid !== uid))
    throw new RpcError('NOT_FOUND', `no guest of VirtualMachineInstance ${key} runs on node ${nodeName}`);
  const client = launchers.get(key)?.client;
  if (!client)
    throw new RpcError('UNAVAILABLE', `virt-launcher of VirtualMachineInstance ${key} does not answer: try again`);
  return client;
}
