import { deploy } from '../../tools/deployment.ts';

/** The cluster that the cases run on. */
export interface PreparedCluster {
  kubeconfigPath: string;
  kubectlPath: string;
  /** Namespace of QuickVirt itself. */
  system: string;
  /** The containerDisk of the guests. */
  guestImage: string;
}

/** Brings cluster and QuickVirt up where they are not. `QUICKVIRT_GUEST_IMAGE` names another guest image. */
export async function prepareCluster(options: {
  nodes: number;
  yes: boolean;
  name: string;
  skipImages: boolean;
}): Promise<PreparedCluster> {
  const { deployment } = await deploy(options);
  return {
    kubeconfigPath: deployment.kubeconfigPath,
    kubectlPath: deployment.kubectlPath,
    system: deployment.namespace,
    guestImage: process.env.QUICKVIRT_GUEST_IMAGE ?? 'localhost/quickvirt/guest:dev',
  };
}
