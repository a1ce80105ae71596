import { deploy, type DeploymentOptions } from '../../tools/deployment.ts';

/** The cluster that the cases run on. */
export interface PreparedCluster {
  kubeconfigPath: string;
  kubectlPath: string;
  helmPath: string;
  /** Namespace of QuickVirt itself. */
  system: string;
  /** The containerDisk of the guests. */
  guestImage: string;
}

/** The cluster to bring up where there is none. */
export type WantedCluster = DeploymentOptions;

/**
 * Brings cluster and QuickVirt up where they are not, and leads kubectl and virtctl, ours and those of a case's commands,
 * to the cluster. `QUICKVIRT_GUEST_IMAGE` names another guest image.
 */
export async function prepareCluster(options: WantedCluster): Promise<PreparedCluster> {
  const { deployment } = await deploy(options);
  process.env.KUBECONFIG = deployment.kubeconfigPath;
  return {
    kubeconfigPath: deployment.kubeconfigPath,
    kubectlPath: deployment.kubectlPath,
    helmPath: deployment.helmPath,
    system: deployment.namespace,
    guestImage: process.env.QUICKVIRT_GUEST_IMAGE ?? 'localhost/quickvirt/guest:dev',
  };
}
